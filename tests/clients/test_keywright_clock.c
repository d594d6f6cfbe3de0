/* What a device's clock may do between two checks of a lease. */
#include "../check.h"

#include <stdio.h>
#include <stdlib.h>

#include "desk.h"

enum { HOUR = 3600, DAY = 24 * HOUR };

static enum keywright_result at(struct desk *desk, int64_t now)
{
	desk->expected.now = now;
	return desk_judge_token(desk, maker_lease(&desk->maker, MAKER_CLAIMS));
}

static enum keywright_result with_lease_of(struct desk *desk, int64_t issued, int64_t now)
{
	char *by;
	desk->expected.now = now;
	assert_true(asprintf(&by, "\"iat\":%lld,\"nbf\":1000000,\"exp\":9999999,\"refresh_after\":9999999",
			    (long long)issued) > 0);
	const enum keywright_result result = desk_judge_changed(
		desk, "\"iat\":1000000,\"nbf\":1000000,\"exp\":1604800,\"refresh_after\":1100000", by);
	free(by);
	return result;
}

static void a_clock_that_goes_on_is_fine_and_is_remembered(void **state)
{
	struct desk *desk = *state;
	for (int64_t now = MAKER_ISSUED; now < MAKER_REFRESH; now += HOUR) {
		assert_int_equal(at(desk, now), KEYWRIGHT_OK);
		assert_int_equal(desk->clock.issued, MAKER_ISSUED);
		assert_int_equal(desk->clock.seen, now);
	}
}

static void a_clock_that_was_moved_back_is_noticed_beyond_the_tolerance(void **state)
{
	struct desk *desk = *state;
	const int64_t seen = MAKER_ISSUED + DAY;
	assert_int_equal(at(desk, seen), KEYWRIGHT_OK);
	assert_int_equal(at(desk, seen - KEYWRIGHT_CLOCK_TOLERANCE), KEYWRIGHT_OK);
	assert_int_equal(at(desk, seen - KEYWRIGHT_CLOCK_TOLERANCE - 1), KEYWRIGHT_CLOCK_MOVED_BACK);
	/* small steps back do not add up: the latest time counts */
	assert_int_equal(desk->clock.seen, seen);
	assert_int_equal(at(desk, seen + 1), KEYWRIGHT_OK);
}

static void a_lease_that_ended_does_not_come_back_with_the_clock(void **state)
{
	struct desk *desk = *state;
	assert_int_equal(at(desk, MAKER_END + DAY), KEYWRIGHT_EXPIRED);
	assert_int_equal(at(desk, MAKER_END - DAY), KEYWRIGHT_CLOCK_MOVED_BACK);
}

/* Someone's clock showed the year 2099 once: the next lease from the server makes it good. */
static void a_clock_that_once_ran_ahead_is_cured_by_a_newer_lease(void **state)
{
	struct desk *desk = *state;
	assert_int_equal(at(desk, 4070908800), KEYWRIGHT_EXPIRED);
	assert_int_equal(at(desk, MAKER_ISSUED + DAY), KEYWRIGHT_CLOCK_MOVED_BACK);
	assert_int_equal(with_lease_of(desk, MAKER_ISSUED + DAY, MAKER_ISSUED + DAY), KEYWRIGHT_OK);
	assert_int_equal(desk->clock.seen, MAKER_ISSUED + DAY);
}

static void or_by_the_same_lease_when_the_server_has_just_answered_it(void **state)
{
	struct desk *desk = *state;
	assert_int_equal(at(desk, 4070908800), KEYWRIGHT_EXPIRED);
	keywright_clock_online(&desk->clock);
	assert_int_equal(at(desk, MAKER_ISSUED + DAY), KEYWRIGHT_OK);
}

static void an_older_lease_does_not_turn_the_clock_back(void **state)
{
	struct desk *desk = *state;
	assert_int_equal(with_lease_of(desk, MAKER_ISSUED + 2 * DAY, MAKER_ISSUED + 2 * DAY), KEYWRIGHT_OK);
	assert_int_equal(at(desk, MAKER_ISSUED + HOUR), KEYWRIGHT_CLOCK_MOVED_BACK);
	assert_int_equal(desk->clock.issued, MAKER_ISSUED + 2 * DAY);
}

/* The file with both numbers was lost, cut off or written over: nothing overflows, and going online cures it. */
static void any_stored_numbers_can_be_lived_with(void **state)
{
	static const int64_t NUMBERS[] = {INT64_MIN, -1, 0, 1, MAKER_ISSUED, MAKER_END, INT64_MAX};
	struct desk *desk = *state;
	for (size_t i = 0; i < COUNT(NUMBERS); i++)
		for (size_t k = 0; k < COUNT(NUMBERS); k++) {
			desk->clock = (struct keywright_clock){NUMBERS[i], NUMBERS[k]};
			const bool behind = NUMBERS[i] >= MAKER_ISSUED && NUMBERS[k] > MAKER_ISSUED;
			assert_int_equal(
				at(desk, MAKER_ISSUED + 60), behind ? KEYWRIGHT_CLOCK_MOVED_BACK : KEYWRIGHT_OK);
			desk->clock = (struct keywright_clock){NUMBERS[i], NUMBERS[k]};
			const enum keywright_result without_time = at(desk, INT64_MIN);
			assert_true(
				without_time == KEYWRIGHT_CLOCK_MOVED_BACK || without_time == KEYWRIGHT_NOT_YET_VALID);
			keywright_clock_online(&desk->clock);
			assert_int_equal(at(desk, MAKER_ISSUED + 60), KEYWRIGHT_OK);
		}
}

#define WITH_DESK(test) cmocka_unit_test_setup_teardown(test, desk_set_up, desk_tear_down)
int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_DESK(a_clock_that_goes_on_is_fine_and_is_remembered),
		WITH_DESK(a_clock_that_was_moved_back_is_noticed_beyond_the_tolerance),
		WITH_DESK(a_lease_that_ended_does_not_come_back_with_the_clock),
		WITH_DESK(a_clock_that_once_ran_ahead_is_cured_by_a_newer_lease),
		WITH_DESK(or_by_the_same_lease_when_the_server_has_just_answered_it),
		WITH_DESK(an_older_lease_does_not_turn_the_clock_back),
		WITH_DESK(any_stored_numbers_can_be_lived_with),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
