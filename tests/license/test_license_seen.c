/* When devices were last seen: noted, overtaken, written, and what happens when there is no more place. */
#include "../check.h"
#include "../user/house.h"

#include "license/license_seen.h"

static int start(void **state, int (*make)(void **state))
{
	license_seen_start();
	return make(state);
}

static int on_sqlite(void **state)
{
	return start(state, house_on_sqlite);
}

static int on_postgres(void **state)
{
	return start(state, house_on_postgres);
}

static int stop(void **state)
{
	license_seen_stop();
	return house_remove(state);
}

static struct slot slot_of(struct test_house *house, uint32_t number)
{
	struct slot slot = {.app_id = house->app_id, .license_id = {{9}}};
	for (int i = 0; i < 4; i++)
		slot.device[i] = (uint8_t)(number >> 8 * i);
	return slot;
}

static enum err insert(struct op *op, void *context)
{
	const struct activation *activation = context;
	OP_STORE(op, activation_sql_put(op->tx, activation));
	return ERR_NONE;
}

/* A row last seen at that time. */
static struct slot activate(struct test_house *house, uint32_t number, int64_t seen_at)
{
	struct activation activation = {.slot = slot_of(house, number),
		.activation_id = uuid_new(house->now),
		.activated_at = 1,
		.last_seen_at = seen_at};
	assert_int_equal(house_run(house, house_op(house), insert, &activation), ERR_NONE);
	return activation.slot;
}

static int64_t rows_seen_at(struct test_house *house, int64_t at)
{
	return house_int(house,
		arena_printf(house->arena, "SELECT COUNT(*) FROM activations WHERE last_seen_at = %lld", (long long)at)
			.p);
}

static void the_later_time_counts(void **state)
{
	struct test_house *house = house_of(state);
	const struct slot slot = slot_of(house, 1), other = slot_of(house, 2);
	assert_int_equal(license_seen_at(&slot, 10), 10);
	license_seen_note(&slot, 50);
	license_seen_note(&slot, 40);
	assert_int_equal(license_seen_at(&slot, 10), 50);
	assert_int_equal(license_seen_at(&slot, 60), 60);
	assert_int_equal(license_seen_at(&other, 10), 10);
}

static void what_was_noted_is_written_once_and_never_backwards(void **state)
{
	struct test_house *house = house_of(state);
	const struct slot early = activate(house, 1, 10), late = activate(house, 2, 90),
			  silent = activate(house, 3, 20);
	license_seen_note(&early, 50);
	license_seen_note(&late, 50);
	license_seen_write(house->house.db);
	assert_int_equal(rows_seen_at(house, 50), 1);
	assert_int_equal(rows_seen_at(house, 90), 1);
	assert_int_equal(rows_seen_at(house, 20), 1);
	assert_int_equal(license_seen_at(&early, 0), 50);
	assert_int_equal(license_seen_at(&silent, 20), 20);

	house_exec(house, "UPDATE activations SET last_seen_at = 1");
	license_seen_write(house->house.db);
	assert_int_equal(rows_seen_at(house, 1), 3);
}

static void a_freed_slot_is_not_seen(void **state)
{
	struct test_house *house = house_of(state);
	const struct slot slot = activate(house, 1, 10);
	license_seen_note(&slot, 50);
	house_exec(house, "UPDATE activations SET freed_at = 20");
	license_seen_write(house->house.db);
	assert_int_equal(rows_seen_at(house, 10), 1);
}

static void many_are_written_in_batches_that_need_not_be_full(void **state)
{
	struct test_house *house = house_of(state);
	enum { MANY = 611 };
	for (uint32_t i = 0; i < MANY; i++) {
		const struct slot slot = activate(house, i, 1);
		license_seen_note(&slot, 100);
	}
	license_seen_write(house->house.db);
	assert_int_equal(rows_seen_at(house, 100), MANY);
}

static void a_flood_of_devices_takes_no_more_place_than_there_is(void **state)
{
	struct test_house *house = house_of(state);
	const struct slot first = activate(house, 0, 1), last = activate(house, 99999, 1);
	for (uint32_t i = 0; i < 100000; i++) {
		const struct slot slot = slot_of(house, i);
		license_seen_note(&slot, 1000 + i);
	}
	license_seen_write(house->house.db);
	assert_int_equal(license_seen_at(&first, 1), 1);
	assert_int_equal(license_seen_at(&last, 1), 1000 + 99999);
	assert_int_equal(rows_seen_at(house, 1000 + 99999), 1);
}

#define CASE(test)                                                                                                     \
	{#test " (sqlite)", test, on_sqlite, stop, NULL},                                                              \
	{                                                                                                              \
#test " (postgres)", test, on_postgres, stop, NULL                                                     \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_later_time_counts),
		CASE(what_was_noted_is_written_once_and_never_backwards),
		CASE(a_freed_slot_is_not_seen),
		CASE(many_are_written_in_batches_that_need_not_be_full),
		CASE(a_flood_of_devices_takes_no_more_place_than_there_is),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
