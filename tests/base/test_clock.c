#include "../check.h"

#include <pthread.h>
#include <time.h>

#include "base/clock.h"

#define HOUR 3600000

static void now_is_the_wall_clock(void **state)
{
	const time_t before = time(NULL);
	const int64_t now = clock_now();
	assert_true(now / 1000 >= before - 1 && now / 1000 <= time(NULL) + 1);
}

static void a_forward_shift_moves_both_clocks(void **state)
{
	const int64_t now = clock_now(), ticks = clock_ticks();
	clock_shift(HOUR);
	assert_true(clock_now() >= now + HOUR);
	assert_true(clock_ticks() >= ticks + HOUR);
}

static void a_backward_step_does_not_turn_time_back(void **state)
{
	const int64_t now = clock_now(), ticks = clock_ticks();
	clock_shift(-10 * HOUR);
	assert_true(clock_now() >= now);
	assert_true(clock_ticks() >= ticks);
	/* Until the wall clock has caught up, steps forward change nothing. */
	clock_shift(9 * HOUR);
	assert_true(clock_now() < now + HOUR);
	clock_shift(2 * HOUR);
	assert_true(clock_now() >= now + HOUR);
}

/* Returns something if time went back. */
static void *watch_time(void *unused)
{
	static char went_back;
	int64_t last = 0;
	for (int i = 0; i < 100000; i++) {
		const int64_t now = clock_now();
		if (now < last)
			return &went_back;
		last = now;
	}
	return NULL;
}

static void time_never_goes_back_in_any_thread_while_it_is_shifted(void **state)
{
	pthread_t threads[4];
	for (size_t i = 0; i < COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, watch_time, NULL), 0);
	for (int i = 0; i < 1000; i++)
		clock_shift(i % 2 ? 50 : -70);
	for (size_t i = 0; i < COUNT(threads); i++) {
		void *went_back;
		assert_int_equal(pthread_join(threads[i], &went_back), 0);
		assert_null(went_back);
	}
}

static void rfc3339_is_written_and_read_back(void **state)
{
	static const struct {
		int64_t ms;
		const char *written;
	} rows[] = {
		{0, "1970-01-01T00:00:00Z"},
		{951782399000, "2000-02-28T23:59:59Z"},
		{951782400000, "2000-02-29T00:00:00Z"},
		{951868800000, "2000-03-01T00:00:00Z"},
		{1779712496000, "2026-05-25T12:34:56Z"},
		{4107542400000, "2100-03-01T00:00:00Z"},
		{253402300799000, "9999-12-31T23:59:59Z"},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		char out[CLOCK_RFC3339_SIZE];
		clock_rfc3339(rows[i].ms + 999, out);
		assert_string_equal(out, rows[i].written);
		int64_t ms;
		assert_int_equal(clock_rfc3339_read(rows[i].written, strlen(rows[i].written), &ms), 0);
		assert_true(ms == rows[i].ms);
	}
}

static void every_day_agrees_with_the_c_library(void **state)
{
	for (int64_t day = 0; day < 400 * 366; day++) {
		char ours[CLOCK_RFC3339_SIZE], theirs[64];
		const time_t seconds = day * 86400 + 86399;
		struct tm tm;
		gmtime_r(&seconds, &tm);
		strftime(theirs, sizeof theirs, "%Y-%m-%dT%H:%M:%SZ", &tm);
		clock_rfc3339(seconds * 1000, ours);
		assert_string_equal(ours, theirs);
		int64_t ms;
		assert_int_equal(clock_rfc3339_read(ours, sizeof ours - 1, &ms), 0);
		assert_true(ms == seconds * 1000);
	}
}

static void times_out_of_range_go_to_the_nearer_end(void **state)
{
	char out[CLOCK_RFC3339_SIZE];
	clock_rfc3339(-1, out);
	assert_string_equal(out, "1970-01-01T00:00:00Z");
	clock_rfc3339(INT64_MAX, out);
	assert_string_equal(out, "9999-12-31T23:59:59Z");
}

static void fractions_are_read_and_dropped(void **state)
{
	int64_t ms;
	assert_int_equal(clock_rfc3339_read("2026-05-25T12:34:56.789Z", 24, &ms), 0);
	assert_true(ms == 1779712496000);
}

static void other_forms_and_impossible_dates_are_refused(void **state)
{
	static const char *const bad[] = {"", "2026-05-25", "2026-05-25T12:34:56", "2026-05-25t12:34:56z",
		"2026-05-25 12:34:56Z", "2026-05-25T12:34:56+00:00", "2026-05-25T12:34:56.Z", "2026-05-25T12:34:56.1",
		"2026-05-25T12:34:56.1xZ", "2026-05-25T12:34:56ZZ", "2026-02-29T00:00:00Z", "2100-02-29T00:00:00Z",
		"2026-04-31T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z",
		"2026-01-32T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:60Z",
		"1969-12-31T23:59:59Z", "-026-01-01T00:00:00Z", "2O26-01-01T00:00:00Z"};
	for (size_t i = 0; i < COUNT(bad); i++) {
		int64_t ms = 77;
		assert_int_not_equal(clock_rfc3339_read(bad[i], strlen(bad[i]), &ms), 0);
		assert_int_equal(ms, 77);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(now_is_the_wall_clock),
		cmocka_unit_test(a_forward_shift_moves_both_clocks),
		cmocka_unit_test(a_backward_step_does_not_turn_time_back),
		cmocka_unit_test(time_never_goes_back_in_any_thread_while_it_is_shifted),
		cmocka_unit_test(rfc3339_is_written_and_read_back),
		cmocka_unit_test(every_day_agrees_with_the_c_library),
		cmocka_unit_test(times_out_of_range_go_to_the_nearer_end),
		cmocka_unit_test(fractions_are_read_and_dropped),
		cmocka_unit_test(other_forms_and_impossible_dates_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
