#include "desk.h"

#include <stdio.h>

#include "core/limit.h"
#include "exchange/exchange_sql.h"
#include "template/template.h"

/* ---- the letter box ---- */

int desk_notices;
char desk_noticed[64], desk_described[128];

enum err deliver_queue(struct op *op, struct uuid app_id, const struct message *message)
{
	assert_int_equal(message->kind, MESSAGE_HANDOVER);
	memcpy(desk_noticed, message->to.spelling.p, message->to.spelling.n + 1);
	snprintf(desk_described, sizeof desk_described, "%.*s, %.*s, %.*s", TEXT_ARG(message->browser),
		TEXT_ARG(message->system), TEXT_ARG(message->place));
	desk_notices++;
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
	const char *why;
	desk_notices = 0;
	limit_start(&house->house);
	return template_start("", &why) || app_start(&house->house) || token_start(&house->house) ||
	       signin_start(&house->house) || exchange_start(&house->house);
}

int desk_start_on_sqlite(void **state)
{
	return start(state, house_on_sqlite);
}

int desk_start_on_postgres(void **state)
{
	return start(state, house_on_postgres);
}

int desk_stop(void **state)
{
	exchange_stop();
	signin_stop();
	token_stop();
	if (((struct test_house *)*state)->store->url[0]) {
		app_stop();
		limit_stop();
		template_stop();
	}
	return house_remove(state);
}

const struct app *desk_app_of(struct test_house *house)
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

struct signin desk_sign_in(struct test_house *house)
{
	struct signin signin;
	struct op *op = house_op(house);
	op->app = desk_app_of(house);
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

enum err desk_issue(struct test_house *house, struct exchange_order order, struct text *code_r)
{
	struct issuing issuing = {.order = order};
	const enum err err = house_run(house, house_op(house), issue_here, &issuing);
	if (err == ERR_NONE && code_r)
		*code_r = issuing.issued.code;
	return err;
}

struct exchange_order desk_order_of(const struct signin *signin, bool numeric)
{
	return (struct exchange_order){.grant = {.app_id = signin->session.app_id,
					       .user_id = signin->user.id,
					       .amr = TEXT("link"),
					       .auth_time = signin->session.auth_time,
					       .expires_at = signin->session.expires_at},
		.numeric = numeric};
}

struct text desk_code_for(struct test_house *house, const struct signin *signin, bool numeric)
{
	struct text code;
	assert_int_equal(desk_issue(house, desk_order_of(signin, numeric), &code), ERR_NONE);
	return code;
}

enum err desk_redeem_here(struct op *op, void *context)
{
	struct redeeming *redeeming = context;
	return exchange_redeem(op, &redeeming->ask, &redeeming->signin);
}

struct op *desk_op_from(struct test_house *house, const char *address)
{
	struct op *op = house_op(house);
	assert_int_equal(ip_read(text_of(address), &op->client), 0);
	return op;
}

enum err desk_redeem_from(struct test_house *house, const char *address, struct text code)
{
	struct redeeming redeeming = {.ask = {.code = code}};
	return house_run(house, desk_op_from(house, address), desk_redeem_here, &redeeming);
}

enum err desk_redeem(struct test_house *house, struct text code)
{
	return desk_redeem_from(house, "192.0.2.7", code);
}

enum err desk_redeem_by_app(struct test_house *house, const char *address, struct text code)
{
	struct redeeming redeeming = {.ask = {.code = code}};
	struct op *op = address ? desk_op_from(house, address) : house_op(house);
	op->app = desk_app_of(house);
	op->app_proven = true;
	op->client_known = address != NULL;
	return house_run(house, op, desk_redeem_here, &redeeming);
}

const struct text DESK_WRONG = {"kwx_wrong", 9}, DESK_WRONG_DIGITS = {"00000000", 8};

int desk_misses_until_locked(struct test_house *house, const char *address, int most)
{
	int misses = 0;
	enum err err = ERR_NONE;
	while (misses < most && (err = desk_redeem_from(house, address, DESK_WRONG)) == NOT_FOUND)
		misses++;
	assert_true(misses == most || err == LOCKED);
	return misses;
}

int64_t desk_events(struct test_house *house, const char *type)
{
	return house_int(house, arena_printf(house->arena, "SELECT COUNT(*) FROM events WHERE type = '%s'", type).p);
}
