/* Codes issued and redeemed on real stores, and what guards them: the address lock, the breaker, an app's budget. The
 * delivery room is a counter of ours. */
#include "../check.h"
#include "../user/house.h"

#include <pthread.h>
#include <stdio.h>

#include "core/limit.h"
#include "exchange/exchange_sql.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE };
#define NOT_FOUND ERR_exchange_code_not_found
#define LOCKED ERR_exchange_code_attempt_limit_exceeded

/* ---- the letter box ---- */

static int notices;
static char noticed[64], described[128];

enum err deliver_queue(struct op *op, struct uuid app_id, const struct message *message)
{
	assert_int_equal(message->kind, MESSAGE_HANDOVER);
	memcpy(noticed, message->to.spelling.p, message->to.spelling.n + 1);
	snprintf(described, sizeof described, "%.*s, %.*s, %.*s", TEXT_ARG(message->browser), TEXT_ARG(message->system),
		TEXT_ARG(message->place));
	notices++;
	return ERR_NONE;
}

bool deliver_sms_can_reach(const struct contact *contact)
{
	return true;
}

/* ---- the house ---- */

static int start(void **state, int (*make)(void **state))
{
	if (make(state))
		return -1;
	struct test_house *house = *state;
	if (house->store->url[0] == '\0')
		return 0; /* to be skipped */
	house->settings.otp_length = 6;
	house->settings.otp_failure_budget = 20;
	house->settings.exchange_ttl = 5 * MINUTE;
	house->settings.exchange_max_failures = 10;
	house->settings.limit_sends_per_address = house->settings.limit_wrong_secrets =
		house->settings.limit_sms_per_address = house->settings.limit_sms_per_app =
			(struct budget){1000, MINUTE};
	house->settings.limit_exchange_digits_per_app = (struct budget){5, HOUR};
	notices = 0;
	limit_start(&house->house);
	return app_start(&house->house) || token_start(&house->house) || signin_start(&house->house) ||
	       exchange_start(&house->house);
}

static int start_on_sqlite(void **state)
{
	return start(state, house_on_sqlite);
}

static int start_on_postgres(void **state)
{
	return start(state, house_on_postgres);
}

