/* A proof becomes user, session, events and a remembered source. */
#include "../user/house.h"

#include "signin/signin.h"

static struct test_house *start(void **state)
{
	struct test_house *house = house_of(state);
	assert_int_equal(token_start(&house->house), 0);
	assert_int_equal(signin_start(&house->house), 0);
	return house;
}

static int remove_all(void **state)
{
	signin_stop();
	token_stop();
	return house_remove(state);
}

static const struct contact ADA = {CONTACT_EMAIL, {"ada@example.com", 15}, {"ada@example.com", 15}};

struct call {
	struct app app;
	struct signin signin;
	bool proven;
};

static enum err run_complete(struct op *op, void *context)
{
	struct call *call = context;
	const struct proof proof = {&call->app, ADA, "otp-email"};
	return signin_complete(op, &proof, &call->signin);
}

static enum err run_is_proven(struct op *op, void *context)
{
	struct call *call = context;
	return signin_source_is_proven(op, call->app.id, &ADA, &call->proven);
}

static struct op *op_from(struct test_house *house, const char *address)
{
	struct op *op = house_op(house);
	assert_int_equal(ip_read(text_of(address), &op->client), 0);
	return op;
}

static bool is_proven(struct test_house *house, const char *address)
{
	struct call call = {.app = {.id = house->app_id}};
	assert_int_equal(house_run(house, op_from(house, address), run_is_proven, &call), ERR_NONE);
	return call.proven;
}

static enum err complete(struct test_house *house, const char *address, bool signup_open, struct signin *signin_r)
{
	struct call call = {.app = {.id = house->app_id, .signup_open = signup_open}};
	const enum err err = house_run(house, op_from(house, address), run_complete, &call);
	if (signin_r)
		*signin_r = call.signin;
	return err;
}

static void a_proof_becomes_a_session_and_says_so_in_events(void **state)
{
	struct test_house *house = start(state);
	struct signin first, second;
	assert_int_equal(complete(house, "192.0.2.7", true, &first), ERR_NONE);
	assert_int_equal(complete(house, "192.0.2.7", false, &second), ERR_NONE);
	assert_true(first.user.is_new);
	assert_false(second.user.is_new);
	assert_true(uuid_equal(first.user.id, second.session.user_id));
	assert_false(uuid_equal(first.session.session_id, second.session.session_id));
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM events WHERE type = 'user.created'"), 1);
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM events WHERE type = 'session.started'"), 2);
}

static void a_closed_app_signs_no_stranger_in(void **state)
{
	struct test_house *house = start(state);
	assert_int_equal(complete(house, "192.0.2.7", false, NULL), ERR_USER_NOT_FOUND);
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM sessions"), 0);
	assert_false(is_proven(house, "192.0.2.7"));
}

static void the_source_of_a_proof_is_known_for_thirty_days(void **state)
{
	struct test_house *house = start(state);
	assert_false(is_proven(house, "2001:db8::1"));
	assert_int_equal(complete(house, "2001:db8::1", true, NULL), ERR_NONE);
	assert_int_equal(complete(house, "192.0.2.7", true, NULL), ERR_NONE);
	assert_true(is_proven(house, "2001:db8::ffff"));
	assert_false(is_proven(house, "2001:db8:0:1::1"));
	assert_true(is_proven(house, "192.0.2.7"));
	assert_false(is_proven(house, "192.0.2.8"));

	house->now += 30 * 24 * 3600 * 1000LL - 1;
	assert_true(is_proven(house, "192.0.2.7"));
	house->now += 1;
	assert_false(is_proven(house, "192.0.2.7"));
}

static void a_later_proof_renews_the_source(void **state)
{
	struct test_house *house = start(state);
	assert_int_equal(complete(house, "192.0.2.7", true, NULL), ERR_NONE);
	house->now += 29 * 24 * 3600 * 1000LL;
	assert_int_equal(complete(house, "192.0.2.7", true, NULL), ERR_NONE);
	house->now += 29 * 24 * 3600 * 1000LL;
	assert_true(is_proven(house, "192.0.2.7"));
	assert_int_equal(house_int(house, "SELECT LENGTH(sources) FROM users"), 16);
}

