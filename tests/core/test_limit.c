/* Budgets in memory, exact to the last draw, and sliding windows in the store. */
#include "../check.h"
#include "../user/house.h"

#include <stdlib.h>

#include "base/clock.h"
#include "core/limit.h"

/* ---- in memory ---- */

enum { NOW = 1000000 };

struct table {
	struct settings settings;
	struct house house;
	struct arena *arena;
};

static int start_table(void **state)
{
	struct table *table = calloc(1, sizeof *table);
	table->arena = arena_new();
	table->settings.limit_sends_per_address = (struct budget){5, 10000};
	table->settings.limit_sms_per_address = (struct budget){2, 10000};
	table->settings.limit_sms_per_app = (struct budget){3, 10000};
	table->settings.limit_wrong_secrets = (struct budget){700, 1000};
	settings_publish(&table->settings);
	table->house = (struct house){.master = {7}};
	limit_start(&table->house);
	*state = table;
	return 0;
}

static int stop_table(void **state)
{
	struct table *table = *state;
	limit_stop();
	settings_publish(NULL);
	arena_free(table->arena);
	free(table);
	return 0;
}
#define WITH_TABLE(test) cmocka_unit_test_setup_teardown(test, start_table, stop_table)

static struct op *op_from(struct table *table, const char *address, int64_t now)
{
	struct op *op = op_new(table->arena);
	op->now = now;
	op->client_known = true;
	assert_int_equal(ip_read(text_of(address), &op->client), 0);
	return op;
}

/* How many draws in a row pass. */
static int64_t draws(struct table *table, enum limit_id id, const char *address, int64_t now)
{
	int64_t count = 0;
	while (limit_take(op_from(table, address, now), id, TEXT_NONE) == ERR_NONE && count < 100000)
		count++;
	return count;
}

static void a_budget_lets_exactly_its_count_through_at_once(void **state)
{
	struct table *table = *state;
	assert_int_equal(draws(table, LIMIT_sends_per_address, "192.0.2.1", NOW), 5);
	assert_int_equal(draws(table, LIMIT_sends_per_address, "192.0.2.2", NOW), 5);
	/* also where the window is no multiple of the count */
	assert_int_equal(draws(table, LIMIT_wrong_secrets, "192.0.2.1", NOW), 700);
}

static void a_refusal_says_when_there_is_room_for_one_more(void **state)
{
	struct table *table = *state;
	assert_int_equal(draws(table, LIMIT_sends_per_address, "192.0.2.1", NOW), 5);
	struct op *op = op_from(table, "192.0.2.1", NOW);
	assert_int_equal(limit_take(op, LIMIT_sends_per_address, TEXT_NONE), ERR_RATE_LIMITED);
	assert_int_equal(op->retry_ms, 2000);
	assert_int_equal(draws(table, LIMIT_sends_per_address, "192.0.2.1", NOW + 1999), 0);
	assert_int_equal(draws(table, LIMIT_sends_per_address, "192.0.2.1", NOW + 2000), 1);
	assert_int_equal(draws(table, LIMIT_sends_per_address, "192.0.2.1", NOW + 2000 + 10000), 5);
}

static void refused_draws_do_not_make_the_wait_longer(void **state)
{
	struct table *table = *state;
	assert_int_equal(draws(table, LIMIT_sends_per_address, "192.0.2.1", NOW), 5);
	for (int i = 0; i < 100; i++)
		assert_int_equal(draws(table, LIMIT_sends_per_address, "192.0.2.1", NOW + i), 0);
	assert_int_equal(draws(table, LIMIT_sends_per_address, "192.0.2.1", NOW + 2000), 1);
}

static void looking_draws_nothing(void **state)
{
	struct table *table = *state;
	for (int i = 0; i < 20; i++)
		assert_int_equal(
			limit_look(op_from(table, "192.0.2.1", NOW), LIMIT_sends_per_address, TEXT_NONE), ERR_NONE);
	assert_int_equal(draws(table, LIMIT_sends_per_address, "192.0.2.1", NOW), 5);
	struct op *op = op_from(table, "192.0.2.1", NOW);
	assert_int_equal(limit_look(op, LIMIT_sends_per_address, TEXT_NONE), ERR_RATE_LIMITED);
	assert_int_equal(op->retry_ms, 2000);
}