static int stop(void **state)
{
	exchange_stop();
	signin_stop();
	token_stop();
	if (((struct test_house *)*state)->store->url[0]) {
		app_stop();
		limit_stop();
	}
	return house_remove(state);
}
#define ON_BOTH_HOUSES(test)                                                                                           \
	{#test " (sqlite)", test, start_on_sqlite, stop, NULL},                                                        \
	{                                                                                                              \
#test " (postgres)", test, start_on_postgres, stop, NULL                                               \
	}

static const struct app *app_of(struct test_house *house)
{
	const struct app *app = app_find(house->app_id);
	assert_non_null(app);
	return app;
}

/* ---- signing in, issuing, redeeming ---- */

static enum err sign_in_here(struct op *op, void *context)
{
	struct signin *signin = context;
	struct proof proof = {.app = op->app, .amr = "otp-email"};
	assert_int_equal(contact_email(op->arena, TEXT("ada@example.com"), &proof.contact), 0);
	return signin_complete(op, &proof, signin);
}

static struct signin sign_in(struct test_house *house)
{
	struct signin signin;
	struct op *op = house_op(house);
	op->app = app_of(house);
	assert_int_equal(house_run(house, op, sign_in_here, &signin), ERR_NONE);
	return signin;
}

struct issuing {
	struct exchange_order order;
	struct exchange_issued issued;
};

static enum err issue_here(struct op *op, void *context)
{
	struct issuing *issuing = context;
	return exchange_issue(op, &issuing->order, &issuing->issued);
}

static enum err issue(struct test_house *house, struct exchange_order order, struct text *code_r)
{
	struct issuing issuing = {.order = order};
	const enum err err = house_run(house, house_op(house), issue_here, &issuing);
	if (err == ERR_NONE && code_r)
		*code_r = issuing.issued.code;
	return err;
}

static struct exchange_order order_of(const struct signin *signin, bool numeric)
{
	return (struct exchange_order){.grant = {.app_id = signin->session.app_id,
					       .user_id = signin->user.id,
					       .amr = TEXT("link"),
					       .auth_time = signin->session.auth_time,
					       .expires_at = signin->session.expires_at},
		.numeric = numeric};
}

static struct text code_for(struct test_house *house, const struct signin *signin, bool numeric)
{
	struct text code;
	assert_int_equal(issue(house, order_of(signin, numeric), &code), ERR_NONE);
	return code;
}

struct redeeming {
	struct exchange_ask ask;
	struct signin signin;
};

static enum err redeem_here(struct op *op, void *context)
{
	struct redeeming *redeeming = context;
	return exchange_redeem(op, &redeeming->ask, &redeeming->signin);
}

static struct op *op_from(struct test_house *house, const char *address)
{
	struct op *op = house_op(house);
	assert_int_equal(ip_read(text_of(address), &op->client), 0);
	return op;
}

static enum err redeem_from(struct test_house *house, const char *address, struct text code)
{
	struct redeeming redeeming = {.ask = {.code = code}};
	return house_run(house, op_from(house, address), redeem_here, &redeeming);
}

static enum err redeem(struct test_house *house, struct text code)
{
	return redeem_from(house, "192.0.2.7", code);
}

/* As an app's server, for the end user at address, or for nobody (NULL). */
static enum err redeem_by_app(struct test_house *house, const char *address, struct text code)
{
	struct redeeming redeeming = {.ask = {.code = code}};
	struct op *op = address ? op_from(house, address) : house_op(house);
	op->app = app_of(house);
	op->app_proven = true;
	op->client_known = address != NULL;
	return house_run(house, op, redeem_here, &redeeming);
}

static const struct text WRONG = {"kwx_wrong", 9}, WRONG_DIGITS = {"00000000", 8};

/* How many wrong codes are answered not_found before the address is locked. */
static int misses_until_locked(struct test_house *house, const char *address, int most)
{
	int misses = 0;
	enum err err = ERR_NONE;
	while (misses < most && (err = redeem_from(house, address, WRONG)) == NOT_FOUND)
		misses++;
	assert_true(misses == most || err == LOCKED);
	return misses;
}

static int64_t events(struct test_house *house, const char *type)
{
	return house_int(house, arena_printf(house->arena, "SELECT COUNT(*) FROM events WHERE type = '%s'", type).p);
}

/* ---- codes ---- */

static void a_code_redeems_once(void **state)
{
	struct test_house *house = house_of(state);
	const struct signin signin = sign_in(house);
	struct redeeming redeeming = {.ask = {.code = code_for(house, &signin, false)}};
	house->now += MINUTE;
	assert_int_equal(house_run(house, house_op(house), redeem_here, &redeeming), ERR_NONE);
	assert_true(uuid_equal(redeeming.signin.user.id, signin.user.id));
	assert_int_equal(redeeming.signin.session.auth_time, signin.session.auth_time);
	assert_int_equal(redeeming.signin.session.expires_at, signin.session.expires_at);
	CHECK_STRING(redeeming.signin.session.amr, "link");
	assert_int_equal(redeem(house, redeeming.ask.code), NOT_FOUND);
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM sessions"), 2);
	assert_int_equal(notices, 0);
}

static void a_code_ends_with_its_time(void **state)
{
	struct test_house *house = house_of(state);
	const struct signin signin = sign_in(house);
	const struct text code = code_for(house, &signin, true), other = code_for(house, &signin, false);
	house->now += 5 * MINUTE - 1;
	assert_int_equal(redeem(house, code), ERR_NONE);
	house->now += 1;
	assert_int_equal(redeem(house, other), NOT_FOUND);
}

static void codes_are_kept_as_macs(void **state)
{
	struct test_house *house = house_of(state);
	const struct signin signin = sign_in(house);
	code_for(house, &signin, true);
	code_for(house, &signin, false);
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM exchange_codes WHERE LENGTH(code_mac) = 32"), 2);
}

static void a_code_of_a_deleted_user_says_so_once(void **state)
{
	struct test_house *house = house_of(state);
	const struct signin signin = sign_in(house);
	struct exchange_order handover = order_of(&signin, false);
	struct text codes[2] = {code_for(house, &signin, false)};
	handover.from_session = signin.session.session_id;
	assert_int_equal(issue(house, handover, &codes[1]), ERR_NONE);
	house_exec(house, "UPDATE users SET deleted_at = 1");
	house_exec(house, "UPDATE sessions SET ended_at = 1");
	for (size_t i = 0; i < COUNT(codes); i++) {
		assert_int_equal(redeem(house, codes[i]), ERR_USER_DELETED);
		assert_int_equal(redeem(house, codes[i]), NOT_FOUND);
	}
	assert_int_equal(notices, 0);
}

static void a_code_of_an_erased_user_finds_none(void **state)
{
	struct test_house *house = house_of(state);
	const struct signin signin = sign_in(house);
	const struct text code = code_for(house, &signin, false);
	house_exec(house, "DELETE FROM users");
	assert_int_equal(redeem(house, code), ERR_USER_NOT_FOUND);
}

static void a_tenant_that_is_not_there_keeps_the_code_and_costs_nothing(void **state)
{
	struct test_house *house = house_of(state);
	const struct signin signin = sign_in(house);
	struct exchange_order order = order_of(&signin, false);
	struct text code;
	order.grant.tenant_id = uuid_new(1);
	assert_int_equal(issue(house, order, &code), ERR_NONE);
	for (int i = 0; i < 12; i++)
		assert_int_equal(redeem(house, code), ERR_TENANT_NOT_FOUND);
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM exchange_codes WHERE used_at = 0"), 1);
}

static void a_handover_is_told_and_dies_with_its_session(void **state)
{
	struct test_house *house = house_of(state);
	const struct signin signin = sign_in(house);
	struct exchange_order order = order_of(&signin, false);
	struct text code, late;
	order.from_session = signin.session.session_id;
	assert_int_equal(issue(house, order, &code), ERR_NONE);
	assert_int_equal(issue(house, order, &late), ERR_NONE);
	assert_int_equal(notices, 0);
	struct redeeming redeeming = {.ask = {.code = code}};
	struct op *op = house_op(house);
	op->user_agent = TEXT("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0");
	assert_int_equal(house_run(house, op, redeem_here, &redeeming), ERR_NONE);
	assert_int_equal(notices, 1);
	assert_string_equal(noticed, "ada@example.com");
	assert_string_equal(described, "Firefox, Windows, 192.0.2.7");
	assert_int_equal(issue(house, order, &code), ERR_NONE);
	assert_int_equal(redeem_by_app(house, NULL, code), ERR_NONE);
	assert_string_equal(described, ", , ");
	house_exec(house, "UPDATE sessions SET ended_at = 1");
	assert_int_equal(redeem(house, late), NOT_FOUND);
	assert_int_equal(notices, 2);
}

static void beyond_ten_thousand_unbound_codes_there_is_no_place(void **state)
{
	struct test_house *house = house_of(state);
	const struct signin signin = sign_in(house);
	code_for(house, &signin, true);
	house_exec(
		house, house->store->engine[0] == 's'
			       ? "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)"
				 " INSERT INTO exchange_codes SELECT CAST(printf('%032d', i) AS BLOB), app_id, loose,"
				 " challenge, user_id, is_new, tenant_id, amr, auth_time, session_end, from_session,"
				 " created_at, expires_at, used_at FROM exchange_codes, n"
			       : "INSERT INTO exchange_codes SELECT convert_to(lpad(i::text, 32, '0'), 'UTF8'), app_id,"
				 " loose, challenge, user_id, is_new, tenant_id, amr, auth_time, session_end,"
				 " from_session, created_at, expires_at, used_at"
				 " FROM exchange_codes, generate_series(2, 10000) i");
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM exchange_codes"), 10000);
	assert_int_equal(issue(house, order_of(&signin, true), NULL), ERR_SERVICE_UNAVAILABLE);
	house_exec(house, "DELETE FROM exchange_codes WHERE code_mac ="
			  " (SELECT code_mac FROM exchange_codes ORDER BY code_mac LIMIT 1)");
	assert_int_equal(code_for(house, &signin, true).n, 12);
	code_for(house, &signin, false);
	house->now += 5 * MINUTE;
	assert_int_equal(code_for(house, &signin, true).n, 8);
}

static void one_user_has_twenty_unbound_codes_in_ten_minutes(void **state)
{
	struct test_house *house = house_of(state);
	const struct signin signin = sign_in(house);
	for (int i = 0; i < 20; i++)
		code_for(house, &signin, true);
	assert_int_equal(issue(house, order_of(&signin, true), NULL), ERR_RATE_LIMITED);
	struct exchange_order bound = order_of(&signin, true);
	bound.challenge = TEXT("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
	assert_int_equal(issue(house, bound, NULL), ERR_NONE);
	code_for(house, &signin, false);
	house->now += 10 * MINUTE;
	code_for(house, &signin, true);
}

static enum err insert_twice(struct op *op, void *context)
{
	const struct exchange_row *row = context;
	assert_int_equal(exchange_sql_insert(op->tx, row), 1);
	assert_int_equal(exchange_sql_insert(op->tx, row), 0);
	struct exchange_row again = *row;
	again.grant.app_id = uuid_new(1);
	assert_int_equal(exchange_sql_insert(op->tx, &again), 0);
	return ERR_NONE;
}

static void a_code_is_unique_over_all_apps(void **state)
{
	struct test_house *house = house_of(state);
	struct exchange_row row = {.grant = {.app_id = house->app_id, .amr = TEXT("link")},
		.challenge = TEXT(""),
		.expires_at = house->now + MINUTE};
	assert_int_equal(house_run(house, house_op(house), insert_twice, &row), ERR_NONE);
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM exchange_codes"), 1);
}

static void a_proven_app_redeems_its_own_codes_alone(void **state)
{
	struct test_house *house = house_of(state);
	const struct signin signin = sign_in(house);
	struct redeeming redeeming = {.ask = {.code = code_for(house, &signin, false)}};
	struct app other = *app_of(house);
	struct op *op = house_op(house);
	other.id = uuid_new(1);
	op->app = &other;
	op->app_proven = true;
	assert_int_equal(house_run(house, op, redeem_here, &redeeming), NOT_FOUND);
	assert_int_equal(redeem_by_app(house, "192.0.2.7", redeeming.ask.code), ERR_NONE);
}

static void past_their_end_codes_are_forgotten(void **state)
{
	struct test_house *house = house_of(state);
	const struct signin signin = sign_in(house);
	code_for(house, &signin, false);
	house_exec(house, "UPDATE exchange_codes SET expires_at = 1");
	const struct text kept = code_for(house, &signin, false);
	exchange_prune();
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM exchange_codes"), 1);
	assert_int_equal(redeem(house, kept), ERR_NONE);
}

/* ---- the address lock ---- */

/* THREATS B4 */
static void ten_misses_lock_an_address_for_an_hour_from_the_tenth(void **state)
{
	struct test_house *house = house_of(state);
	const struct signin signin = sign_in(house);
	for (int i = 0; i < 9; i++, house->now += MINUTE)
		assert_int_equal(redeem(house, WRONG), NOT_FOUND);
	assert_int_equal(redeem(house, WRONG), NOT_FOUND);
	assert_int_equal(redeem(house, WRONG), LOCKED);
	assert_int_equal(events(house, "exchange.locked"), 1);
	for (int minute = 0; minute < 59; minute++, house->now += MINUTE)
		assert_int_equal(redeem(house, WRONG), LOCKED);
	house->now += MINUTE - 1;
	assert_int_equal(redeem(house, code_for(house, &signin, false)), LOCKED);
	house->now += 1;
	assert_int_equal(redeem(house, code_for(house, &signin, false)), ERR_NONE);
	assert_int_equal(misses_until_locked(house, "192.0.2.7", 20), 10);
	assert_int_equal(events(house, "exchange.locked"), 2);
	assert_int_equal(exchange_stats().locks >= 2, 1);
}

static void misses_of_more_than_an_hour_ago_no_longer_count(void **state)
{
	struct test_house *house = house_of(state);
	for (int i = 0; i < 9; i++)
		assert_int_equal(redeem(house, WRONG), NOT_FOUND);
	house->now += HOUR;
	assert_int_equal(misses_until_locked(house, "192.0.2.7", 20), 10);
}

static void right_codes_do_not_lower_the_count(void **state)
{
	struct test_house *house = house_of(state);
	const struct signin signin = sign_in(house);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(redeem(house, code_for(house, &signin, false)), ERR_NONE);
		assert_int_equal(redeem(house, WRONG), NOT_FOUND);
	}
	assert_int_equal(redeem(house, code_for(house, &signin, false)), LOCKED);
	assert_int_equal(redeem_from(house, "192.0.2.8", code_for(house, &signin, false)), ERR_NONE);
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
	misses_until_locked(house, "192.0.2.7", 20);
	house->now += 10 * MINUTE;
	assert_int_equal(house_run(house, house_op(house), look_here, &left), LOCKED);
	assert_int_equal(left, 50 * MINUTE);
}

/* THREATS B7 */
static void an_ipv6_host_is_its_64_and_its_site_has_a_lock_of_its_own(void **state)
{
	struct test_house *house = house_of(state);
	assert_int_equal(misses_until_locked(house, "2001:db8:1:1::1", 20), 10);
	assert_int_equal(redeem_from(house, "2001:DB8:1:1:FFFF::2", WRONG), LOCKED);
	int misses = 10;
	for (int net = 2; net < 40; net++)
		misses += misses_until_locked(house, arena_printf(house->arena, "2001:db8:1:%x::1", net).p, 20);
	assert_int_equal(misses, 160);
	assert_int_equal(redeem_from(house, "2001:db8:1:ffff::1", WRONG), LOCKED);
	assert_int_equal(redeem_from(house, "2001:db8:2:1::1", WRONG), NOT_FOUND);
	house->now += HOUR;
	assert_int_equal(redeem_from(house, "2001:db8:1:ffff::1", WRONG), NOT_FOUND);
}

static void a_mapped_ipv4_address_is_the_ipv4_address(void **state)
{
	struct test_house *house = house_of(state);
	assert_int_equal(misses_until_locked(house, "192.0.2.7", 20), 10);
	assert_int_equal(redeem_from(house, "::ffff:192.0.2.7", WRONG), LOCKED);
}

static void an_apps_end_users_are_counted_apart_from_strangers(void **state)
{
	struct test_house *house = house_of(state);
	for (int i = 0; i < 10; i++)
		assert_int_equal(redeem_by_app(house, "192.0.2.7", WRONG), NOT_FOUND);
	assert_int_equal(redeem_by_app(house, "192.0.2.7", WRONG), LOCKED);
	assert_int_equal(redeem_by_app(house, "192.0.2.8", WRONG), NOT_FOUND);
	assert_int_equal(redeem(house, WRONG), NOT_FOUND);
}

static void an_app_that_names_nobody_pays_for_digits_alone(void **state)
{
	struct test_house *house = house_of(state);
	const struct signin signin = sign_in(house);
	const struct text digits = code_for(house, &signin, true);
	for (int i = 0; i < 30; i++)
		assert_int_equal(redeem_by_app(house, NULL, WRONG), NOT_FOUND);
	for (int i = 0; i < 5; i++)
		assert_int_equal(redeem_by_app(house, NULL, WRONG_DIGITS), NOT_FOUND);
	assert_int_equal(redeem_by_app(house, NULL, WRONG_DIGITS), ERR_RATE_LIMITED);
	assert_int_equal(redeem_by_app(house, NULL, digits), ERR_RATE_LIMITED);
	assert_int_equal(redeem_by_app(house, NULL, code_for(house, &signin, false)), ERR_NONE);
	assert_int_equal(redeem(house, digits), ERR_NONE);
}

/* ---- the breaker ---- */

/* THREATS B3 */
static void a_hundred_guesses_over_all_addresses_shut_unbound_digits_alone(void **state)
{
	struct test_house *house = house_of(state);
	const struct signin signin = sign_in(house);
	const uint64_t before = exchange_stats().breakers;
	for (int i = 0; i < 100; i++) {
		assert_int_equal(
			redeem_from(house, arena_printf(house->arena, "198.51.100.%d", i).p, WRONG_DIGITS), NOT_FOUND);
		house->now += SECOND;
	}
	assert_int_equal(events(house, "exchange.breaker"), 1);
	assert_int_equal(exchange_stats().breakers, before + 1);
	struct redeeming wrong = {.ask = {.code = WRONG_DIGITS}};
	struct op *op = op_from(house, "203.0.113.1");
	assert_int_equal(house_run(house, op, redeem_here, &wrong), ERR_RATE_LIMITED);
	assert_int_equal(op->retry_ms, 5 * MINUTE - SECOND);
	for (int i = 0; i < 20; i++)
		assert_int_equal(redeem(house, WRONG_DIGITS), ERR_RATE_LIMITED);
	const struct text digits = code_for(house, &signin, true);
	assert_int_equal(redeem(house, digits), ERR_RATE_LIMITED);
	assert_int_equal(redeem(house, code_for(house, &signin, false)), ERR_NONE);
	/* digits that something binds are not guessed at; a refused one has cost its address nothing */
	struct redeeming bound = {.ask = {.code = WRONG_DIGITS, .code_verifier = TEXT("x")}};
	assert_int_equal(house_run(house, house_op(house), redeem_here, &bound), NOT_FOUND);
	assert_int_equal(misses_until_locked(house, "192.0.2.7", 20), 9);
	house->now += 5 * MINUTE - SECOND - 1;
	assert_int_equal(redeem_from(house, "203.0.113.1", digits), ERR_RATE_LIMITED);
	house->now += 1;
	assert_int_equal(redeem_from(house, "203.0.113.1", code_for(house, &signin, true)), ERR_NONE);
	assert_int_equal(redeem_from(house, "203.0.113.1", WRONG_DIGITS), NOT_FOUND);
	assert_int_equal(events(house, "exchange.breaker"), 1);
}

static void neither_one_address_nor_bound_or_opaque_codes_open_the_breaker(void **state)
{
	struct test_house *house = house_of(state);
	struct redeeming bound = {.ask = {.code = WRONG_DIGITS, .code_verifier = TEXT("x")}};
	for (int i = 0; i < 60; i++) {
		struct op *op = op_from(house, arena_printf(house->arena, "198.51.100.%d", i).p);
		assert_int_equal(house_run(house, op, redeem_here, &bound), NOT_FOUND);
		assert_int_equal(
			redeem_from(house, arena_printf(house->arena, "198.51.100.%d", i).p, WRONG), NOT_FOUND);
	}
	for (int i = 0; i < 120; i++)
		(void)redeem_from(house, "203.0.113.1", WRONG_DIGITS);
	assert_int_equal(redeem_from(house, "203.0.113.2", WRONG_DIGITS), NOT_FOUND);
	assert_int_equal(events(house, "exchange.breaker"), 0);
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
		const enum err err = redeem(&racing->house, racing->code);
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
	const struct signin signin = sign_in(house);
	const struct text code = code_for(house, &signin, false);
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
	assert_int_equal(events(house, "exchange.locked"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH_HOUSES(a_code_redeems_once),
		ON_BOTH_HOUSES(a_code_ends_with_its_time),
		ON_BOTH_HOUSES(codes_are_kept_as_macs),
		ON_BOTH_HOUSES(a_code_of_a_deleted_user_says_so_once),
		ON_BOTH_HOUSES(a_code_of_an_erased_user_finds_none),
		ON_BOTH_HOUSES(a_tenant_that_is_not_there_keeps_the_code_and_costs_nothing),
		ON_BOTH_HOUSES(a_handover_is_told_and_dies_with_its_session),
		ON_BOTH_HOUSES(beyond_ten_thousand_unbound_codes_there_is_no_place),
		ON_BOTH_HOUSES(one_user_has_twenty_unbound_codes_in_ten_minutes),
		ON_BOTH_HOUSES(a_code_is_unique_over_all_apps),
		ON_BOTH_HOUSES(a_proven_app_redeems_its_own_codes_alone),
		ON_BOTH_HOUSES(past_their_end_codes_are_forgotten),
		ON_BOTH_HOUSES(ten_misses_lock_an_address_for_an_hour_from_the_tenth),
		ON_BOTH_HOUSES(misses_of_more_than_an_hour_ago_no_longer_count),
		ON_BOTH_HOUSES(right_codes_do_not_lower_the_count),
		ON_BOTH_HOUSES(who_looks_sees_the_true_rest),
		ON_BOTH_HOUSES(an_ipv6_host_is_its_64_and_its_site_has_a_lock_of_its_own),
		ON_BOTH_HOUSES(a_mapped_ipv4_address_is_the_ipv4_address),
		ON_BOTH_HOUSES(an_apps_end_users_are_counted_apart_from_strangers),
		ON_BOTH_HOUSES(an_app_that_names_nobody_pays_for_digits_alone),
		ON_BOTH_HOUSES(a_hundred_guesses_over_all_addresses_shut_unbound_digits_alone),
		ON_BOTH_HOUSES(neither_one_address_nor_bound_or_opaque_codes_open_the_breaker),
		ON_BOTH_HOUSES(of_many_tries_at_once_one_redeems_and_ten_are_answered),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