static void a_client_that_is_not_known_leaves_no_source(void **state)
{
	struct test_house *house = start(state);
	struct call call = {.app = {.id = house->app_id, .signup_open = true}};
	struct op *op = house_op(house);
	op->client_known = false;
	assert_int_equal(house_run(house, op, run_complete, &call), ERR_NONE);
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM users WHERE sources IS NULL"), 1);
}

struct later {
	struct app app;
	struct grant grant;
	struct uuid giver;
	struct signin signin;
};

static enum err run_identify(struct op *op, void *context)
{
	struct later *later = context;
	const struct proof proof = {&later->app, ADA, "link"};
	return signin_identify(op, &proof, &later->grant, NULL);
}

static enum err run_redeem(struct op *op, void *context)
{
	struct later *later = context;
	return signin_redeem(op, &later->grant, later->giver, &later->signin);
}

static enum err redeem(struct test_house *house, struct later *later)
{
	return house_run(house, house_op(house), run_redeem, later);
}

static void a_sign_in_that_waits_is_void_once_all_sessions_were_ended(void **state)
{
	struct test_house *house = start(state);
	struct later later = {.app = {.id = house->app_id, .signup_open = true}};
	assert_int_equal(house_run(house, house_op(house), run_identify, &later), ERR_NONE);
	assert_int_equal(redeem(house, &later), ERR_NONE);
	assert_int_equal(redeem(house, &later), ERR_NONE);
	house_exec(house, "UPDATE users SET sign_outs = sign_outs + 1");
	assert_int_equal(redeem(house, &later), ERR_TOKEN_REVOKED);
	assert_int_equal(house_run(house, house_op(house), run_identify, &later), ERR_NONE);
	assert_int_equal(redeem(house, &later), ERR_NONE);

	/* what a living session hands on is as good as that session */
	later.giver = later.signin.session.session_id;
	house_exec(house, "UPDATE users SET sign_outs = sign_outs + 1");
	assert_int_equal(redeem(house, &later), ERR_NONE);
	house_exec(house, "UPDATE sessions SET ended_at = 1");
	assert_int_equal(redeem(house, &later), ERR_TOKEN_REVOKED);
	house_exec(house, "UPDATE users SET deleted_at = 1");
	assert_int_equal(redeem(house, &later), ERR_USER_DELETED);
	house_exec(house, "DELETE FROM users");
	assert_int_equal(redeem(house, &later), ERR_USER_NOT_FOUND);
}

/* THREATS D7 */
static void the_first_proof_of_a_contact_that_a_server_gave_ends_what_was_there(void **state)
{
	struct test_house *house = start(state);
	struct signin early, owner;
	assert_int_equal(complete(house, "192.0.2.7", true, &early), ERR_NONE);
	house_exec(house, "UPDATE users SET email_proven = 0");
	assert_int_equal(complete(house, "192.0.2.8", true, &owner), ERR_NONE);
	assert_true(uuid_equal(owner.user.id, early.user.id));
	assert_false(owner.user.is_new);
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM sessions WHERE ended_at = 0"), 1);
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM events WHERE type = 'session.ended'"), 1);
	assert_int_equal(complete(house, "192.0.2.8", true, &owner), ERR_NONE);
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM sessions WHERE ended_at = 0"), 2);
}

#define CASE(test)                                                                                                     \
	{#test " (sqlite)", test, house_on_sqlite, remove_all, NULL},                                                  \
	{                                                                                                              \
#test " (postgres)", test, house_on_postgres, remove_all, NULL                                         \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_proof_becomes_a_session_and_says_so_in_events),
		CASE(a_closed_app_signs_no_stranger_in),
		CASE(the_source_of_a_proof_is_known_for_thirty_days),
		CASE(a_later_proof_renews_the_source),
		CASE(a_client_that_is_not_known_leaves_no_source),
		CASE(a_sign_in_that_waits_is_void_once_all_sessions_were_ended),
		CASE(the_first_proof_of_a_contact_that_a_server_gave_ends_what_was_there),
	};
	return cmocka_run_group_tests_name("signin", tests, NULL, NULL);
}
