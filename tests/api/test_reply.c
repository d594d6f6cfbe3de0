/* The envelope of every refusal, and the status of every end. */
#include "../check.h"

#include <jansson.h>

#include "api/reply.h"
#include "core/err.h"

static struct op *ended(struct arena *arena, enum err err)
{
	struct op *op = op_new(arena);
	op->now = 1748176496789;
	memcpy(op->request_id, "req_01JW0000000000000000000000", REQUEST_ID_SIZE);
	op->err = err;
	return op;
}

static void check_body(struct op *op, const char *expected)
{
	CHECK_TEXT(reply_body(op, NULL), text_of(expected));
}

static void a_refusal_is_the_whole_envelope_in_its_order(void **state)
{
	check_body(ended(*state, ERR_TOKEN_INVALID),
		"{\"success\":false,\"error\":\"TOKEN_INVALID\","
		"\"message\":\"The credentials are missing, malformed or "
		"wrong.\",\"status\":401,\"details\":[],\"retry_after\":null,"
		"\"doc_url\":\"https://id.example/reference/errors/TOKEN_INVALID\","
		"\"request_id\":\"req_01JW0000000000000000000000\",\"timestamp\":\"2025-05-25T12:34:56Z\"}");
}

static void bad_fields_stand_in_details_of_their_own_error_alone(void **state)
{
	struct op *op = ended(*state, ERR_VALIDATION_ERROR);
	op_bad_field(op, "email", 1, "Must be \"plain\".");
	op_bad_field(op, "app_id", 0, "Is required.");
	assert_non_null(strstr(reply_body(op, NULL).p,
		"\"details\":[{\"field\":\"app_id\",\"message\":\"Is required.\"},"
		"{\"field\":\"email\",\"message\":\"Must be \\\"plain\\\".\"}],\"retry_after\":null"));
	op->err = ERR_TOKEN_REVOKED;
	assert_non_null(strstr(reply_body(op, NULL).p, "\"details\":[],"));
}

static void what_a_code_adds_follows_the_timestamp(void **state)
{
	struct op *op = ended(*state, ERR_OTP_INVALID);
	op_extra_int(op, "attempts_left", 2);
	assert_non_null(strstr(reply_body(op, NULL).p, "\"timestamp\":\"2025-05-25T12:34:56Z\",\"attempts_left\":2}"));
}

static void retry_after_is_whole_seconds_rounded_up_and_at_least_one(void **state)
{
	static const struct {
		enum err err;
		int64_t ms;
		const char *expected;
	} ROWS[] = {
		{ERR_RATE_LIMITED, 0, "\"retry_after\":1,"},
		{ERR_RATE_LIMITED, 1, "\"retry_after\":1,"},
		{ERR_OTP_LOCKED, 1000, "\"retry_after\":1,"},
		{ERR_OTP_RATE_LIMITED, 1001, "\"retry_after\":2,"},
		{ERR_OTP_RATE_LIMITED, 600000, "\"retry_after\":600,"},
		{ERR_SERVICE_UNAVAILABLE, 0, "\"retry_after\":1,"},
		{ERR_exchange_code_attempt_limit_exceeded, 5000, "\"retry_after\":3600,"},
		{ERR_TOKEN_INVALID, 5000, "\"retry_after\":null,"},
		{ERR_INTERNAL_ERROR, 5000, "\"retry_after\":null,"},
	};
	for (size_t i = 0; i < COUNT(ROWS); i++) {
		struct op *op = ended(*state, ROWS[i].err);
		op->retry_ms = ROWS[i].ms;
		if (!strstr(reply_body(op, NULL).p, ROWS[i].expected))
			fail_msg("row %zu: %s", i, reply_body(op, NULL).p);
	}
}

static void every_429_and_503_has_a_retry_after_and_no_other_status_has(void **state)
{
	for (enum err err = ERR_NONE + 1; err < ERR_COUNT; err++) {
		struct text body = reply_body(ended(*state, err), NULL);
		json_t *json = json_loadb(body.p, body.n, 0, NULL);
		const json_t *retry = json_object_get(json, "retry_after");
		int status = err_info(err)->status;
		if (status == 429 || status == 503)
			assert_true(json_integer_value(retry) >= 1);
		else
			assert_true(json_is_null(retry));
		assert_int_equal(json_integer_value(json_object_get(json, "status")), status);
		assert_int_equal(json_object_size(json), 9);
		json_decref(json);
	}
}

static void emit_name(struct op *op, struct emit *json)
{
	emit_string(json, "name", "Ada");
}

static void a_success_begins_with_success(void **state)
{
	const struct action named = {.reply = emit_name}, silent = {0};
	CHECK_STRING(reply_body(ended(*state, ERR_NONE), &named), "{\"success\":true,\"name\":\"Ada\"}");
	CHECK_STRING(reply_body(ended(*state, ERR_NONE), &silent), "{\"success\":true}");
}

static void the_status_is_of_the_error_or_of_the_run_or_the_usual_one(void **state)
{
	const struct action usual = {0}, creates = {.status = 201};
	struct op *op = ended(*state, ERR_NONE);
	assert_int_equal(reply_status(op, &usual), 200);
	assert_int_equal(reply_status(op, &creates), 201);
	op->status = 200;
	assert_int_equal(reply_status(op, &creates), 200);
	op->err = ERR_NOT_FOUND;
	assert_int_equal(reply_status(op, &creates), 404);
	assert_int_equal(reply_status(op, NULL), 404);
}

