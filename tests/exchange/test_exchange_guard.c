/* What guards codes, on real stores: the address lock, the breaker, an app's budget. */
#include "desk.h"

#include <pthread.h>

#include "exchange/exchange_sql.h"

/* ---- the address lock ---- */

/* THREATS B4 */
static void ten_misses_lock_an_address_for_an_hour_from_the_tenth(void **state)
{
	struct test_house *house = house_of(state);
	const struct signin signin = desk_sign_in(house);
	for (int i = 0; i < 9; i++, house->now += MINUTE)
		assert_int_equal(desk_redeem(house, DESK_WRONG), NOT_FOUND);
	assert_int_equal(desk_redeem(house, DESK_WRONG), NOT_FOUND);
	assert_int_equal(desk_redeem(house, DESK_WRONG), LOCKED);
	assert_int_equal(desk_events(house, "exchange.locked"), 1);
	for (int minute = 0; minute < 59; minute++, house->now += MINUTE)
		assert_int_equal(desk_redeem(house, DESK_WRONG), LOCKED);
	house->now += MINUTE - 1;
	assert_int_equal(desk_redeem(house, desk_code_for(house, &signin, false)), LOCKED);
	house->now += 1;
	assert_int_equal(desk_redeem(house, desk_code_for(house, &signin, false)), ERR_NONE);
	assert_int_equal(desk_misses_until_locked(house, "192.0.2.7", 20), 10);
	assert_int_equal(desk_events(house, "exchange.locked"), 2);
	assert_int_equal(exchange_stats().locks >= 2, 1);
}

static void misses_of_more_than_an_hour_ago_no_longer_count(void **state)
{
	struct test_house *house = house_of(state);
	for (int i = 0; i < 9; i++)
		assert_int_equal(desk_redeem(house, DESK_WRONG), NOT_FOUND);
	house->now += HOUR;
	assert_int_equal(desk_misses_until_locked(house, "192.0.2.7", 20), 10);
}

static void right_codes_do_not_lower_the_count(void **state)
{
	struct test_house *house = house_of(state);
	const struct signin signin = desk_sign_in(house);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(desk_redeem(house, desk_code_for(house, &signin, false)), ERR_NONE);
		assert_int_equal(desk_redeem(house, DESK_WRONG), NOT_FOUND);
	}
	assert_int_equal(desk_redeem(house, desk_code_for(house, &signin, false)), LOCKED);
	assert_int_equal(desk_redeem_from(house, "192.0.2.8", desk_code_for(house, &signin, false)), ERR_NONE);
}

static enum err look_here(struct op *op, void *context)
{
	return exchange_look(op, context);
}

static void who_looks_sees_the_true_rest(void **state)
{
	struct test_house *house = house_of(state);
	int64_t left = 7;
	assert_int_equal(house_run(house, house_op(house), look_here, &left), ERR_NONE);
	assert_int_equal(left, 0);
	desk_misses_until_locked(house, "192.0.2.7", 20);
	house->now += 10 * MINUTE;
	assert_int_equal(house_run(house, house_op(house), look_here, &left), LOCKED);
	assert_int_equal(left, 50 * MINUTE);
}

/* THREATS B7 */
static void an_ipv6_host_is_its_64_and_its_site_has_a_lock_of_its_own(void **state)
{
	struct test_house *house = house_of(state);
	assert_int_equal(desk_misses_until_locked(house, "2001:db8:1:1::1", 20), 10);
	assert_int_equal(desk_redeem_from(house, "2001:DB8:1:1:FFFF::2", DESK_WRONG), LOCKED);
	int misses = 10;
	for (int net = 2; net < 40; net++)
		misses += desk_misses_until_locked(house, arena_printf(house->arena, "2001:db8:1:%x::1", net).p, 20);
	assert_int_equal(misses, 160);
	assert_int_equal(desk_redeem_from(house, "2001:db8:1:ffff::1", DESK_WRONG), LOCKED);
	assert_int_equal(desk_redeem_from(house, "2001:db8:2:1::1", DESK_WRONG), NOT_FOUND);
	house->now += HOUR;
	assert_int_equal(desk_redeem_from(house, "2001:db8:1:ffff::1", DESK_WRONG), NOT_FOUND);
}

