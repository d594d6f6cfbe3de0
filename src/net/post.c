#include "net/post.h"

/* The longest that another side may keep us waiting before the next try, in seconds. */
#define RETRY_AFTER_MAX 3600

static enum courier_result result_of(int status)
{
	if (status >= 200 && status < 300)
		return COURIER_OK;
	if (status >= 500 || status == 408 || status == 425 || status == 429)
		return COURIER_LATER;
	return COURIER_REFUSED;
}

static void read_retry_after(struct transfer *transfer)
{
	curl_off_t seconds = 0;
	transfer->courier->curl->easy_getinfo(transfer->easy, CURLINFO_RETRY_AFTER, &seconds);
	transfer->outcome.retry_after = seconds < RETRY_AFTER_MAX ? seconds : RETRY_AFTER_MAX;
}

/* The status is the answer: whoever said 2xx has taken the message, even if the rest never comes or is more than we
 * read. */
static void judge(struct transfer *transfer, CURLcode code)
{
	const int status = transfer_status(transfer);
	if (status < 200) {
		transfer_decide_failed(transfer, code);
		return;
	}
	const enum courier_result result = result_of(status);
	if (result == COURIER_LATER)
		read_retry_after(transfer);
	if (result == COURIER_OK)
		transfer_decide(transfer, result, status, "%s", "");
	else
		transfer_decide(transfer, result, status, "answered with status %d", status);
}

/* User, password and headers become lines of the request: nothing may end them early. */
static bool is_sendable(const struct courier_http *request)
{
	if (!text_is_printable(request->user) || !text_is_printable(request->password))
		return false;
	for (const char *const *header = request->headers; header != NULL && *header != NULL; header++)
		if (!text_is_printable(text_of(*header)) || strchr(*header, ':') == NULL)
			return false;
	return true;
}

static void add_header(struct transfer *transfer, const char *line)
{
	struct curl_slist *longer = transfer->courier->curl->slist_append(transfer->headers, line);
	MUST(longer != NULL);
	transfer->headers = longer;
}

static void set_request(struct transfer *transfer, const struct courier_http *request)
{
	const struct text body = arena_copy(transfer->arena, request->body);
	TRANSFER_SET(transfer, POST, 1L);
	TRANSFER_SET(transfer, POSTFIELDS, body.n > 0 ? body.p : "");
	TRANSFER_SET(transfer, POSTFIELDSIZE_LARGE, (curl_off_t)body.n);
	TRANSFER_SET(transfer, HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	TRANSFER_SET(transfer, USERAGENT, "Keywright/" KW_VERSION);
	/* Not "Expect: 100-continue": bodies are small and the wait for it is not. */
	add_header(transfer, "Expect:");
	for (const char *const *header = request->headers; header != NULL && *header != NULL; header++)
		add_header(transfer, *header);
	TRANSFER_SET(transfer, HTTPHEADER, transfer->headers);
	if (!text_absent(request->user)) {
		TRANSFER_SET(transfer, USERNAME, arena_string(transfer->arena, request->user));
		TRANSFER_SET(transfer, PASSWORD,
			text_absent(request->password) ? "" : arena_string(transfer->arena, request->password));
	}
}

void post_begin(struct transfer *transfer, const struct courier_http *request)
{
	transfer->public_only = !transfer->courier->config.allow_special_addresses;
	if (!is_sendable(request)) {
		transfer_decide(transfer, COURIER_REFUSED, 0, "a header or a credential is not one line of ASCII");
		return;
	}
	if (transfer_prepare(transfer, request->url, "http,https") != 0)
		return;
	set_request(transfer, request);
	transfer->curl_is_done = judge;
	transfer_start(transfer);
}
