#include "net/courier.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "net/mail.h"
#include "net/post.h"

/* HTTP connections that wait for the next request. */
#define IDLE_HTTP_MAX 32L
#define TIMEOUT_MS 30000

struct courier *courier_new(const struct courier_config *config, const char **why_r)
{
	const struct curl_lazy *curl = curl_lazy(why_r);
	if (curl == NULL)
		return NULL;
	struct arena *arena = arena_new();
	struct courier *courier = ARENA_NEW(arena, struct courier);
	courier->arena = arena;
	courier->scratch = arena_new();
	courier->curl = curl;
	courier_configure(courier, config);
	courier->multi = curl->multi_init();
	MUST(courier->multi != NULL);
	MUST(curl->multi_setopt(courier->multi, CURLMOPT_MAXCONNECTS, IDLE_HTTP_MAX) == CURLM_OK);
	return courier;
}

static bool is_same(const char *one, const char *other)
{
	return one == NULL || other == NULL ? one == other : strcmp(one, other) == 0;
}

void courier_configure(struct courier *courier, const struct courier_config *config)
{
	courier->config.allow_special_addresses = config->allow_special_addresses;
	courier->config.timeout_ms = config->timeout_ms > 0 ? config->timeout_ms : TIMEOUT_MS;
	if (is_same(courier->ca_file, config->ca_file))
		return;
	/* whom the old authorities vouched for, the new ones may not know */
	mail_drop_all(courier);
	free(courier->ca_file);
	courier->ca_file = config->ca_file != NULL ? strdup(config->ca_file) : NULL;
	courier->config.ca_file = courier->ca_file;
}

static void discard(struct transfer *transfer)
{
	mail_disconnect(transfer->courier, transfer->connection);
	transfer_free(transfer);
}

static void free_all(struct transfer **list)
{
	struct transfer *transfer, *next;
	DL_FOREACH_SAFE(*list, transfer, next)
	{
		DL_DELETE(*list, transfer);
		discard(transfer);
	}
}

void courier_free(struct courier *courier)
{
	if (courier == NULL)
		return;
	free_all(&courier->running);
	free_all(&courier->decided);
	mail_drop_all(courier);
	courier->curl->multi_cleanup(courier->multi);
	free(courier->ca_file);
	arena_free(courier->scratch);
	arena_free(courier->arena);
}

void courier_post(struct courier *courier, const struct courier_http *request, courier_done *done, void *context)
{
	post_begin(transfer_new(courier, done, context), request);
}

void courier_send_mail(struct courier *courier, const struct courier_mail *mail, courier_done *done, void *context)
{
	mail_begin(transfer_new(courier, done, context), mail);
}

unsigned courier_running(const struct courier *courier)
{
	return courier->count;
}

void courier_wake(struct courier *courier)
{
	(void)courier->curl->multi_wakeup(courier->multi);
}

/* ---- a step ---- */

static void drive_curl(struct courier *courier)
{
	const struct curl_lazy *curl = courier->curl;
	int count;
	MUST(curl->multi_perform(courier->multi, &count) == CURLM_OK);
	for (CURLMsg *message; (message = curl->multi_info_read(courier->multi, &count)) != NULL;) {
		const CURLcode code = message->data.result;
		struct transfer *transfer = NULL;
		MUST(curl->easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&transfer) == CURLE_OK);
		transfer->curl_is_done(transfer, code);
	}
}

/* Waits for curl's sockets and for those of talking mails, which are then served. Mails past curl's part have only our
 * clock. */
static void wait_for_progress(struct courier *courier, int64_t wait_ms)
{
	struct transfer **mails = arena_alloc(courier->scratch, courier->count * sizeof *mails);
	struct curl_waitfd *sockets = arena_alloc(courier->scratch, courier->count * sizeof *sockets);
	unsigned count = 0;
	struct transfer *transfer;
	int64_t now = transfer_now();
	DL_FOREACH (courier->running, transfer) {
		if (!mail_is_talking(transfer))
			continue;
		sockets[count] = mail_wants(transfer);
		mails[count++] = transfer;
		const int64_t left = transfer->deadline > now ? transfer->deadline - now : 0;
		wait_ms = left < wait_ms ? left : wait_ms;
	}
	MUST(courier->curl->multi_poll(courier->multi, sockets, count, (int)wait_ms, NULL) == CURLM_OK);
	now = transfer_now();
	for (unsigned i = 0; i < count; i++) {
		if (now >= mails[i]->deadline)
			mail_give_up(mails[i]);
		else if (sockets[i].revents != 0)
			mail_talk(mails[i]);
	}
	arena_clear(courier->scratch);
}

/* done may start new transfers, also ones that are decided at once: they are for the next step. */
static void report(struct courier *courier)
{
	struct transfer *due = courier->decided, *transfer, *next;
	courier->decided = NULL;
	DL_FOREACH_SAFE(due, transfer, next)
	{
		const struct courier_outcome outcome = transfer->outcome;
		courier_done *done = transfer->done;
		void *context = transfer->context;
		DL_DELETE(due, transfer);
		discard(transfer);
		courier->count--;
		done(context, &outcome);
	}
}

void courier_step(struct courier *courier, int wait_ms)
{
	drive_curl(courier);
	wait_for_progress(courier, courier->decided == NULL ? wait_ms : 0);
	drive_curl(courier);
	mail_drop_stale(courier);
	report(courier);
}
