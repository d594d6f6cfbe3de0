#include "exchange/exchange.h"

#include "base/clock.h"
#include "base/enc.h"
#include "core/digits.h"
#include "core/limit.h"
#include "core/prune.h"
#include "crypto/rand.h"
#include "deliver/notice.h"
#include "exchange/exchange_guard.h"
#include "exchange/exchange_rules.h"
#include "exchange/exchange_sql.h"

static const int64_t FULL_RETRY_MS = 60 * 1000, LOOSE_WINDOW_MS = 10 * 60 * 1000;
enum { OPAQUE_SIZE = 32, DRAWS_MAX = 16, LOOSE_PER_USER = 20 };

static struct {
	const struct house *house;
	struct mac_key *code_key;
} room;

int exchange_start(const struct house *house)
{
	room.house = house;
	room.code_key = mac_key_new(house->master, "exchange code");
	return 0;
}

void exchange_stop(void)
{
	mac_key_free(room.code_key);
	room.code_key = NULL;
}

struct exchange_stats exchange_stats(void)
{
	return exchange_guard_stats();
}

enum err exchange_look(struct op *op, int64_t *left_ms_r)
{
	return exchange_guard_look(op, left_ms_r);
}

/* ---- issue ---- */

/* There is place for 10,000 unbound codes: no single user may take it. */
static enum err take_place(struct op *op, const struct grant *grant)
{
	const struct limit_window window = {"exchange_loose", grant->app_id,
		text_bytes(&grant->user_id, sizeof grant->user_id), LOOSE_PER_USER, LOOSE_WINDOW_MS};
	int64_t wait;
	TRY(limit_add(op, &window, &wait));
	return wait ? op_refuse_later(op, ERR_RATE_LIMITED, wait) : ERR_NONE;
}

/* How long the next code is; 0: opaque. */
static enum err choose_length(struct op *op, const struct exchange_row *row, bool numeric, int64_t *length_r)
{
	int64_t alive = 0;
	*length_r = numeric ? EXCHANGE_DIGITS_MIN : 0;
	if (!row->loose)
		return ERR_NONE;
	TRY(take_place(op, &row->grant));
	OP_STORE(op, exchange_sql_count_loose(op->tx, op->now, EXCHANGE_LOOSE_MAX, &alive));
	if (alive >= EXCHANGE_LOOSE_MAX)
		return op_refuse_later(op, ERR_SERVICE_UNAVAILABLE, FULL_RETRY_MS);
	*length_r = exchange_rules_length(alive + 1);
	return ERR_NONE;
}

static struct text draw(struct arena *arena, int64_t length)
{
	if (length) {
		char *digits = arena_alloc(arena, (size_t)length + 1);
		rand_digits(digits, (size_t)length);
		return text_bytes(digits, (size_t)length);
	}
	uint8_t *bytes = arena_alloc(arena, OPAQUE_SIZE);
	struct buf out;
	rand_bytes(bytes, OPAQUE_SIZE);
	buf_init(&out, arena, 64);
	buf_add(&out, TEXT("kwx_"));
	enc_base64url_add(&out, bytes, OPAQUE_SIZE);
	return buf_text(&out);
}

/* Digits may be taken already, by a code of any app: then others are drawn. */
static enum err insert(struct op *op, struct exchange_row *row, int64_t length, struct text *code_r)
{
	for (int i = 0; i < DRAWS_MAX; i++) {
		const struct text code = draw(op->arena, length);
		MAC_SUM(room.code_key, row->code_mac, code);
		const int inserted = exchange_sql_insert(op->tx, row);
		OP_STORE(op, inserted);
		if (inserted == 0)
			continue;
		*code_r = code;
		return ERR_NONE;
	}
	return op_refuse_later(op, ERR_SERVICE_UNAVAILABLE, FULL_RETRY_MS);
}

enum err exchange_issue(struct op *op, const struct exchange_order *order, struct exchange_issued *issued_r)
{
	const int64_t ttl = settings_now()->exchange_ttl;
	struct exchange_row row = {.grant = order->grant,
		.loose = order->numeric && order->challenge.n == 0,
		.challenge = order->challenge.n ? order->challenge : TEXT(""),
		.from_session = order->from_session,
		.created_at = op->now,
		.expires_at = op->now + ttl};
	struct text code;
	int64_t length;
	TRY(choose_length(op, &row, order->numeric, &length));
	TRY(insert(op, &row, length, &code));
	*issued_r = (struct exchange_issued){.code = code,
		.display = order->numeric ? digits_grouped(op->arena, code) : code,
		.expires_at = row.expires_at,
		.ttl_ms = ttl};
	return ERR_NONE;
}

/* ---- redeem ---- */