/* Before the first draw, while it leaks, when the last bucket is empty: a look says what a draw would find. */
static void looking_finds_what_a_draw_would(void **state)
{
	struct table *table = *state;
	enum { STEPS = 14 };
	assert_int_equal(draws(table, LIMIT_sends_per_address, "192.0.2.1", NOW), 5);
	assert_int_equal(draws(table, LIMIT_sends_per_address, "192.0.2.2", NOW + 4000), 5);
	for (int64_t now = NOW; now < NOW + STEPS * 1000; now += 500) {
		struct op *first = op_from(table, "192.0.2.1", now), *second = op_from(table, "192.0.2.2", now);
		const enum err one = limit_look(first, LIMIT_sends_per_address, TEXT_NONE);
		assert_int_equal(one, now < NOW + 2000 ? ERR_RATE_LIMITED : ERR_NONE);
		const enum err other = limit_look(second, LIMIT_sends_per_address, TEXT_NONE);
		assert_int_equal(other, now < NOW + 6000 ? ERR_RATE_LIMITED : ERR_NONE);
		assert_int_equal(
			limit_look(op_from(table, "192.0.2.3", now), LIMIT_sends_per_address, TEXT_NONE), ERR_NONE);
		assert_int_equal(
			limit_look(op_from(table, "192.0.2.1", now), LIMIT_wrong_secrets, TEXT_NONE), ERR_NONE);
	}
}

static void scopes_and_limits_have_budgets_of_their_own(void **state)
{
	struct table *table = *state;
	assert_int_equal(draws(table, LIMIT_sends_per_address, "192.0.2.1", NOW), 5);
	struct op *op = op_from(table, "192.0.2.1", NOW);
	assert_int_equal(limit_take(op, LIMIT_sends_per_address, TEXT("app")), ERR_NONE);
	assert_int_equal(draws(table, LIMIT_sms_per_address, "192.0.2.1", NOW), 2);
	assert_int_equal(limit_take(op, LIMIT_NO_LIMIT, TEXT_NONE), ERR_NONE);
}

/* THREATS B7: a host has all of its /64, whatever the spelling; a site's /48 has sixteen times as much. */
static void an_ipv6_host_is_its_64_and_its_site_has_sixteen_times_as_much(void **state)
{
	struct table *table = *state;
	assert_int_equal(draws(table, LIMIT_sends_per_address, "2001:db8:1:1::1", NOW), 5);
	assert_int_equal(draws(table, LIMIT_sends_per_address, "2001:DB8:1:1:FFFF::2", NOW), 0);
	int64_t passed = 5;
	for (int net = 2; net < 40; net++)
		passed += draws(
			table, LIMIT_sends_per_address, arena_printf(table->arena, "2001:db8:1:%x::1", net).p, NOW);
	assert_int_equal(passed, 16 * 5);
	assert_int_equal(draws(table, LIMIT_sends_per_address, "2001:db8:2:1::1", NOW), 5);
}

static void a_mapped_ipv4_address_is_the_ipv4_address(void **state)
{
	struct table *table = *state;
	assert_int_equal(draws(table, LIMIT_sends_per_address, "::ffff:192.0.2.1", NOW), 5);
	assert_int_equal(draws(table, LIMIT_sends_per_address, "192.0.2.1", NOW), 0);
	assert_int_equal(draws(table, LIMIT_sends_per_address, "::ffff:192.0.2.2", NOW), 5);
}

static void a_client_nobody_knows_draws_from_app_budgets_only(void **state)
{
	struct table *table = *state;
	for (int i = 0; i < 50; i++) {
		struct op *op = op_from(table, "192.0.2.1", NOW);
		op->client_known = false;
		assert_int_equal(limit_take(op, LIMIT_sends_per_address, TEXT_NONE), ERR_NONE);
		assert_int_equal(limit_take(op, LIMIT_sms_per_app, TEXT("app")), i < 3 ? ERR_NONE : ERR_RATE_LIMITED);
	}
}

/* PostgreSQL repeats a run that met another's rows: one text message is one draw, and is not refused for its own. */
static void a_repeated_run_draws_nothing_again(void **state)
{
	struct table *table = *state;
	assert_int_equal(draws(table, LIMIT_sends_per_address, "192.0.2.1", NOW - 2000), 5);
	struct op *op = op_from(table, "192.0.2.1", NOW);
	for (int run = 0; run < 5; run++) {
		assert_int_equal(limit_look(op, LIMIT_sends_per_address, TEXT_NONE), ERR_NONE);
		assert_int_equal(limit_take(op, LIMIT_sends_per_address, TEXT_NONE), ERR_NONE);
		assert_int_equal(limit_take(op, LIMIT_sms_per_address, TEXT_NONE), ERR_NONE);
	}
	assert_int_equal(draws(table, LIMIT_sends_per_address, "192.0.2.1", NOW), 0);
	assert_int_equal(draws(table, LIMIT_sms_per_address, "192.0.2.1", NOW), 1);
}

