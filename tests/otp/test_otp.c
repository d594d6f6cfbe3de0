/* Codes sent and verified on real stores. The delivery room is a letter box of ours, which is where the codes are read. */
#include "../check.h"
#include "../tenant/member.h"
#include "../user/house.h"

#include <pthread.h>

#include "core/limit.h"
#include "otp/otp.h"

enum { MINUTE = 60 * 1000, DAY = 24 * 60 * MINUTE };

/* ---- the letter box ---- */

static char last_code[16];

enum err deliver_queue(struct op *op, struct uuid app_id, const struct message *message)
{
	memcpy(last_code, message->code.p, message->code.n);
	last_code[message->code.n] = '\0';
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
	house->settings.otp_ttl = 5 * MINUTE;
	house->settings.otp_max_attempts = 3;
	house->settings.otp_send_limit = 5;
	house->settings.otp_send_window = 10 * MINUTE;
	house->settings.otp_resend_after = 30 * 1000;
	house->settings.otp_retention = DAY;
	house->settings.otp_failure_budget = 20;
	house->settings.limit_sends_per_address = house->settings.limit_wrong_secrets = (struct budget){1000, MINUTE};
	house->settings.limit_sms_per_address = (struct budget){6, 10 * MINUTE};
	house->settings.limit_sms_per_app = (struct budget){100, 60 * MINUTE};
	limit_start(&house->house);
	return app_start(&house->house) || token_start(&house->house) || signin_start(&house->house) ||
	       otp_start(&house->house);
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
	otp_stop();
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

/* ---- sending and verifying ---- */

static const struct app *app_of(struct test_house *house)
{
	const struct app *app = app_find(house->app_id);
	assert_non_null(app);
	return app;
}

struct sending {
	struct otp_order order;
	struct otp_sent sent;
};

static enum err send_here(struct op *op, void *context)
{
	struct sending *sending = context;
	op->app = sending->order.app;
	return otp_send(op, &sending->order, &sending->sent);
}

static enum err send_from(struct test_house *house, const char *address, const char *to, struct text purpose,
	struct otp_sent *sent_r, int64_t *retry_r)
{
	struct sending sending = {.order = {.app = app_of(house), .purpose = purpose}};
	struct op *op = house_op(house);
	bool is_phone = *to == '+';
	assert_int_equal(ip_read(text_of(address), &op->client), 0);
	assert_int_equal(
		(is_phone ? contact_phone : contact_email)(house->arena, text_of(to), &sending.order.contact), 0);
	enum err err = house_run(house, op, send_here, &sending);
	if (err == ERR_NONE && sent_r)
		*sent_r = sending.sent;
	if (retry_r)
		*retry_r = op->retry_ms;
	return err;
}

/* The otp_request_id; its code is in last_code. */
static struct text sent_to(struct test_house *house, const char *to)
{
	struct otp_sent sent;
	assert_int_equal(send_from(house, "192.0.2.7", to, TEXT("login"), &sent, NULL), ERR_NONE);
	return sent.request_id;
}

struct verifying {
	struct otp_answer answer;
	struct otp_verified verified;
};

static enum err verify_here(struct op *op, void *context)
{
	struct verifying *verifying = context;
	return otp_verify(op, &verifying->answer, &verifying->verified);
}

static enum err verify_answer(
	struct test_house *house, const struct otp_answer *answer, struct op **op_r, struct otp_verified *verified_r)
{
	struct verifying verifying = {.answer = *answer};
	struct op *op = house_op(house);
	enum err err = house_run(house, op, verify_here, &verifying);
	if (op_r)
		*op_r = op;
	if (verified_r)
		*verified_r = verifying.verified;
	return err;
}

static enum err verify(struct test_house *house, struct text id, const char *code)
{
	const struct otp_answer answer = {app_of(house), id, text_of(code), TEXT("login"), {{0}}};
	return verify_answer(house, &answer, NULL, NULL);
}

/* Some other code of the same length. */
static const char *wrong_code(void)
{
	static char code[16];
	memcpy(code, last_code, sizeof code);
	code[0] = code[0] == '9' ? '0' : (char)(code[0] + 1);
	return code;
}

/* ---- the tests ---- */

static void a_right_code_signs_in_once(void **state)
{
	struct test_house *house = house_of(state);
	struct otp_sent sent;
	assert_int_equal(send_from(house, "192.0.2.7", "ada@example.com", TEXT("login"), &sent, NULL), ERR_NONE);
	assert_int_equal(sent.code_length, 6);
	assert_int_equal(strlen(last_code), 6);
	assert_int_equal(sent.expires_at, house->now + 5 * MINUTE);
	assert_int_equal(sent.resend_after_ms, 30 * 1000);
	struct otp_verified verified;
	const struct otp_answer answer = {app_of(house), sent.request_id, text_of(last_code), TEXT("login"), {{0}}};
	assert_int_equal(verify_answer(house, &answer, NULL, &verified), ERR_NONE);
	assert_true(verified.session && verified.signin.user.is_new);
	assert_int_equal(verify(house, sent.request_id, last_code), ERR_OTP_ALREADY_USED);
	assert_int_equal(verify(house, sent.request_id, wrong_code()), ERR_OTP_ALREADY_USED);
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM sessions"), 1);
}

static void the_third_wrong_try_locks_the_code_for_good(void **state)
{
	struct test_house *house = house_of(state);
	struct text id = sent_to(house, "ada@example.com");
	const struct otp_answer wrong = {app_of(house), id, text_of(wrong_code()), TEXT("login"), {{0}}};
	struct op *op;
	for (int left = 2; left > 0; left--) {
		assert_int_equal(verify_answer(house, &wrong, &op, NULL), ERR_OTP_INVALID);
		assert_string_equal(op->extras[0].key, "attempts_left");
		CHECK_TEXT(op->extras[0].json, arena_printf(house->arena, "%d", left));
	}
	assert_int_equal(verify_answer(house, &wrong, &op, NULL), ERR_OTP_LOCKED);
	assert_int_equal(op->extra_count, 0);
	assert_int_equal(verify(house, id, last_code), ERR_OTP_LOCKED);
	house->now += 6 * MINUTE;
	assert_int_equal(verify(house, id, last_code), ERR_OTP_LOCKED);
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM events WHERE type = 'otp.locked'"), 1);
	assert_int_equal(house_int(house, "SELECT tries FROM otps"), 3);
}

static void a_lock_says_when_a_new_send_is_accepted(void **state)
{
	struct test_house *house = house_of(state);
	struct text id = TEXT_NONE;
	for (int i = 0; i < 5; i++)
		id = sent_to(house, "ada@example.com");
	const struct otp_answer wrong = {app_of(house), id, text_of(wrong_code()), TEXT("login"), {{0}}};
	struct op *op = NULL;
	for (int i = 0; i < 4; i++)
		(void)verify_answer(house, &wrong, &op, NULL);
	assert_int_equal(op->retry_ms, 10 * MINUTE);
}

static void a_code_ends_with_its_time(void **state)
{
	struct test_house *house = house_of(state);
	struct text id = sent_to(house, "ada@example.com"), other = sent_to(house, "bob@example.com");
	house->now += 5 * MINUTE - 1;
	assert_int_equal(verify(house, other, last_code), ERR_NONE);
	house->now += 1;
	assert_int_equal(verify(house, id, last_code), ERR_OTP_EXPIRED);
}

static void what_is_not_a_code_of_that_app_and_purpose_costs_no_try(void **state)
{
	struct test_house *house = house_of(state);
	struct text id = sent_to(house, "ada@example.com");
	struct app other = *app_of(house);
	other.id = uuid_new(1);
	const struct otp_answer foreign = {&other, id, text_of(last_code), TEXT("login"), {{0}}};
	const struct otp_answer stepped = {app_of(house), id, text_of(last_code), TEXT("change_contact"), {{0}}};
	assert_int_equal(verify_answer(house, &foreign, NULL, NULL), ERR_OTP_WRONG_APP);
	assert_int_equal(verify_answer(house, &stepped, NULL, NULL), ERR_OTP_WRONG_PURPOSE);
	assert_int_equal(verify(house, TEXT("otp_nonsense"), last_code), ERR_OTP_NOT_FOUND);
	assert_int_equal(verify(house, TEXT("otp_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), last_code),
		ERR_OTP_NOT_FOUND);
	assert_int_equal(house_int(house, "SELECT tries FROM otps"), 0);
	assert_int_equal(verify(house, id, last_code), ERR_NONE);
}

static void a_proof_for_another_purpose_touches_no_user(void **state)
{
	struct test_house *house = house_of(state);
	struct otp_sent sent;
	struct otp_verified verified;
	assert_int_equal(
		send_from(house, "192.0.2.7", "Ada@example.com", TEXT("delete_account"), &sent, NULL), ERR_NONE);
	const struct otp_answer answer = {
		app_of(house), sent.request_id, text_of(last_code), TEXT("delete_account"), {{0}}};
	assert_int_equal(verify_answer(house, &answer, NULL, &verified), ERR_NONE);
	assert_false(verified.session);
	CHECK_STRING(verified.contact.canonical, "ada@example.com");
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM users"), 0);
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM events WHERE type = 'otp.verified'"), 1);
}

struct taking {
	struct uuid app_id, user_id;
	struct text request_id;
	struct contact contact;
};

static enum err take_here(struct op *op, void *context)
{
	struct taking *taking = context;
	return otp_take_proof(op, taking->app_id, taking->user_id, taking->request_id, &taking->contact);
}

static void what_changes_a_contact_is_taken_once_by_who_asked(void **state)
{
	struct test_house *house = house_of(state);
	struct otp_verified ada, verified;
	struct otp_sent sent;
	const struct otp_answer sign_in = {
		app_of(house), sent_to(house, "ada@example.com"), text_of(last_code), TEXT("login"), {{0}}};
	assert_int_equal(verify_answer(house, &sign_in, NULL, &ada), ERR_NONE);
	assert_int_equal(send_from(house, "192.0.2.7", "Eve@example.com", OTP_CHANGE_CONTACT, &sent, NULL), ERR_NONE);
	house_exec(house, "UPDATE otps SET user_id = (SELECT user_id FROM users) WHERE purpose = 'change_contact'");
	struct taking taking = {house->app_id, ada.signin.user.id, sent.request_id, {0}}, of_other = taking;
	of_other.user_id = uuid_new(1);
	assert_int_equal(house_run(house, house_op(house), take_here, &taking), ERR_TOKEN_INVALID);
	const struct otp_answer answer = {
		app_of(house), sent.request_id, text_of(last_code), OTP_CHANGE_CONTACT, {{0}}};
	assert_int_equal(verify_answer(house, &answer, NULL, &verified), ERR_NONE);
	assert_true(!verified.session && uuid_equal(verified.user_id, taking.user_id));
	assert_int_equal(house_run(house, house_op(house), take_here, &of_other), ERR_TOKEN_INVALID);
	assert_int_equal(house_run(house, house_op(house), take_here, &taking), ERR_NONE);
	CHECK_STRING(taking.contact.spelling, "Eve@example.com");
	assert_int_equal(house_run(house, house_op(house), take_here, &taking), ERR_TOKEN_INVALID);
}

static void a_tenant_without_the_user_refuses_a_right_code_and_keeps_it(void **state)
{
	struct test_house *house = house_of(state);
	struct text id = sent_to(house, "ada@example.com");
	struct otp_answer answer = {app_of(house), id, text_of(wrong_code()), TEXT("login"), uuid_new(1)};
	assert_int_equal(verify_answer(house, &answer, NULL, NULL), ERR_OTP_INVALID);
	assert_int_equal(house_int(house, "SELECT tries FROM otps"), 1);
	answer.code = text_of(last_code);
	assert_int_equal(verify_answer(house, &answer, NULL, NULL), ERR_TENANT_NOT_FOUND);
	assert_int_equal(verify(house, id, last_code), ERR_NONE);
}

static void a_tenant_lets_in_who_has_a_role_there(void **state)
{
	struct test_house *house = house_of(state);
	const struct member member = member_of_new_tenant(house, "ada@example.com", "admin");
	struct text id = sent_to(house, "ada@example.com");
	struct otp_answer answer = {app_of(house), id, text_of(last_code), TEXT("login"), member.tenant_id};
	struct otp_verified verified;
	assert_int_equal(verify_answer(house, &answer, NULL, &verified), ERR_NONE);
	assert_true(uuid_equal(verified.signin.user.id, member.user_id));
	assert_true(uuid_equal(verified.signin.session.tenant_id, member.tenant_id));
	assert_int_equal(verified.signin.session.roles.count, 1);
	assert_int_equal(verify_answer(house, &answer, NULL, NULL), ERR_OTP_ALREADY_USED);
	assert_int_equal(house_int(house, "SELECT tries FROM otps"), 0);
}

static void of_a_deleted_user_the_tenant_is_not_asked(void **state)
{
	struct test_house *house = house_of(state);
	const struct member member = member_of_new_tenant(house, "ada@example.com", NULL);
	struct text id = sent_to(house, "ada@example.com");
	struct otp_answer answer = {app_of(house), id, text_of(last_code), TEXT("login"), member.tenant_id};
	house_exec(house, "UPDATE users SET deleted_at = 5");
	assert_int_equal(verify_answer(house, &answer, NULL, NULL), ERR_USER_DELETED);
	assert_int_equal(verify_answer(house, &answer, NULL, NULL), ERR_OTP_ALREADY_USED);
}

static void codes_are_kept_as_macs_that_differ_for_the_same_code(void **state)
{
	struct test_house *house = house_of(state);
	sent_to(house, "ada@example.com");
	sent_to(house, "ada@example.com");
	assert_int_equal(house_int(house, "SELECT COUNT(DISTINCT code_mac) FROM otps WHERE LENGTH(code_mac) = 32"), 2);
}

static void five_sends_in_ten_minutes_are_let_through_whatever_the_tag(void **state)
{
	struct test_house *house = house_of(state);
	static const char *const SPELLINGS[] = {
		"ada@example.com", "ADA@example.com", "ada+1@example.com", "Ada+x@Example.com", "ada+@example.com"};
	for (size_t i = 0; i < COUNT(SPELLINGS); i++, house->now += MINUTE)
		sent_to(house, SPELLINGS[i]);
	int64_t retry;
	assert_int_equal(
		send_from(house, "198.51.100.9", "ada@example.com", TEXT("login"), NULL, &retry), ERR_OTP_RATE_LIMITED);
	assert_int_equal(retry, 5 * MINUTE);
	sent_to(house, "bob@example.com");
	house->now += 5 * MINUTE;
	sent_to(house, "ada@example.com");
	assert_int_equal(
		send_from(house, "198.51.100.9", "ada@example.com", TEXT("login"), NULL, &retry), ERR_OTP_RATE_LIMITED);
	assert_int_equal(retry, MINUTE);
}

/* THREATS B10: strangers can use a contact's sends up, but not those of the address it was proven from. */
static void a_proven_source_keeps_two_sends_of_its_own(void **state)
{
	struct test_house *house = house_of(state);
	struct text id = sent_to(house, "ada@example.com");
	assert_int_equal(verify(house, id, last_code), ERR_NONE);
	for (int i = 0; i < 4; i++)
		assert_int_equal(
			send_from(house, "203.0.113.66", "ada@example.com", TEXT("login"), NULL, NULL), ERR_NONE);
	assert_int_equal(
		send_from(house, "203.0.113.66", "ada@example.com", TEXT("login"), NULL, NULL), ERR_OTP_RATE_LIMITED);
	for (int i = 0; i < 2; i++)
		assert_int_equal(send_from(house, "192.0.2.7", "ada@example.com", TEXT("login"), NULL, NULL), ERR_NONE);
	assert_int_equal(
		send_from(house, "192.0.2.7", "ada@example.com", TEXT("login"), NULL, NULL), ERR_OTP_RATE_LIMITED);
	assert_int_equal(
		send_from(house, "203.0.113.66", "ada@example.com", TEXT("login"), NULL, NULL), ERR_OTP_RATE_LIMITED);
}

/* THREATS B2: resending makes guessing no cheaper. */
static void a_spent_failure_budget_makes_codes_long_for_a_day_and_locks_nobody_out(void **state)
{
	struct test_house *house = house_of(state);
	int wrong = 0;
	for (int sends = 0; sends < 200 && strlen(last_code) == 6; sends++) {
		struct text id = sent_to(house, "ada@example.com");
		for (int i = 0; i < 3 && strlen(last_code) == 6; i++, wrong++)
			assert_int_not_equal(verify(house, id, wrong_code()), ERR_NONE);
		house->now += 2 * MINUTE;
	}
	assert_in_range(wrong, 20, 22);
	assert_int_equal(strlen(last_code), 10);
	struct text id = sent_to(house, "ada@example.com");
	assert_int_equal(strlen(last_code), 10);
	assert_int_equal(verify(house, id, last_code), ERR_NONE);
	sent_to(house, "bob@example.com");
	assert_int_equal(strlen(last_code), 6);
	house->now += DAY;
	sent_to(house, "ada@example.com");
	assert_int_equal(strlen(last_code), 6);
}

static void a_contact_at_its_limit_uses_up_no_text_messages_of_its_app(void **state)
{
	struct test_house *house = house_of(state);
	for (int i = 0; i < 5; i++)
		assert_int_equal(send_from(house, "192.0.2.7", "+919876543210", TEXT("login"), NULL, NULL), ERR_NONE);
	for (int i = 0; i < 50; i++)
		assert_int_equal(send_from(house, "192.0.2.7", "+919876543210", TEXT("login"), NULL, NULL),
			ERR_OTP_RATE_LIMITED);
	/* the sixth of this address goes to somebody else, the seventh to nobody, whose limit it then leaves alone */
	assert_int_equal(send_from(house, "192.0.2.7", "+15550100", TEXT("login"), NULL, NULL), ERR_NONE);
	for (int i = 0; i < 50; i++)
		assert_int_equal(
			send_from(house, "192.0.2.7", "+15550101", TEXT("login"), NULL, NULL), ERR_RATE_LIMITED);
	assert_int_equal(send_from(house, "192.0.2.8", "+15550101", TEXT("login"), NULL, NULL), ERR_NONE);
	assert_int_equal(send_from(house, "192.0.2.7", "ada@example.com", TEXT("login"), NULL, NULL), ERR_NONE);
}

static void past_their_retention_codes_are_forgotten(void **state)
{
	struct test_house *house = house_of(state);
	sent_to(house, "ada@example.com"); /* at a time long past for the clock, or yet to come */
	house_exec(house, "UPDATE otps SET expires_at = 1");
	struct text kept = sent_to(house, "bob@example.com");
	otp_prune();
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM otps"), 1);
	assert_int_equal(verify(house, kept, last_code), ERR_NONE);
}

struct racing {
	struct test_house *house;
	struct text id;
	enum err err;
};

static void *race(void *context)
{
	struct racing *racing = context;
	racing->err = verify(racing->house, racing->id, last_code);
	return NULL;
}

/* THREATS A1 */
static void of_many_right_codes_at_once_one_signs_in(void **state)
{
	enum { RACERS = 8 };
	struct test_house *house = house_of(state);
	struct text id = sent_to(house, "ada@example.com");
	struct test_house houses[RACERS]; /* arenas are used by one thread each */
	struct racing racing[RACERS];
	pthread_t threads[RACERS];
	int won = 0;
	for (int i = 0; i < RACERS; i++) {
		houses[i] = *house;
		houses[i].arena = arena_new();
		racing[i] = (struct racing){&houses[i], id, ERR_NONE};
		assert_int_equal(pthread_create(&threads[i], NULL, race, &racing[i]), 0);
	}
	for (int i = 0; i < RACERS; i++) {
		pthread_join(threads[i], NULL);
		arena_free(houses[i].arena);
		won += racing[i].err == ERR_NONE;
		assert_true(racing[i].err == ERR_NONE || racing[i].err == ERR_OTP_ALREADY_USED);
	}
	assert_int_equal(won, 1);
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM sessions"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH_HOUSES(a_right_code_signs_in_once),
		ON_BOTH_HOUSES(the_third_wrong_try_locks_the_code_for_good),
		ON_BOTH_HOUSES(a_lock_says_when_a_new_send_is_accepted),
		ON_BOTH_HOUSES(a_code_ends_with_its_time),
		ON_BOTH_HOUSES(what_is_not_a_code_of_that_app_and_purpose_costs_no_try),
		ON_BOTH_HOUSES(a_proof_for_another_purpose_touches_no_user),
		ON_BOTH_HOUSES(what_changes_a_contact_is_taken_once_by_who_asked),
		ON_BOTH_HOUSES(a_tenant_without_the_user_refuses_a_right_code_and_keeps_it),
		ON_BOTH_HOUSES(a_tenant_lets_in_who_has_a_role_there),
		ON_BOTH_HOUSES(of_a_deleted_user_the_tenant_is_not_asked),
		ON_BOTH_HOUSES(codes_are_kept_as_macs_that_differ_for_the_same_code),
		ON_BOTH_HOUSES(five_sends_in_ten_minutes_are_let_through_whatever_the_tag),
		ON_BOTH_HOUSES(a_proven_source_keeps_two_sends_of_its_own),
		ON_BOTH_HOUSES(a_spent_failure_budget_makes_codes_long_for_a_day_and_locks_nobody_out),
		ON_BOTH_HOUSES(a_contact_at_its_limit_uses_up_no_text_messages_of_its_app),
		ON_BOTH_HOUSES(past_their_retention_codes_are_forgotten),
		ON_BOTH_HOUSES(of_many_right_codes_at_once_one_signs_in),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
