#include "api/reply.h"

#include "base/num.h"
#include "core/err.h"

static struct {
	const char *public_url;
	bool is_https;
} room;

void reply_start(const char *public_url)
{
	room.public_url = public_url;
	room.is_https = text_starts(text_of(public_url), TEXT("https://"));
}

/* ---- bodies ---- */

static int64_t retry_seconds(const struct op *op, int status)
{
	/* by contract: whoever guesses codes learns nothing from the countdown */
	if (op->err == ERR_exchange_code_attempt_limit_exceeded)
		return 3600;
	return status == 429 || status == 503 ? num_seconds_up(op->retry_ms) : 0;
}

static void emit_details(struct emit *json, const struct op *op)
{
	emit_array(json, "details");
	for (size_t i = 0; i < op->bad_count && op->err == ERR_VALIDATION_ERROR; i++) {
		emit_object(json, NULL);
		emit_string(json, "field", op->bad[i].field);
		emit_string(json, "message", op->bad[i].message);
		emit_end_object(json);
	}
	emit_end_array(json);
}

static void emit_envelope(struct emit *json, struct op *op, const struct action *action)
{
	const struct err_info *info = err_info(op->err);
	int64_t retry = retry_seconds(op, info->status);
	struct buf doc;
	buf_init(&doc, op->arena, 128);
	buf_add(&doc, text_of(room.public_url));
	buf_add(&doc, TEXT("/reference/errors/"));
	buf_add(&doc, text_of(info->name));
	emit_bool(json, "success", false);
	emit_string(json, "error", info->name);
	emit_string(json, "message", info->message);
	emit_int(json, "status", info->status);
	emit_details(json, op);
	if (retry)
		emit_int(json, "retry_after", retry);
	else
		emit_null(json, "retry_after");
	emit_text(json, "doc_url", buf_text(&doc));
	emit_string(json, "request_id", op->request_id);
	emit_time(json, "timestamp", op->now);
	for (size_t i = 0; i < op->extra_count; i++)
		emit_raw(json, op->extras[i].key, op->extras[i].json);
	if (action && action->refusal)
		action->refusal(op, json);
}

static void emit_success(struct emit *json, struct op *op, const struct action *action)
{
	emit_bool(json, "success", true);
	if (action->reply)
		action->reply(op, json);
}

int reply_status(const struct op *op, const struct action *action)
{
	if (op->err != ERR_NONE)
		return err_info(op->err)->status;
	if (op->status)
		return op->status;
	return action->status ? action->status : 200;
}

struct text reply_body(struct op *op, const struct action *action)
{
	struct buf out;
	buf_init(&out, op->arena, 1024);
	struct emit json = emit_to(&out);
	emit_object(&json, NULL);
	if (op->err == ERR_NONE)
		emit_success(&json, op, action);
	else
		emit_envelope(&json, op, action);
	emit_end_object(&json);
	return buf_text(&out);
}

/* ---- headers ---- */

/* What every answer carries, but for its policy. */
static void add_common(struct buf *headers, const struct op *op, const char *content_type, const char *cache_control)
{
	buf_add(headers, TEXT("Content-Type: "));
	buf_add(headers, text_of(content_type));
	buf_add(headers, TEXT("\r\nCache-Control: "));
	buf_add(headers, text_of(cache_control));
	buf_add(headers, TEXT("\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\nX-Request-Id: "));
	buf_add(headers, text_bytes(op->request_id, REQUEST_ID_SIZE - 1));
	buf_add(headers, TEXT("\r\n"));
	if (room.is_https)
		buf_add(headers, TEXT("Strict-Transport-Security: max-age=31536000\r\n"));
}

/* What a browser may do with the answer (CSP Level 3). Scripts and requests of their own have PAGE rows and the
 * demo alone; an image that is opened by itself runs nothing; all else is not for showing. */
#define POLICY_HTML "Content-Security-Policy: default-src 'none'; style-src 'self'; "
#define POLICY_HTML_END                                                                                                \
	"img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'\r\n"                              \
	"X-Frame-Options: DENY\r\n"                                                                                    \
	"Cross-Origin-Opener-Policy: same-origin\r\n"                                                                  \
	"Cross-Origin-Resource-Policy: same-origin\r\n"                                                                \
	"Permissions-Policy: camera=(), geolocation=(), microphone=(), payment=(), usb=()\r\n"

