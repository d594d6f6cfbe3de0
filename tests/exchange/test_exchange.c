/* Codes issued and redeemed on real stores. */
#include "../tenant/member.h"
#include "desk.h"

#include "exchange/exchange_sql.h"

static void a_code_redeems_once(void **state)
{
	struct test_house *house = house_of(state);
	const struct signin signin = desk_sign_in(house);
	struct redeeming redeeming = {.ask = {.code = desk_code_for(house, &signin, false)}};
	house->now += MINUTE;
	assert_int_equal(house_run(house, house_op(house), desk_redeem_here, &redeeming), ERR_NONE);
	assert_true(uuid_equal(redeeming.signin.user.id, signin.user.id));
	assert_int_equal(redeeming.signin.session.auth_time, signin.session.auth_time);
	assert_int_equal(redeeming.signin.session.expires_at, signin.session.expires_at);
	CHECK_STRING(redeeming.signin.session.amr, "link");
	assert_int_equal(desk_redeem(house, redeeming.ask.code), NOT_FOUND);
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM sessions"), 2);
	assert_int_equal(desk_notices, 0);
}

static void a_code_ends_with_its_time(void **state)
{
	struct test_house *house = house_of(state);
	const struct signin signin = desk_sign_in(house);
	const struct text code = desk_code_for(house, &signin, true), other = desk_code_for(house, &signin, false);
	house->now += 5 * MINUTE - 1;
	assert_int_equal(desk_redeem(house, code), ERR_NONE);
	house->now += 1;
	assert_int_equal(desk_redeem(house, other), NOT_FOUND);
}

static void codes_are_kept_as_macs(void **state)
{
	struct test_house *house = house_of(state);
	const struct signin signin = desk_sign_in(house);
	desk_code_for(house, &signin, true);
	desk_code_for(house, &signin, false);
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM exchange_codes WHERE LENGTH(code_mac) = 32"), 2);
}

static void a_code_of_a_deleted_user_says_so_once(void **state)
{
	struct test_house *house = house_of(state);
	const struct signin signin = desk_sign_in(house);
	struct exchange_order handover = desk_order_of(&signin, false);
	struct text codes[2] = {desk_code_for(house, &signin, false)};
	handover.from_session = signin.session.session_id;
	assert_int_equal(desk_issue(house, handover, &codes[1]), ERR_NONE);
	house_exec(house, "UPDATE users SET deleted_at = 1");
	house_exec(house, "UPDATE sessions SET ended_at = 1");
	for (size_t i = 0; i < COUNT(codes); i++) {
		assert_int_equal(desk_redeem(house, codes[i]), ERR_USER_DELETED);
		assert_int_equal(desk_redeem(house, codes[i]), NOT_FOUND);
	}
	assert_int_equal(desk_notices, 0);
}

static void a_code_of_an_erased_user_finds_none(void **state)
{
	struct test_house *house = house_of(state);
	const struct signin signin = desk_sign_in(house);
	const struct text code = desk_code_for(house, &signin, false);
	house_exec(house, "DELETE FROM users");
	assert_int_equal(desk_redeem(house, code), ERR_USER_NOT_FOUND);
}

static void a_tenant_that_is_not_there_keeps_the_code_and_costs_nothing(void **state)
{
	struct test_house *house = house_of(state);
	const struct signin signin = desk_sign_in(house);
	struct exchange_order order = desk_order_of(&signin, false);
	struct text code;
	order.grant.tenant_id = uuid_new(1);
	assert_int_equal(desk_issue(house, order, &code), ERR_NONE);
	for (int i = 0; i < 12; i++)
		assert_int_equal(desk_redeem(house, code), ERR_TENANT_NOT_FOUND);
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM exchange_codes WHERE used_at = 0"), 1);
}

static void a_code_leads_into_its_tenant_while_its_user_has_a_role_there(void **state)
{
	struct test_house *house = house_of(state);
	const struct signin signin = desk_sign_in(house);
	const struct member member = member_of_new_tenant(house, "ada@example.com", "admin");
	struct exchange_order order = desk_order_of(&signin, false);
	struct redeeming redeeming = {0};
	order.grant.tenant_id = member.tenant_id;
	assert_int_equal(desk_issue(house, order, &redeeming.ask.code), ERR_NONE);
	member_leaves(house, &member);
	assert_int_equal(desk_redeem(house, redeeming.ask.code), ERR_TENANT_NOT_FOUND);
	member_gets(house, &member, "reader");
	struct op *op = desk_op_from(house, "192.0.2.7");
	assert_int_equal(house_run(house, op, desk_redeem_here, &redeeming), ERR_NONE);
	assert_true(uuid_equal(redeeming.signin.session.tenant_id, member.tenant_id));
	assert_int_equal(redeeming.signin.session.roles.count, 1);
	assert_true(text_equal(redeeming.signin.session.roles.items[0], TEXT("reader")));
}

static void of_a_deleted_user_the_tenant_is_not_asked(void **state)
{
	struct test_house *house = house_of(state);
	const struct signin signin = desk_sign_in(house);
	struct exchange_order order = desk_order_of(&signin, false);
	struct text code;
	order.grant.tenant_id = uuid_new(1);
	assert_int_equal(desk_issue(house, order, &code), ERR_NONE);
	house_exec(house, "UPDATE users SET deleted_at = 5");
	assert_int_equal(desk_redeem(house, code), ERR_USER_DELETED);
	assert_int_equal(desk_redeem(house, code), NOT_FOUND);
}

