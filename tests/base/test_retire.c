/* What was replaced is given up once, not while it may still be read. */
#include "../check.h"

#include "base/clock.h"
#include "base/retire.h"

static void count(void *thing)
{
	(*(int *)thing)++;
}

static void what_was_just_replaced_is_kept(void **state)
{
	int given_up = 0;
	retire(&given_up, count);
	retire_sweep();
	assert_int_equal(given_up, 0);
	retire_stop();
	assert_int_equal(given_up, 1);
}

/* Tests and dev mode move the other clocks. */
static void a_clock_that_is_moved_frees_nothing(void **state)
{
	int given_up = 0;
	retire(&given_up, count);
	clock_shift(3600 * 1000);
	retire_sweep();
	assert_int_equal(given_up, 0);
	retire_stop();
}

static void each_is_given_up_once_and_nothing_is_fine(void **state)
{
	int first = 0, second = 0;
	retire(&first, count);
	retire(NULL, count);
	retire(&second, count);
	retire_stop();
	retire_stop();
	retire(&second, count);
	retire_stop();
	assert_int_equal(first, 1);
	assert_int_equal(second, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_just_replaced_is_kept),
		cmocka_unit_test(a_clock_that_is_moved_frees_nothing),
		cmocka_unit_test(each_is_given_up_once_and_nothing_is_fine),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
