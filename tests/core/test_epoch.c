#include "../check.h"
#include "../user/house.h"

#include "core/epoch.h"

static enum err begin(struct op *op, void *context)
{
	return epoch_begin(op, *(const bool *)context);
}

static enum err started_at(struct op *op, void *context)
{
	return epoch_started_at(op, context);
}

static int64_t present(struct test_house *house)
{
	int64_t at = -1;
	assert_int_equal(house_run(house, house_op(house), started_at, &at), ERR_NONE);
	return at;
}

static void begin_at(struct test_house *house, int64_t now, bool kept_sessions)
{
	house->now = now;
	assert_int_equal(house_run(house, house_op(house), begin, &kept_sessions), ERR_NONE);
}

static void a_store_that_was_never_restored_has_no_epoch(void **state)
{
	assert_int_equal(present(house_of(state)), 0);
}

static void the_latest_epoch_is_the_present_one(void **state)
{
	struct test_house *house = house_of(state);
	begin_at(house, 1800000000000, false);
	assert_int_equal(present(house), 1800000000000);
	begin_at(house, 1800000000500, true);
	assert_int_equal(present(house), 1800000000500);
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM epochs WHERE kept_sessions = 1"), 1);
}

static void a_clock_that_was_moved_back_begins_no_earlier_epoch(void **state)
{
	struct test_house *house = house_of(state);
	begin_at(house, 1800000000000, false);
	begin_at(house, 1700000000000, false);
	assert_int_equal(present(house), 1800000000001);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HOUSE_ON_BOTH(a_store_that_was_never_restored_has_no_epoch),
		HOUSE_ON_BOTH(the_latest_epoch_is_the_present_one),
		HOUSE_ON_BOTH(a_clock_that_was_moved_back_begins_no_earlier_epoch),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