/* How the call presents a code of that app. */
static struct exchange_question question_of(const struct op *op, const struct exchange_ask *ask, struct uuid app_id)
{
	return (struct exchange_question){.app = app_find(app_id),
		.app_id = op->app_proven ? op->app->id : ask->app_id,
		.proven = op->app_proven,
		.code_verifier = ask->code_verifier,
		.now = op->now};
}

/* Finds the code, judges it, consumes it. */
static enum err consume(struct op *op, const struct exchange_ask *ask, struct text code, struct exchange_row *row_r)
{
	uint8_t mac[MAC_SIZE];
	struct exchange_row row;
	MAC_SUM(room.code_key, mac, code);
	const enum db_found found = exchange_sql_get(op->tx, mac, &row);
	OP_STORE(op, found);
	if (found == DB_NONE)
		return ERR_exchange_code_not_found;
	const struct exchange_question question = question_of(op, ask, row.grant.app_id);
	TRY(exchange_rules_judge(&row, &question));
	TRY(signin_judge_grant(op, &row.grant, row.from_session));
	const int used = exchange_sql_use(op->tx, mac, op->now);
	OP_STORE(op, used);
	if (used == 0)
		return ERR_exchange_code_not_found;
	*row_r = row;
	return ERR_NONE;
}

/* A session appeared on another device: whoever did not do that should know. */
static enum err tell_of_handover(struct op *op, const struct exchange_row *row, const struct user *user)
{
	const struct app *app = app_find(row->grant.app_id);
	if (uuid_is_nil(row->from_session) || !app)
		return ERR_NONE;
	return notice_send(op, app, user, CONTACT_EMAIL, (struct message){.kind = MESSAGE_HANDOVER});
}

static enum err redeem_own(struct op *op, const struct exchange_ask *ask, struct text code, struct signin *signin_r)
{
	struct exchange_row row;
	struct signin signin;
	TRY(consume(op, ask, code, &row));
	const enum err err = signin_redeem(op, &row.grant, row.from_session, &signin);
	if (err == ERR_TOKEN_REVOKED)
		return ERR_exchange_code_not_found;
	TRY(err);
	TRY(tell_of_handover(op, &row, &signin.user));
	*signin_r = signin;
	return ERR_NONE;
}

/* The code of a link's mail, found by the flow token that its asker keeps, and nowhere else. */
static enum err redeem_of_link(
	struct op *op, const struct exchange_ask *ask, struct text digits, struct signin *signin_r)
{
	uint8_t *flow = arena_alloc(op->arena, MAGIC_FLOW_SIZE);
	struct uuid app_id, link_id;
	struct proof proof;
	if (magic_read_flow_token(ask->flow_token, &app_id, &link_id, flow) != 0)
		return ERR_exchange_code_not_found;
	const struct exchange_question question = question_of(op, ask, app_id);
	if (!exchange_rules_is_for(app_id, &question))
		return ERR_exchange_code_not_found;
	TRY(magic_use_code(op, app_id, link_id, flow, digits, &proof, NULL));
	return signin_complete(op, &proof, signin_r);
}

enum err exchange_redeem(struct op *op, const struct exchange_ask *ask, struct signin *signin_r)
{
	const struct text digits = digits_typed(op->arena, ask->code);
	const bool numeric = !text_absent(digits), of_link = numeric && !text_absent(ask->flow_token);
	const bool bound = of_link || !text_absent(ask->code_verifier);
	const enum exchange_kind kind = !numeric ? EXCHANGE_OPAQUE : bound ? EXCHANGE_BOUND : EXCHANGE_LOOSE;
	TRY(exchange_guard_enter(op, kind));
	const enum err err = of_link ? redeem_of_link(op, ask, digits, signin_r)
				     : redeem_own(op, ask, numeric ? digits : ask->code, signin_r);
	return err == ERR_exchange_code_not_found ? exchange_guard_missed(op, kind) : err;
}

enum err exchange_use_link_code(struct op *op, struct uuid app_id, struct uuid link_id, const uint8_t *flow,
	struct text code, struct proof *proof_r, struct magic_link *link_r)
{
	const struct text digits = digits_typed(op->arena, code);
	TRY(exchange_guard_enter(op, EXCHANGE_BOUND));
	const enum err err = text_absent(digits) ? ERR_exchange_code_not_found
						 : magic_use_code(op, app_id, link_id, flow, digits, proof_r, link_r);
	return err == ERR_exchange_code_not_found ? exchange_guard_missed(op, EXCHANGE_BOUND) : err;
}

/* ---- void, prune ---- */

enum err exchange_void(struct op *op)
{
	OP_STORE(op, exchange_sql_void(op->tx));
	return ERR_NONE;
}

void exchange_prune(void)
{
	prune_pieces(room.house->db, exchange_sql_prune, clock_now());
}
