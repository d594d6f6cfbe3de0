#include "../check.h"

#include "base/clock.h"
#include "core/err.h"
#include "core/op.h"

static void an_operation_begins_with_a_time_and_an_id(void **state)
{
	int64_t before = clock_now();
	struct op *op = op_new(*state);
	assert_in_range(op->now, before, clock_now());
	assert_int_equal(strncmp(op->request_id, "req_", 4), 0);
	assert_int_equal(op->err, ERR_NONE);
	assert_null(op->hooks);
}

static void bad_fields_stand_in_the_order_of_the_field_table(void **state)
{
	struct op *op = op_new(*state);
	op_bad_field(op, "third", 3, "3");
	op_bad_field(op, "last", SIZE_MAX, "last");
	op_bad_field(op, "first", 1, "1");
	op_bad_field(op, "second", 2, "2");
	op_bad_field(op, "also last", SIZE_MAX, "noted later");
	static const char *const ORDER[] = {"first", "second", "third", "last", "also last"};
	assert_int_equal(op->bad_count, COUNT(ORDER));
	for (size_t i = 0; i < COUNT(ORDER); i++)
		assert_string_equal(op->bad[i].field, ORDER[i]);
}

static void the_first_message_about_a_field_counts(void **state)
{
	struct op *op = op_new(*state);
	op_bad_field(op, "email", 1, "one");
	op_bad_field(op, "email", 1, "two");
	assert_int_equal(op->bad_count, 1);
	assert_string_equal(op->bad[0].message, "one");
}

static void more_bad_fields_than_there_is_room_for_are_left_out(void **state)
{
	struct op *op = op_new(*state);
	for (size_t i = 0; i < OP_BAD_FIELDS_MAX + 3; i++)
		op_bad_field(op, arena_printf(*state, "field%zu", i).p, i, "bad");
	assert_int_equal(op->bad_count, OP_BAD_FIELDS_MAX);
}

static void a_refusal_for_now_says_how_long(void **state)
{
	struct op *op = op_new(*state);
	assert_int_equal(op_refuse_later(op, ERR_RATE_LIMITED, 1500), ERR_RATE_LIMITED);
	assert_int_equal(op->retry_ms, 1500);
}

static void what_a_refusal_adds_is_json(void **state)
{
	struct op *op = op_new(*state);
	op_extra_int(op, "attempts_left", 2);
	op_extra_time(op, "expires_at", 1748176496000);
	assert_int_equal(op->extra_count, 2);
	assert_string_equal(op->extras[0].key, "attempts_left");
	CHECK_STRING(op->extras[0].json, "2");
	CHECK_STRING(op->extras[1].json, "\"2025-05-25T12:34:56Z\"");
}

struct letter {
	struct buf *out;
	char c;
};

static void append(void *context)
{
	const struct letter *letter = context;
	buf_add_char(letter->out, letter->c);
}

static void hooks_are_called_in_the_order_they_were_asked_for(void **state)
{
	struct op *op = op_new(*state);
	struct buf out;
	buf_init(&out, *state, 8);
	struct letter letters[] = {{&out, 'a'}, {&out, 'b'}, {&out, 'c'}};
	for (size_t i = 0; i < COUNT(letters); i++)
		op_after_commit(op, append, &letters[i]);
	CHECK_STRING(buf_text(&out), "");
	op_committed(op);
	CHECK_STRING(buf_text(&out), "abc");
}

static void errors_are_found_by_their_exact_name(void **state)
{
	for (enum err err = ERR_NONE + 1; err < ERR_COUNT; err++) {
		const struct err_info *info = err_info(err);
		assert_int_equal(err_named(text_of(info->name)), err);
		assert_in_range(info->status, 400, 503);
		assert_true(*info->message && *info->what_to_do);
		assert_int_equal(info->fault, info->status >= 500);
	}
	assert_int_equal(err_named(TEXT("token_invalid")), ERR_NONE);
	assert_int_equal(err_named(TEXT("")), ERR_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CHECK_WITH_ARENA(an_operation_begins_with_a_time_and_an_id),
		CHECK_WITH_ARENA(bad_fields_stand_in_the_order_of_the_field_table),
		CHECK_WITH_ARENA(the_first_message_about_a_field_counts),
		CHECK_WITH_ARENA(more_bad_fields_than_there_is_room_for_are_left_out),
		CHECK_WITH_ARENA(a_refusal_for_now_says_how_long),
		CHECK_WITH_ARENA(what_a_refusal_adds_is_json),
		CHECK_WITH_ARENA(hooks_are_called_in_the_order_they_were_asked_for),
		cmocka_unit_test(errors_are_found_by_their_exact_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
