#include "desk.h"

#include "core/limit.h"
#include "template/template.h"

/* ---- the letter box ---- */

char desk_code[16], desk_link[256];

/* What lies behind the last slash or "token=". */
struct text desk_token(void)
{
	return text_bytes(desk_link + strlen(desk_link) - 43, 43);
}

enum err deliver_queue(struct op *op, struct uuid app_id, const struct message *message)
{
	assert_int_equal(message->kind, MESSAGE_LINK);
	assert_int_equal(message->to.kind, CONTACT_EMAIL);
	memcpy(desk_code, message->code.p, message->code.n);
	desk_code[message->code.n] = '\0';
	memcpy(desk_link, message->link.p, message->link.n);
	desk_link[message->link.n] = '\0';
	return ERR_NONE;
}

/* ---- the house ---- */

static int start(void **state, int (*make)(void **state))
{
	if (make(state))
		return -1;
	struct test_house *house = *state;
	if (house->store->url[0] == '\0')
		return 0; /* to be skipped */
	house->house.public_url = "https://id.example";
	house->settings.magic_link_ttl = 15 * MINUTE;
	house->settings.magic_link_send_limit = 5;
	house->settings.magic_link_send_window = 10 * MINUTE;
	house->settings.magic_link_retention = DAY;
	house->settings.otp_resend_after = 30 * SECOND;
	house->settings.otp_failure_budget = 20;
	const char *why = NULL;
	assert_int_equal(template_start("", &why), 0);
	limit_start(&house->house);
	return app_start(&house->house) || token_start(&house->house) || signin_start(&house->house) ||
	       magic_start(&house->house);
}

int desk_on_sqlite(void **state)
{
	return start(state, house_on_sqlite);
}

int desk_on_postgres(void **state)
{
	return start(state, house_on_postgres);
}

int desk_stop(void **state)
{
	magic_stop();
	signin_stop();
	token_stop();
	if (((struct test_house *)*state)->store->url[0]) {
		app_stop();
		limit_stop();
		template_stop();
	}
	return house_remove(state);
}

/* ---- what a test does ---- */

const struct app *desk_app(struct test_house *house)
{
	const struct app *app = app_find(house->app_id);
	assert_non_null(app);
	return app;
}

struct sending {
	struct magic_order order;
	struct magic_sent sent;
};

static enum err send_here(struct op *op, void *context)
{
	struct sending *sending = context;
	op->app = sending->order.app;
	return magic_send(op, &sending->order, &sending->sent);
}

/* order lacks app and contact. */
enum err desk_send(struct test_house *house, const char *address, const char *to, struct magic_order order,
	struct magic_sent *sent_r, int64_t *retry_r)
{
	struct sending sending = {.order = order};
	struct op *op = house_op(house);
	if (!order.app)
		sending.order.app = desk_app(house);
	assert_int_equal(ip_read(text_of(address), &op->client), 0);
	assert_int_equal(contact_email(house->arena, text_of(to), &sending.order.contact), 0);
	const enum err err = house_run(house, op, send_here, &sending);
	if (err == ERR_NONE)
		*sent_r = sending.sent;
	if (retry_r)
		*retry_r = op->retry_ms;
	return err;
}

/* Link and code are in the letter box. */
struct magic_sent desk_sent_to(struct test_house *house, const char *to)
{
	struct magic_sent sent = {0};
	assert_int_equal(
		desk_send(house, "192.0.2.7", to, (struct magic_order){.way = MAGIC_HOSTED}, &sent, NULL), ERR_NONE);
	return sent;
}

static enum err verify_here(struct op *op, void *context)
{
	struct desk_doing *doing = context;
	return magic_verify(op, &doing->answer, &doing->signin);
}

enum err desk_verify_answer(struct test_house *house, struct magic_answer answer)
{
	struct desk_doing doing = {.answer = answer};
	return house_run(house, house_op(house), verify_here, &doing);
}

enum err desk_verify(struct test_house *house, struct text token)
{
	return desk_verify_answer(house, (struct magic_answer){.token = token});
}

static enum err find_here(struct op *op, void *context)
{
	struct desk_doing *doing = context;
	return magic_find(op, doing->token, &doing->link);
}

struct magic_link desk_found(struct test_house *house, struct text token)
{
	struct desk_doing doing = {.token = token};
	assert_int_equal(house_run(house, house_op(house), find_here, &doing), ERR_NONE);
	return doing.link;
}

static enum err find_asked_here(struct op *op, void *context)
{
	struct desk_doing *doing = context;
	return magic_find_asked(op, op->app->id, doing->link_id, doing->flow, &doing->link);
}

enum err desk_find_asked(struct test_house *house, struct uuid link_id, const uint8_t *flow, struct magic_link *link_r)
{
	struct desk_doing doing = {.link_id = link_id, .flow = flow};
	struct op *op = house_op(house);
	op->app = desk_app(house);
	const enum err err = house_run(house, op, find_asked_here, &doing);
	if (err == ERR_NONE)
		*link_r = doing.link;
	return err;
}

static enum err use_here(struct op *op, void *context)
{
	struct desk_doing *doing = context;
	return magic_use(op, &doing->link, &doing->proof);
}

enum err desk_use(struct test_house *house, const struct magic_link *link, struct proof *proof_r)
{
	struct desk_doing doing = {.link = *link};
	const enum err err = house_run(house, house_op(house), use_here, &doing);
	if (proof_r)
		*proof_r = doing.proof;
	return err;
}

static enum err use_code_here(struct op *op, void *context)
{
	struct desk_doing *doing = context;
	return magic_use_code(op, op->app->id, doing->link_id, doing->flow, doing->code, &doing->proof, &doing->link);
}

enum err desk_use_code(struct test_house *house, struct uuid link_id, const uint8_t *flow, const char *code,
	struct desk_doing *doing_r)
{
	struct desk_doing doing = {.link_id = link_id, .flow = flow, .code = text_of(code)};
	struct op *op = house_op(house);
	op->app = desk_app(house);
	const enum err err = house_run(house, op, use_code_here, &doing);
	if (doing_r)
		*doing_r = doing;
	return err;
}

static enum err approve_here(struct op *op, void *context)
{
	struct desk_doing *doing = context;
	return magic_approve(op, &doing->link, doing->code);
}

enum err desk_approve(struct test_house *house, const struct magic_link *link, struct text number)
{
	struct desk_doing doing = {.link = *link, .code = number};
	return house_run(house, house_op(house), approve_here, &doing);
}

static enum err deny_here(struct op *op, void *context)
{
	return magic_deny(op, &((struct desk_doing *)context)->link);
}

enum err desk_deny(struct test_house *house, const struct magic_link *link)
{
	struct desk_doing doing = {.link = *link};
	return house_run(house, house_op(house), deny_here, &doing);
}

/* Some other code of the same length. */
const char *desk_wrong_code(void)
{
	static char code[16];
	memcpy(code, desk_code, sizeof code);
	code[0] = code[0] == '9' ? '0' : (char)(code[0] + 1);
	return code;
}

const uint8_t *desk_flow(const struct magic_sent *sent, uint8_t flow[static MAGIC_FLOW_SIZE])
{
	struct uuid app_id, link_id;
	assert_int_equal(magic_read_flow_token(sent->flow_token, &app_id, &link_id, flow), 0);
	assert_true(uuid_equal(link_id, sent->link_id));
	return flow;
}