static void a_mapped_ipv4_address_is_the_ipv4_address(void **state)
{
	struct test_house *house = house_of(state);
	assert_int_equal(desk_misses_until_locked(house, "192.0.2.7", 20), 10);
	assert_int_equal(desk_redeem_from(house, "::ffff:192.0.2.7", DESK_WRONG), LOCKED);
}

static void an_apps_end_users_are_counted_apart_from_strangers(void **state)
{
	struct test_house *house = house_of(state);
	for (int i = 0; i < 10; i++)
		assert_int_equal(desk_redeem_by_app(house, "192.0.2.7", DESK_WRONG), NOT_FOUND);
	assert_int_equal(desk_redeem_by_app(house, "192.0.2.7", DESK_WRONG), LOCKED);
	assert_int_equal(desk_redeem_by_app(house, "192.0.2.8", DESK_WRONG), NOT_FOUND);
	assert_int_equal(desk_redeem(house, DESK_WRONG), NOT_FOUND);
}

static void an_app_that_names_nobody_pays_for_digits_alone(void **state)
{
	struct test_house *house = house_of(state);
	const struct signin signin = desk_sign_in(house);
	const struct text digits = desk_code_for(house, &signin, true);
	for (int i = 0; i < 30; i++)
		assert_int_equal(desk_redeem_by_app(house, NULL, DESK_WRONG), NOT_FOUND);
	for (int i = 0; i < 5; i++)
		assert_int_equal(desk_redeem_by_app(house, NULL, DESK_WRONG_DIGITS), NOT_FOUND);
	assert_int_equal(desk_redeem_by_app(house, NULL, DESK_WRONG_DIGITS), ERR_RATE_LIMITED);
	assert_int_equal(desk_redeem_by_app(house, NULL, digits), ERR_RATE_LIMITED);
	assert_int_equal(desk_redeem_by_app(house, NULL, desk_code_for(house, &signin, false)), ERR_NONE);
	assert_int_equal(desk_redeem(house, digits), ERR_NONE);
}

/* ---- the breaker ---- */

/* THREATS B3 */
static void a_hundred_guesses_over_all_addresses_shut_unbound_digits_alone(void **state)
{
	struct test_house *house = house_of(state);
	const struct signin signin = desk_sign_in(house);
	const uint64_t before = exchange_stats().breakers;
	for (int i = 0; i < 100; i++) {
		assert_int_equal(
			desk_redeem_from(house, arena_printf(house->arena, "198.51.100.%d", i).p, DESK_WRONG_DIGITS),
			NOT_FOUND);
		house->now += SECOND;
	}
	assert_int_equal(desk_events(house, "exchange.breaker"), 1);
	assert_int_equal(exchange_stats().breakers, before + 1);
	struct redeeming wrong = {.ask = {.code = DESK_WRONG_DIGITS}};
	struct op *op = desk_op_from(house, "203.0.113.1");
	assert_int_equal(house_run(house, op, desk_redeem_here, &wrong), ERR_RATE_LIMITED);
	assert_int_equal(op->retry_ms, 5 * MINUTE - SECOND);
	for (int i = 0; i < 20; i++)
		assert_int_equal(desk_redeem(house, DESK_WRONG_DIGITS), ERR_RATE_LIMITED);
	const struct text digits = desk_code_for(house, &signin, true);
	assert_int_equal(desk_redeem(house, digits), ERR_RATE_LIMITED);
	assert_int_equal(desk_redeem(house, desk_code_for(house, &signin, false)), ERR_NONE);
	/* digits that something binds are not guessed at; a refused one has cost its address nothing */
	struct redeeming bound = {.ask = {.code = DESK_WRONG_DIGITS, .code_verifier = TEXT("x")}};
	assert_int_equal(house_run(house, house_op(house), desk_redeem_here, &bound), NOT_FOUND);
	assert_int_equal(desk_misses_until_locked(house, "192.0.2.7", 20), 9);
	house->now += 5 * MINUTE - SECOND - 1;
	assert_int_equal(desk_redeem_from(house, "203.0.113.1", digits), ERR_RATE_LIMITED);
	house->now += 1;
	assert_int_equal(desk_redeem_from(house, "203.0.113.1", desk_code_for(house, &signin, true)), ERR_NONE);
	assert_int_equal(desk_redeem_from(house, "203.0.113.1", DESK_WRONG_DIGITS), NOT_FOUND);
	assert_int_equal(desk_events(house, "exchange.breaker"), 1);
}

