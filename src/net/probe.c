#include "net/probe.h"

#include <stdio.h>

#include "base/buf.h"
#include "net/mail.h"
#include "net/transfer.h"

enum { STEP_MS = 100, BODY_MAX = 64 * 1024 };

/* ---- waiting ---- */

static void take_outcome(void *context, const struct courier_outcome *outcome)
{
	*(struct courier_outcome *)context = *outcome;
}

/* Begins with a courier of its own, and waits for the end. */
static void wait_for(const struct courier_config *config, void (*begin)(struct courier *courier, void *context),
	void *context, struct courier_outcome *outcome)
{
	const char *why = "";
	struct courier *courier = courier_new(config, &why);

	if (courier == NULL) {
		outcome->result = COURIER_LATER;
		snprintf(outcome->why, sizeof outcome->why, "%s", why);
		return;
	}
	begin(courier, context);
	while (courier_running(courier) > 0)
		courier_step(courier, STEP_MS);
	courier_free(courier);
}

/* ---- a relay ---- */

struct relay {
	const char *url;
	struct probe_relay *found;
};

/* "250-STARTTLS", "250 AUTH PLAIN LOGIN"; a reply is handed over line by line. */
static size_t hear_line(char *bytes, size_t size, size_t count, void *context)
{
	struct probe_relay *found = context;
	const struct text line = text_bytes(bytes, size * count);

	if (text_starts(line, TEXT("220")))
		found->greeted = true;
	if (line.n < 4 || !text_starts(line, TEXT("250")))
		return line.n;
	const struct text word = text_bytes(line.p + 4, line.n - 4);
	if (text_equal_nocase(text_bytes(word.p, word.n < 8 ? word.n : 8), TEXT("STARTTLS")))
		found->offers_starttls = true;
	if (text_equal_nocase(text_bytes(word.p, word.n < 4 ? word.n : 4), TEXT("AUTH")))
		found->offers_auth = true;
	return line.n;
}

static void relay_is_done(struct transfer *transfer, CURLcode code)
{
	if (code == CURLE_OK)
		transfer_decide(transfer, COURIER_OK, 0, "%s", "");
	else
		transfer_decide_failed(transfer, code);
}

static void begin_relay(struct courier *courier, void *context)
{
	struct relay *relay = context;
	struct transfer *transfer = transfer_new(courier, take_outcome, &relay->found->outcome);

	transfer->url = relay->url;
	if (mail_prepare(transfer) != 0)
		return;
	TRANSFER_SET(transfer, HEADERFUNCTION, hear_line);
	TRANSFER_SET(transfer, HEADERDATA, relay->found);
	transfer->curl_is_done = relay_is_done;
	transfer_start(transfer);
}

void probe_relay(const struct courier_config *config, const char *url, struct probe_relay *found_r)
{
	struct relay relay = {url, found_r};

	*found_r = (struct probe_relay){.outcome = {.result = COURIER_LATER}};
	wait_for(config, begin_relay, &relay, &found_r->outcome);
}

/* ---- a page ---- */

struct page {
	const char *url;
	struct transfer *transfer;
	struct buf body;
	struct courier_outcome outcome;
};

static size_t take_bytes(char *bytes, size_t size, size_t count, void *context)
{
	struct page *page = context;

	page->transfer->received += size * count;
	if (page->transfer->received > BODY_MAX)
		return 0;
	buf_add(&page->body, text_bytes(bytes, size * count));
	return size * count;
}

static void page_is_done(struct transfer *transfer, CURLcode code)
{
	const int status = transfer_status(transfer);

	if (code != CURLE_OK)
		transfer_decide_failed(transfer, code);
	else if (status >= 200 && status < 300)
		transfer_decide(transfer, COURIER_OK, status, "%s", "");
	else
		transfer_decide(transfer, COURIER_REFUSED, status, "answered with status %d", status);
}

static void begin_page(struct courier *courier, void *context)
{
	struct page *page = context;
	struct transfer *transfer = transfer_new(courier, take_outcome, &page->outcome);

	page->transfer = transfer;
	if (transfer_prepare(transfer, page->url, "http,https") != 0)
		return;
	TRANSFER_SET(transfer, WRITEFUNCTION, take_bytes);
	TRANSFER_SET(transfer, WRITEDATA, page);
	TRANSFER_SET(transfer, USERAGENT, "Keywright/" KW_VERSION);
	transfer->curl_is_done = page_is_done;
	transfer_start(transfer);
}

void probe_page(const struct courier_config *config, struct arena *arena, const char *url, struct probe_page *found_r)
{
	struct page page = {.url = url, .outcome = {.result = COURIER_LATER}};

	buf_init(&page.body, arena, 1024);
	wait_for(config, begin_page, &page, &page.outcome);
	*found_r = (struct probe_page){page.outcome, buf_text(&page.body)};
}