static struct text policy_of(const char *content_type, bool runs_script)
{
	if (runs_script)
		return TEXT(POLICY_HTML "script-src 'self'; connect-src 'self'; " POLICY_HTML_END);
	if (text_starts(text_of(content_type), TEXT("text/html")))
		return TEXT(POLICY_HTML POLICY_HTML_END);
	if (text_starts(text_of(content_type), TEXT("image/")))
		return TEXT("Content-Security-Policy: default-src 'none'; sandbox; frame-ancestors 'none'\r\n");
	return TEXT("Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n");
}

static void add_cors(struct buf *headers, const struct op *op)
{
	if (text_absent(op->cors_origin))
		return;
	buf_add(headers, TEXT("Access-Control-Allow-Origin: "));
	buf_add(headers, op->cors_origin);
	buf_add(headers, TEXT("\r\nVary: Origin\r\nAccess-Control-Expose-Headers: Retry-After, X-Request-Id\r\n"));
}

static void add_refusal(struct buf *headers, const struct op *op, int status)
{
	int64_t retry = retry_seconds(op, status);
	if (retry) {
		buf_add(headers, TEXT("Retry-After: "));
		buf_add_int(headers, retry);
		buf_add(headers, TEXT("\r\n"));
	}
	if (status == 401)
		buf_add(headers, TEXT("WWW-Authenticate: Bearer\r\n"));
	if (status == 405) {
		buf_add(headers, TEXT("Allow: "));
		buf_add(headers, op->allow);
		buf_add(headers, TEXT("\r\n"));
	}
}

static struct http_answer answer_of(int status, struct buf *headers, struct text body)
{
	return (struct http_answer){.status = status, .headers = buf_text(headers), .body = body};
}

static struct http_answer answer_json(struct op *op, const struct action *action)
{
	struct text body = reply_body(op, action);
	struct buf headers;
	buf_init(&headers, op->arena, 512);
	add_common(&headers, op, "application/json", "no-store");
	buf_add(&headers, policy_of("application/json", false));
	add_cors(&headers, op);
	if (op->err != ERR_NONE)
		add_refusal(&headers, op, reply_status(op, action));
	return answer_of(reply_status(op, action), &headers, body);
}

static void add_document(struct buf *headers, const struct op *op, const struct document *document)
{
	add_common(headers, op, document->content_type, document->cache_control ? document->cache_control : "no-store");
	buf_add(headers, policy_of(document->content_type, document->runs_script));
	if (document->vary_accept)
		buf_add(headers, TEXT("Vary: Accept\r\n"));
	if (text_absent(document->cookie))
		return;
	buf_add(headers, TEXT("Set-Cookie: "));
	buf_add(headers, document->cookie);
	buf_add(headers, TEXT("\r\n"));
}

static struct http_answer answer_page(struct op *op, const struct action *action)
{
	struct document document = {.content_type = "text/html; charset=utf-8", .runs_script = true};
	struct buf headers;
	action->page(op, &document);
	/* who was sent here by another site gets nothing to keep (THREATS D11) */
	if (op->err == ERR_FORBIDDEN)
		document.cookie = TEXT_NONE;
	buf_init(&headers, op->arena, 1024);
	add_document(&headers, op, &document);
	if (op->err != ERR_NONE)
		add_refusal(&headers, op, reply_status(op, action));
	return answer_of(reply_status(op, action), &headers, document.body);
}

struct http_answer reply_answer(struct op *op, const struct action *action)
{
	return action && action->page ? answer_page(op, action) : answer_json(op, action);
}

struct http_answer reply_answer_document(struct op *op, const struct document *document)
{
	struct buf headers;
	buf_init(&headers, op->arena, 1024);
	add_document(&headers, op, document);
	return answer_of(document->status ? document->status : 200, &headers, document->body);
}

struct http_answer reply_answer_preflight(struct op *op)
{
	struct buf headers;
	buf_init(&headers, op->arena, 512);
	add_common(&headers, op, "application/json", "no-store");
	buf_add(&headers, policy_of("application/json", false));
	add_cors(&headers, op);
	buf_printf(&headers,
		"Access-Control-Allow-Methods: %.*s\r\n"
		"Access-Control-Allow-Headers: authorization, content-type, idempotency-key\r\n"
		"Access-Control-Max-Age: 600\r\n",
		TEXT_ARG(op->allow));
	return answer_of(204, &headers, TEXT_NONE);
}
