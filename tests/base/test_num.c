#include "../check.h"

#include "base/num.h"

static void decimal_digits_are_read(void **state)
{
	int64_t value;
	assert_int_equal(num_read(TEXT("0"), 0, 10, &value), 0);
	assert_int_equal(value, 0);
	assert_int_equal(num_read(TEXT("9223372036854775807"), 0, INT64_MAX, &value), 0);
	assert_true(value == INT64_MAX);
}

static void everything_else_is_refused_and_leaves_the_result_alone(void **state)
{
	static const char *const bad[] = {"", "-1", "+1", " 1", "1 ", "01", "00", "1a", "0x1", "1.0", "1e3",
		"9223372036854775808", "99999999999999999999999", "\xd9\xa1"};
	for (size_t i = 0; i < COUNT(bad); i++) {
		int64_t value = 77;
		assert_int_not_equal(num_read(text_of(bad[i]), 0, INT64_MAX, &value), 0);
		assert_int_equal(value, 77);
	}
	int64_t value = 77;
	assert_int_not_equal(num_read(TEXT_NONE, 0, 9, &value), 0);
	assert_int_not_equal(num_read(TEXT("1\0"), 0, 9, &value), 0);
}

static void bounds_are_inclusive(void **state)
{
	int64_t value;
	assert_int_equal(num_read(TEXT("5"), 5, 9, &value), 0);
	assert_int_equal(num_read(TEXT("9"), 5, 9, &value), 0);
	assert_int_not_equal(num_read(TEXT("4"), 5, 9, &value), 0);
	assert_int_not_equal(num_read(TEXT("10"), 5, 9, &value), 0);
}

static void what_is_written_is_decimal(void **state)
{
	static const struct {
		int64_t value;
		const char *written;
	} rows[] = {{0, "0"}, {7, "7"}, {-7, "-7"}, {1000, "1000"}, {INT64_MAX, "9223372036854775807"},
		{INT64_MIN, "-9223372036854775808"}};
	for (size_t i = 0; i < COUNT(rows); i++) {
		char out[NUM_SIZE];
		CHECK_TEXT(text_bytes(out, num_write(rows[i].value, out)), text_of(rows[i].written));
	}
}

static void durations_have_a_unit(void **state)
{
	static const struct {
		const char *written;
		int64_t ms;
	} rows[] = {{"0s", 0}, {"90s", 90000}, {"5m", 300000}, {"12h", 43200000}, {"30d", 2592000000},
		{"106751991167d", 9223372036828800000}};
	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t ms = -1;
		assert_int_equal(num_read_duration(text_of(rows[i].written), &ms), 0);
		assert_true(ms == rows[i].ms);
	}
}

static void other_durations_are_refused(void **state)
{
	static const char *const bad[] = {
		"", "s", "5", "5 m", "5M", "-5m", "05m", "1.5h", "5ms", "5w", "106751991168d"};
	for (size_t i = 0; i < COUNT(bad); i++) {
		int64_t ms = 77;
		assert_int_not_equal(num_read_duration(text_of(bad[i]), &ms), 0);
		assert_int_equal(ms, 77);
	}
}

static void seconds_are_rounded_up_and_never_zero(void **state)
{
	assert_int_equal(num_seconds_up(-5), 1);
	assert_int_equal(num_seconds_up(0), 1);
	assert_int_equal(num_seconds_up(1000), 1);
	assert_int_equal(num_seconds_up(1001), 2);
	assert_int_equal(num_seconds_up(600000), 600);
	assert_true(num_seconds_up(INT64_MAX) == INT64_MAX / 1000 + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decimal_digits_are_read),
		cmocka_unit_test(everything_else_is_refused_and_leaves_the_result_alone),
		cmocka_unit_test(bounds_are_inclusive),
		cmocka_unit_test(what_is_written_is_decimal),
		cmocka_unit_test(durations_have_a_unit),
		cmocka_unit_test(other_durations_are_refused),
		cmocka_unit_test(seconds_are_rounded_up_and_never_zero),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
