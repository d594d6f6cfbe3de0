#include "net/transfer.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <utlist.h>

#include "base/ip.h"

#define CONNECT_MS 10000
/* Of an answer, heads and interim replies included. */
#define RECEIVED_MAX ((size_t)64 * 1024)

int64_t transfer_now(void)
{
	struct timespec now;
	MUST(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct transfer *transfer_new(struct courier *courier, courier_done *done, void *context)
{
	struct arena *arena = arena_new();
	struct transfer *transfer = ARENA_NEW(arena, struct transfer);
	transfer->courier = courier;
	transfer->arena = arena;
	transfer->done = done;
	transfer->context = context;
	transfer->deadline = transfer_now() + courier->config.timeout_ms;
	DL_APPEND(courier->running, transfer);
	courier->count++;
	return transfer;
}

void transfer_free(struct transfer *transfer)
{
	const struct curl_lazy *curl = transfer->courier->curl;
	if (transfer->easy != NULL) {
		curl->multi_remove_handle(transfer->courier->multi, transfer->easy);
		curl->easy_cleanup(transfer->easy);
	}
	curl->slist_free_all(transfer->headers);
	arena_free(transfer->arena);
}

void transfer_decide(struct transfer *transfer, enum courier_result result, int status, const char *why, ...)
{
	struct courier *courier = transfer->courier;
	transfer->outcome.result = result;
	transfer->outcome.status = status;
	va_list arguments;
	va_start(arguments, why);
	vsnprintf(transfer->outcome.why, sizeof transfer->outcome.why, why, arguments);
	va_end(arguments);
	DL_DELETE(courier->running, transfer);
	DL_APPEND(courier->decided, transfer);
}

int transfer_status(const struct transfer *transfer)
{
	long status = 0;
	transfer->courier->curl->easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	return (int)status;
}

void transfer_decide_failed(struct transfer *transfer, CURLcode code)
{
	const char *meaning = transfer->courier->curl->easy_strerror(code);
	const int status = transfer_status(transfer);
	if (transfer->forbidden > 0 && transfer->opened == 0)
		transfer_decide(transfer, COURIER_REFUSED, 0, "the address is not on the public internet");
	else if (code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_URL_MALFORMAT)
		transfer_decide(transfer, COURIER_REFUSED, 0, "the URL is none that is sent to");
	else if (code == CURLE_PEER_FAILED_VERIFICATION)
		transfer_decide(transfer, COURIER_LATER, 0, "the other side's certificate does not verify");
	else if (transfer->received > RECEIVED_MAX)
		transfer_decide(transfer, COURIER_LATER, status, "the answer is too long");
	else if (status > 0)
		transfer_decide(transfer, COURIER_LATER, status, "%s (the last reply was %d)", meaning, status);
	else
		transfer_decide(transfer, COURIER_LATER, 0, "%s", meaning);
}

/* ---- curl's callbacks ---- */

/* Opens the socket for the very address that is connected to next, or refuses it: there is no second look-up that could
 * answer differently. */
static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *target)
{
	struct transfer *transfer = context;
	if (transfer->public_only && ip_is_special(ip_of(&target->addr))) {
		transfer->forbidden++;
		return CURL_SOCKET_BAD;
	}
	transfer->opened++;
	return socket(target->family, target->socktype | SOCK_CLOEXEC, target->protocol);
}

/* Counts what comes and keeps none of it; more than enough ends the transfer. */
static size_t count_received(char *bytes, size_t size, size_t count, void *context)
{
	struct transfer *transfer = context;
	transfer->received += size * count;
	return transfer->received > RECEIVED_MAX ? 0 : size * count;
}

/* ---- the handle ---- */

static void set_bounds(struct transfer *transfer, const char *schemes)
{
	const int64_t left = transfer->deadline - transfer_now();
	const long whole = left > 0 ? (long)left : 1;
	TRANSFER_SET(transfer, PRIVATE, transfer);
	TRANSFER_SET(transfer, NOSIGNAL, 1L);
	/* A stuck name server must not hold the thread after the transfer has timed out. */
	TRANSFER_SET(transfer, QUICK_EXIT, 1L);
	TRANSFER_SET(transfer, PROTOCOLS_STR, schemes);
	TRANSFER_SET(transfer, FOLLOWLOCATION, 0L);
	TRANSFER_SET(transfer, PROXY, "");
	TRANSFER_SET(transfer, NETRC, (long)CURL_NETRC_IGNORED);
	TRANSFER_SET(transfer, TIMEOUT_MS, whole);
	TRANSFER_SET(transfer, CONNECTTIMEOUT_MS, whole < CONNECT_MS ? whole : CONNECT_MS);
	/* Also how long curl may wait, and hold the thread, for the reply to the QUIT that follows a refused log-in. */
	TRANSFER_SET(transfer, SERVER_RESPONSE_TIMEOUT, CONNECT_MS / 1000L);
	TRANSFER_SET(transfer, SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (transfer->courier->config.ca_file != NULL) {
		TRANSFER_SET(transfer, CAINFO, transfer->courier->config.ca_file);
		TRANSFER_SET(transfer, CAPATH, NULL);
	}
	TRANSFER_SET(transfer, OPENSOCKETFUNCTION, open_socket);
	TRANSFER_SET(transfer, OPENSOCKETDATA, transfer);
	TRANSFER_SET(transfer, WRITEFUNCTION, count_received);
	TRANSFER_SET(transfer, WRITEDATA, transfer);
	TRANSFER_SET(transfer, HEADERFUNCTION, count_received);
	TRANSFER_SET(transfer, HEADERDATA, transfer);
}

/* Moves one of the URL's credentials into its option; what is not there is no failure. */
static CURLUcode move_credential(const struct transfer *transfer, CURLU *parts, CURLUPart part, CURLoption option)
{
	const struct curl_lazy *curl = transfer->courier->curl;
	char *value = NULL;
	const CURLUcode code = curl->url_get(parts, part, &value, CURLU_URLDECODE);
	if (code == CURLUE_NO_USER || code == CURLUE_NO_PASSWORD)
		return CURLUE_OK;
	if (code != CURLUE_OK)
		return code;
	MUST(curl->easy_setopt(transfer->easy, option, value) == CURLE_OK);
	explicit_bzero(value, strlen(value));
	curl->free(value);
	return curl->url_set(parts, part, NULL, 0);
}

static CURLUcode keep_host(struct transfer *transfer, CURLU *parts)
{
	const struct curl_lazy *curl = transfer->courier->curl;
	char *host = NULL;
	const CURLUcode code = curl->url_get(parts, CURLUPART_HOST, &host, 0);
	if (code != CURLUE_OK)
		return code;
	struct text name = text_of(host);
	if (name.n >= 2 && name.p[0] == '[')
		name = (struct text){name.p + 1, name.n - 2};
	transfer->host = arena_string(transfer->arena, name);
	curl->free(host);
	return CURLUE_OK;
}

static CURLUcode set_url(struct transfer *transfer, CURLU *parts, const char *url)
{
	const struct curl_lazy *curl = transfer->courier->curl;
	char *bare = NULL;
	CURLUcode code = curl->url_set(parts, CURLUPART_URL, url, 0);
	if (code == CURLUE_OK)
		code = move_credential(transfer, parts, CURLUPART_USER, CURLOPT_USERNAME);
	if (code == CURLUE_OK)
		code = move_credential(transfer, parts, CURLUPART_PASSWORD, CURLOPT_PASSWORD);
	if (code == CURLUE_OK)
		code = keep_host(transfer, parts);
	if (code == CURLUE_OK)
		code = curl->url_get(parts, CURLUPART_URL, &bare, 0);
	if (code != CURLUE_OK)
		return code;
	TRANSFER_SET(transfer, URL, bare);
	curl->free(bare);
	return CURLUE_OK;
}

int transfer_prepare(struct transfer *transfer, const char *url, const char *schemes)
{
	const struct curl_lazy *curl = transfer->courier->curl;
	transfer->easy = curl->easy_init();
	CURLU *parts = curl->url();
	MUST(transfer->easy != NULL && parts != NULL);
	set_bounds(transfer, schemes);
	const CURLUcode code = set_url(transfer, parts, url);
	curl->url_cleanup(parts);
	if (code == CURLUE_OK)
		return 0;
	transfer_decide(transfer, COURIER_REFUSED, 0, "the URL cannot be read");
	return -1;
}

void transfer_start(struct transfer *transfer)
{
	MUST(transfer->courier->curl->multi_add_handle(transfer->courier->multi, transfer->easy) == CURLM_OK);
}
