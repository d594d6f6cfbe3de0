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

int main(void)
{
	const struct CMUnitTest tests[] = {
		CHECK_WITH_ARENA(a_refusal_is_the_whole_envelope_in_its_order),
		CHECK_WITH_ARENA(bad_fields_stand_in_details_of_their_own_error_alone),
		CHECK_WITH_ARENA(what_a_code_adds_follows_the_timestamp),
		CHECK_WITH_ARENA(retry_after_is_whole_seconds_rounded_up_and_at_least_one),
		CHECK_WITH_ARENA(every_429_and_503_has_a_retry_after_and_no_other_status_has),
		CHECK_WITH_ARENA(a_success_begins_with_success),
		CHECK_WITH_ARENA(the_status_is_of_the_error_or_of_the_run_or_the_usual_one),
	};
	reply_start("https://id.example");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