/* What was refused was not drawn: a later run is judged anew. */
static void a_repeated_run_that_was_refused_is_refused_again(void **state)
{
	struct table *table = *state;
	assert_int_equal(draws(table, LIMIT_sends_per_address, "192.0.2.1", NOW), 5);
	struct op *op = op_from(table, "192.0.2.1", NOW);
	for (int run = 0; run < 3; run++)
		assert_int_equal(limit_take(op, LIMIT_sends_per_address, TEXT_NONE), ERR_RATE_LIMITED);
}

static void dev_mode_switches_off_the_rows_that_say_so(void **state)
{
	struct table *table = *state;
	table->settings.dev = true;
	assert_int_equal(draws(table, LIMIT_sends_per_address, "192.0.2.1", NOW), 100000);
	assert_int_equal(draws(table, LIMIT_wrong_secrets, "192.0.2.1", NOW), 700);
}

/* THREATS B12: the table is of fixed size; strangers push out the emptiest. */
static void a_flood_of_strangers_unlocks_nobody(void **state)
{
	struct table *table = *state;
	assert_int_equal(draws(table, LIMIT_sends_per_address, "192.0.2.1", NOW), 5);
	struct op *op = op_from(table, "192.0.2.1", NOW);
	for (uint32_t i = 0; i < 300000; i++) {
		op->drawn = 0; /* each an operation of its own */
		memcpy(op->client.b + 12, (const uint8_t[]){10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i}, 4);
		assert_int_equal(limit_take(op, LIMIT_sends_per_address, TEXT_NONE), ERR_NONE);
	}
	assert_int_equal(draws(table, LIMIT_sends_per_address, "192.0.2.1", NOW), 0);
}

static void a_clock_that_went_back_shortens_no_lock(void **state)
{
	struct table *table = *state;
	assert_int_equal(draws(table, LIMIT_sends_per_address, "192.0.2.1", NOW), 5);
	assert_int_equal(draws(table, LIMIT_sends_per_address, "192.0.2.1", NOW - 5000), 0);
}

/* ---- in the store ---- */

static int start_store(void **state, int (*make)(void **state))
{
	if (make(state))
		return -1;
	limit_start(&((struct test_house *)*state)->house);
	return 0;
}

static int start_on_sqlite(void **state)
{
	return start_store(state, house_on_sqlite);
}

static int start_on_postgres(void **state)
{
	return start_store(state, house_on_postgres);
}