static void a_handover_is_told_and_dies_with_its_session(void **state)
{
	struct test_house *house = house_of(state);
	const struct signin signin = desk_sign_in(house);
	struct exchange_order order = desk_order_of(&signin, false);
	struct text code, late;
	order.from_session = signin.session.session_id;
	assert_int_equal(desk_issue(house, order, &code), ERR_NONE);
	assert_int_equal(desk_issue(house, order, &late), ERR_NONE);
	assert_int_equal(desk_notices, 0);
	struct redeeming redeeming = {.ask = {.code = code}};
	struct op *op = house_op(house);
	op->user_agent = TEXT("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0");
	assert_int_equal(house_run(house, op, desk_redeem_here, &redeeming), ERR_NONE);
	assert_int_equal(desk_notices, 1);
	assert_string_equal(desk_noticed, "ada@example.com");
	assert_string_equal(desk_described, "Firefox, Windows, 192.0.2.7");
	assert_int_equal(desk_issue(house, order, &code), ERR_NONE);
	assert_int_equal(desk_redeem_by_app(house, NULL, code), ERR_NONE);
	assert_string_equal(desk_described, ", , ");
	house_exec(house, "UPDATE sessions SET ended_at = 1");
	assert_int_equal(desk_redeem(house, late), NOT_FOUND);
	assert_int_equal(desk_notices, 2);
}

static void beyond_ten_thousand_unbound_codes_there_is_no_place(void **state)
{
	struct test_house *house = house_of(state);
	const struct signin signin = desk_sign_in(house);
	desk_code_for(house, &signin, true);
	house_exec(
		house, house->store->engine[0] == 's'
			       ? "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)"
				 " INSERT INTO exchange_codes SELECT CAST(printf('%032d', i) AS BLOB), app_id, loose,"
				 " challenge, user_id, is_new, tenant_id, amr, auth_time, session_end, from_session,"
				 " created_at, expires_at, used_at, sign_outs FROM exchange_codes, n"
			       : "INSERT INTO exchange_codes SELECT convert_to(lpad(i::text, 32, '0'), 'UTF8'), app_id,"
				 " loose, challenge, user_id, is_new, tenant_id, amr, auth_time, session_end,"
				 " from_session, created_at, expires_at, used_at, sign_outs"
				 " FROM exchange_codes, generate_series(2, 10000) i");
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM exchange_codes"), 10000);
	assert_int_equal(desk_issue(house, desk_order_of(&signin, true), NULL), ERR_SERVICE_UNAVAILABLE);
	house_exec(house, "DELETE FROM exchange_codes WHERE code_mac ="
			  " (SELECT code_mac FROM exchange_codes ORDER BY code_mac LIMIT 1)");
	assert_int_equal(desk_code_for(house, &signin, true).n, 12);
	desk_code_for(house, &signin, false);
	house->now += 5 * MINUTE;
	assert_int_equal(desk_code_for(house, &signin, true).n, 8);
}

static void one_user_has_twenty_unbound_codes_in_ten_minutes(void **state)
{
	struct test_house *house = house_of(state);
	const struct signin signin = desk_sign_in(house);
	for (int i = 0; i < 20; i++)
		desk_code_for(house, &signin, true);
	assert_int_equal(desk_issue(house, desk_order_of(&signin, true), NULL), ERR_RATE_LIMITED);
	struct exchange_order bound = desk_order_of(&signin, true);
	bound.challenge = TEXT("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
	assert_int_equal(desk_issue(house, bound, NULL), ERR_NONE);
	desk_code_for(house, &signin, false);
	house->now += 10 * MINUTE;
	desk_code_for(house, &signin, true);
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
	const struct signin signin = desk_sign_in(house);
	struct redeeming redeeming = {.ask = {.code = desk_code_for(house, &signin, false)}};
	struct app other = *desk_app_of(house);
	struct op *op = house_op(house);
	other.id = uuid_new(1);
	op->app = &other;
	op->app_proven = true;
	assert_int_equal(house_run(house, op, desk_redeem_here, &redeeming), NOT_FOUND);
	assert_int_equal(desk_redeem_by_app(house, "192.0.2.7", redeeming.ask.code), ERR_NONE);
}

static void past_their_end_codes_are_forgotten(void **state)
{
	struct test_house *house = house_of(state);
	const struct signin signin = desk_sign_in(house);
	desk_code_for(house, &signin, false);
	house_exec(house, "UPDATE exchange_codes SET expires_at = 1");
	const struct text kept = desk_code_for(house, &signin, false);
	exchange_prune();
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM exchange_codes"), 1);
	assert_int_equal(desk_redeem(house, kept), ERR_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DESK_ON_BOTH(a_code_redeems_once),
		DESK_ON_BOTH(a_code_ends_with_its_time),
		DESK_ON_BOTH(codes_are_kept_as_macs),
		DESK_ON_BOTH(a_code_of_a_deleted_user_says_so_once),
		DESK_ON_BOTH(a_code_of_an_erased_user_finds_none),
		DESK_ON_BOTH(a_tenant_that_is_not_there_keeps_the_code_and_costs_nothing),
		DESK_ON_BOTH(a_code_leads_into_its_tenant_while_its_user_has_a_role_there),
		DESK_ON_BOTH(of_a_deleted_user_the_tenant_is_not_asked),
		DESK_ON_BOTH(a_handover_is_told_and_dies_with_its_session),
		DESK_ON_BOTH(beyond_ten_thousand_unbound_codes_there_is_no_place),
		DESK_ON_BOTH(one_user_has_twenty_unbound_codes_in_ten_minutes),
		DESK_ON_BOTH(a_code_is_unique_over_all_apps),
		DESK_ON_BOTH(a_proven_app_redeems_its_own_codes_alone),
		DESK_ON_BOTH(past_their_end_codes_are_forgotten),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