static void neither_one_address_nor_bound_or_opaque_codes_open_the_breaker(void **state)
{
	struct test_house *house = house_of(state);
	struct redeeming bound = {.ask = {.code = DESK_WRONG_DIGITS, .code_verifier = TEXT("x")}};
	for (int i = 0; i < 60; i++) {
		struct op *op = desk_op_from(house, arena_printf(house->arena, "198.51.100.%d", i).p);
		assert_int_equal(house_run(house, op, desk_redeem_here, &bound), NOT_FOUND);
		assert_int_equal(desk_redeem_from(house, arena_printf(house->arena, "198.51.100.%d", i).p, DESK_WRONG),
			NOT_FOUND);
	}
	for (int i = 0; i < 120; i++)
		(void)desk_redeem_from(house, "203.0.113.1", DESK_WRONG_DIGITS);
	assert_int_equal(desk_redeem_from(house, "203.0.113.2", DESK_WRONG_DIGITS), NOT_FOUND);
	assert_int_equal(desk_events(house, "exchange.breaker"), 0);
}

/* ---- many at once ---- */

struct racing {
	struct test_house house; /* with an arena of its own: it is used by one thread */
	struct text code;
	int found, not_found, locked;
};

static void *race(void *context)
{
	struct racing *racing = context;
	for (int i = 0; i < 5; i++) {
		const enum err err = desk_redeem(&racing->house, racing->code);
		racing->found += err == ERR_NONE;
		racing->not_found += err == NOT_FOUND;
		racing->locked += err == LOCKED;
	}
	return NULL;
}

/* THREATS A6, A18: eight times five tries with a right code */
static void of_many_tries_at_once_one_redeems_and_ten_are_answered(void **state)
{
	enum { RACERS = 8 };
	struct test_house *house = house_of(state);
	const struct signin signin = desk_sign_in(house);
	const struct text code = desk_code_for(house, &signin, false);
	struct racing racing[RACERS] = {0};
	pthread_t threads[RACERS];
	int found = 0, not_found = 0, locked = 0;
	for (int i = 0; i < RACERS; i++) {
		racing[i].house = *house;
		racing[i].house.arena = arena_new();
		racing[i].code = code;
		assert_int_equal(pthread_create(&threads[i], NULL, race, &racing[i]), 0);
	}
	for (int i = 0; i < RACERS; i++) {
		pthread_join(threads[i], NULL);
		arena_free(racing[i].house.arena);
		found += racing[i].found;
		not_found += racing[i].not_found;
		locked += racing[i].locked;
	}
	assert_int_equal(found, 1);
	assert_int_equal(not_found, 10);
	assert_int_equal(locked, RACERS * 5 - 11);
	assert_int_equal(desk_events(house, "exchange.locked"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DESK_ON_BOTH(ten_misses_lock_an_address_for_an_hour_from_the_tenth),
		DESK_ON_BOTH(misses_of_more_than_an_hour_ago_no_longer_count),
		DESK_ON_BOTH(right_codes_do_not_lower_the_count),
		DESK_ON_BOTH(who_looks_sees_the_true_rest),
		DESK_ON_BOTH(an_ipv6_host_is_its_64_and_its_site_has_a_lock_of_its_own),
		DESK_ON_BOTH(a_mapped_ipv4_address_is_the_ipv4_address),
		DESK_ON_BOTH(an_apps_end_users_are_counted_apart_from_strangers),
		DESK_ON_BOTH(an_app_that_names_nobody_pays_for_digits_alone),
		DESK_ON_BOTH(a_hundred_guesses_over_all_addresses_shut_unbound_digits_alone),
		DESK_ON_BOTH(neither_one_address_nor_bound_or_opaque_codes_open_the_breaker),
		DESK_ON_BOTH(of_many_tries_at_once_one_redeems_and_ten_are_answered),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