/* ---- headers ---- */

static bool has(struct http_answer answer, const char *header)
{
	return strstr(answer.headers.p, header) != NULL;
}

static void json_may_not_be_shown_by_a_browser(void **state)
{
	struct http_answer answer = reply_answer(ended(*state, ERR_OTP_RATE_LIMITED), NULL);
	assert_int_equal(answer.status, 429);
	CHECK_STRING(answer.headers,
		"Content-Type: application/json\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
		"Referrer-Policy: no-referrer\r\nX-Request-Id: req_01JW0000000000000000000000\r\n"
		"Strict-Transport-Security: max-age=31536000\r\n"
		"Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\nRetry-After: 1\r\n");
}

static void without_https_no_browser_is_told_to_insist_on_it(void **state)
{
	reply_start("http://localhost:8080");
	assert_false(has(reply_answer(ended(*state, ERR_NOT_FOUND), NULL), "Strict-Transport-Security"));
	reply_start("https://id.example");
	assert_true(has(reply_answer(ended(*state, ERR_NOT_FOUND), NULL), "Strict-Transport-Security"));
}

static void show_error(struct op *op, struct document *document)
{
	document->body = op->err == ERR_NONE ? TEXT("<p>Hello") : TEXT("<p>No");
	document->cookie = TEXT("name=value; Path=/");
	document->status = 299; /* means nothing: a page has the status of its code */
}

static void a_page_shows_success_and_refusal_alike_with_their_status(void **state)
{
	const struct action action = {.page = show_error};
	struct http_answer answer = reply_answer(ended(*state, ERR_NONE), &action);
	assert_int_equal(answer.status, 200);
	CHECK_STRING(answer.body, "<p>Hello");
	assert_true(has(answer, "Content-Type: text/html; charset=utf-8\r\nCache-Control: no-store\r\n"));
	assert_true(has(answer, "script-src 'self'; connect-src 'self';"));
	assert_true(has(answer, "\r\nSet-Cookie: name=value; Path=/\r\n"));
	assert_false(has(answer, "Retry-After"));

	struct op *op = ended(*state, ERR_magic_link_rate_limited);
	op->retry_ms = 2500;
	answer = reply_answer(op, &action);
	assert_int_equal(answer.status, 429);
	CHECK_STRING(answer.body, "<p>No");
	assert_true(has(answer, "text/html") && has(answer, "Retry-After: 3\r\n"));
	assert_true(has(reply_answer(ended(*state, ERR_magic_link_expired), &action), "WWW-Authenticate: Bearer\r\n"));
	assert_true(has(reply_answer(ended(*state, ERR_VALIDATION_ERROR), &action), "Set-Cookie"));
	assert_false(has(reply_answer(ended(*state, ERR_FORBIDDEN), &action), "Set-Cookie"));
	op = ended(*state, ERR_NONE);
	op->status = 201;
	assert_int_equal(reply_answer(op, &action).status, 201);
}

static void documents_have_no_scripts_and_images_a_sandbox(void **state)
{
	struct document document = {.content_type = "text/html; charset=utf-8", .body = TEXT("<p>")};
	struct http_answer answer = reply_answer_document(ended(*state, ERR_NONE), &document);
	assert_int_equal(answer.status, 200);
	assert_true(has(answer,
		"Content-Security-Policy: default-src 'none'; style-src 'self'; img-src 'self'; form-action "
		"'self'; "
		"base-uri 'none'; frame-ancestors 'none'\r\nX-Frame-Options: DENY\r\n"
		"Cross-Origin-Opener-Policy: same-origin\r\nCross-Origin-Resource-Policy: same-origin\r\n"));
	assert_false(has(answer, "script-src") || has(answer, "Set-Cookie"));
	document.content_type = "image/svg+xml";
	document.cache_control = "public, max-age=300";
	document.status = 203;
	answer = reply_answer_document(ended(*state, ERR_NONE), &document);
	assert_int_equal(answer.status, 203);
	assert_true(has(answer, "Content-Security-Policy: default-src 'none'; sandbox;"));
	assert_true(has(answer, "Cache-Control: public, max-age=300\r\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CHECK_WITH_ARENA(a_refusal_is_the_whole_envelope_in_its_order),
		CHECK_WITH_ARENA(bad_fields_stand_in_details_of_their_own_error_alone),
		CHECK_WITH_ARENA(what_a_code_adds_follows_the_timestamp),
		CHECK_WITH_ARENA(retry_after_is_whole_seconds_rounded_up_and_at_least_one),
		CHECK_WITH_ARENA(every_429_and_503_has_a_retry_after_and_no_other_status_has),
		CHECK_WITH_ARENA(a_success_begins_with_success),
		CHECK_WITH_ARENA(json_may_not_be_shown_by_a_browser),
		CHECK_WITH_ARENA(without_https_no_browser_is_told_to_insist_on_it),
		CHECK_WITH_ARENA(a_page_shows_success_and_refusal_alike_with_their_status),
		CHECK_WITH_ARENA(documents_have_no_scripts_and_images_a_sandbox),
		CHECK_WITH_ARENA(the_status_is_of_the_error_or_of_the_run_or_the_usual_one),
	};
	reply_start("https://id.example");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