static int stop_store(void **state)
{
	limit_stop();
	return house_remove(state);
}
#define ON_BOTH_STORES(test)                                                                                           \
	{#test " (sqlite)", test, start_on_sqlite, stop_store, NULL},                                                  \
	{                                                                                                              \
#test " (postgres)", test, start_on_postgres, stop_store, NULL                                         \
	}

struct call {
	struct limit_window window;
	int64_t used, wait;
};

static enum err add_here(struct op *op, void *context)
{
	struct call *call = context;
	return limit_add(op, &call->window, &call->wait);
}

static enum err see_here(struct op *op, void *context)
{
	struct call *call = context;
	return limit_see(op, &call->window, &call->used, &call->wait);
}

static enum err note_here(struct op *op, void *context)
{
	return limit_note(op, &((struct call *)context)->window);
}

/* The wait of an add at that time; 0: added. */
static int64_t add_at(struct test_house *house, struct call *call, int64_t now)
{
	house->now = now;
	assert_int_equal(house_run(house, house_op(house), add_here, call), ERR_NONE);
	return call->wait;
}

static int64_t used_at(struct test_house *house, struct call *call, int64_t now)
{
	house->now = now;
	assert_int_equal(house_run(house, house_op(house), see_here, call), ERR_NONE);
	return call->used;
}

static void note_at(struct test_house *house, struct call *call, int64_t now)
{
	house->now = now;
	assert_int_equal(house_run(house, house_op(house), note_here, call), ERR_NONE);
}

static struct call three_in_a_second(struct test_house *house, const char *subject)
{
	return (struct call){.window = {"test", house->app_id, text_of(subject), 3, 1000}};
}

static void a_window_slides_and_says_how_long_to_wait(void **state)
{
	struct test_house *house = house_of(state);
	struct call call = three_in_a_second(house, "ada");
	static const struct {
		int64_t at, wait;
	} ROWS[] = {{0, 0}, {100, 0}, {200, 0}, {300, 700}, {999, 1}, {1000, 0}, {1001, 99}, {1100, 0}, {1100, 100},
		{1200, 0}, {1999, 1}, {2000, 0}, {9000, 0}, {9000, 0}, {9000, 0}, {9000, 1000}};
	for (size_t i = 0; i < COUNT(ROWS); i++)
		if (add_at(house, &call, 1800000000000 + ROWS[i].at) != ROWS[i].wait)
			fail_msg("row %zu: waits %lld", i, (long long)call.wait);
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM limits"), 1);
}

static void looking_counts_what_lies_within_the_window(void **state)
{
	struct test_house *house = house_of(state);
	struct call call = three_in_a_second(house, "ada");
	const int64_t start = house->now;
	assert_int_equal(used_at(house, &call, start), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(add_at(house, &call, start + i), 0);
	assert_int_equal(used_at(house, &call, start + 2), 3);
	assert_int_equal(call.wait, 998);
	assert_int_equal(used_at(house, &call, start + 1001), 1);
	assert_int_equal(call.wait, 0);
	assert_int_equal(used_at(house, &call, start + 1002), 0);
}

static void noting_always_counts_and_keeps_the_newest(void **state)
{
	struct test_house *house = house_of(state);
	struct call call = three_in_a_second(house, "ada");
	const int64_t start = house->now;
	for (int i = 0; i < 10; i++)
		note_at(house, &call, start + 100 * i);
	assert_int_equal(used_at(house, &call, start + 900), 3);
	assert_int_equal(call.wait, 800); /* the oldest kept is that of 700 */
	assert_int_equal(house_int(house, "SELECT LENGTH(times) FROM limits"), 3 * 13);
}

static void subjects_kinds_and_apps_are_counted_apart_and_kept_as_macs(void **state)
{
	struct test_house *house = house_of(state);
	struct call ada = three_in_a_second(house, "ada"), bob = three_in_a_second(house, "bob"), other = ada,
		    foreign = ada;
	other.window.kind = "other";
	foreign.window.app_id = uuid_new(1);
	for (int i = 0; i < 3; i++)
		assert_int_equal(add_at(house, &ada, house->now), 0);
	assert_int_not_equal(add_at(house, &ada, house->now), 0);
	assert_int_equal(add_at(house, &bob, house->now), 0);
	assert_int_equal(add_at(house, &other, house->now), 0);
	assert_int_equal(add_at(house, &foreign, house->now), 0);
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM limits WHERE LENGTH(subject) = 32"), 4);
}

static void a_lower_count_holds_for_rows_that_kept_more(void **state)
{
	struct test_house *house = house_of(state);
	struct call call = three_in_a_second(house, "ada");
	const int64_t start = house->now;
	for (int i = 0; i < 3; i++)
		assert_int_equal(add_at(house, &call, start + i), 0);
	call.window.count = 1;
	assert_int_equal(add_at(house, &call, start + 3), 999);
	call.window.count = 5;
	assert_int_equal(add_at(house, &call, start + 3), 0);
}

static void pruning_removes_rows_whose_windows_have_passed(void **state)
{
	struct test_house *house = house_of(state);
	struct call past = three_in_a_second(house, "past"), live = three_in_a_second(house, "live");
	add_at(house, &past, clock_now() - 5000);
	live.window.window_ms = 1000000;
	add_at(house, &live, clock_now());
	limit_prune();
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM limits"), 1);
	assert_int_equal(used_at(house, &live, clock_now()), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_TABLE(a_budget_lets_exactly_its_count_through_at_once),
		WITH_TABLE(a_refusal_says_when_there_is_room_for_one_more),
		WITH_TABLE(refused_draws_do_not_make_the_wait_longer),
		WITH_TABLE(looking_draws_nothing),
		WITH_TABLE(looking_finds_what_a_draw_would),
		WITH_TABLE(scopes_and_limits_have_budgets_of_their_own),
		WITH_TABLE(an_ipv6_host_is_its_64_and_its_site_has_sixteen_times_as_much),
		WITH_TABLE(a_mapped_ipv4_address_is_the_ipv4_address),
		WITH_TABLE(a_client_nobody_knows_draws_from_app_budgets_only),
		WITH_TABLE(a_repeated_run_draws_nothing_again),
		WITH_TABLE(a_repeated_run_that_was_refused_is_refused_again),
		WITH_TABLE(dev_mode_switches_off_the_rows_that_say_so),
		WITH_TABLE(a_flood_of_strangers_unlocks_nobody),
		WITH_TABLE(a_clock_that_went_back_shortens_no_lock),
		ON_BOTH_STORES(a_window_slides_and_says_how_long_to_wait),
		ON_BOTH_STORES(looking_counts_what_lies_within_the_window),
		ON_BOTH_STORES(noting_always_counts_and_keeps_the_newest),
		ON_BOTH_STORES(subjects_kinds_and_apps_are_counted_apart_and_kept_as_macs),
		ON_BOTH_STORES(a_lower_count_holds_for_rows_that_kept_more),
		ON_BOTH_STORES(pruning_removes_rows_whose_windows_have_passed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
