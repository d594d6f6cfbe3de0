#include "otp/otp.h"

#include "base/clock.h"
#include "core/limit.h"
#include "core/prune.h"
#include "crypto/rand.h"
#include "otp/otp_rules.h"
#include "otp/otp_sql.h"
#include "signin/guesses.h"
#include "signin/sends.h"

static struct {
	const struct house *house;
	struct mac_key *code_key;
} room;

const struct text OTP_CHANGE_CONTACT = {"change_contact", 14};

int otp_start(const struct house *house)
{
	room.house = house;
	room.code_key = mac_key_new(house->master, "one-time password");
	return 0;
}

void otp_stop(void)
{
	mac_key_free(room.code_key);
	room.code_key = NULL;
}

static void code_sum(const struct otp_row *row, struct text code, uint8_t out[static MAC_SIZE])
{
	MAC_SUM(room.code_key, out, text_bytes(&row->app_id, sizeof row->app_id), text_bytes(&row->id, sizeof row->id),
		code);
}

static struct sends sends_of_codes(void)
{
	const struct settings *settings = settings_now();
	return (struct sends){
		"otp_send", "otp_send_own", settings->otp_send_limit, settings->otp_send_window, ERR_OTP_RATE_LIMITED};
}

/* ---- send ---- */

/* The budgets of text messages; judge is limit_look or limit_take. */
static enum err judge_text_message(struct op *op, const struct contact *contact,
	enum err (*judge)(struct op *op, enum limit_id id, struct text scope))
{
	if (contact->kind != CONTACT_PHONE)
		return ERR_NONE;
	struct text app = text_bytes(&op->app->id, sizeof op->app->id);
	enum err err = judge(op, LIMIT_sms_per_address, op->app_proven ? app : TEXT_NONE);
	return err != ERR_NONE ? err : judge(op, LIMIT_sms_per_app, app);
}

/* All limits of a send. Who is refused by one draws from none: a contact at its limit must not use up its app's text
 * messages, nor an app without any its contacts' sends. */
static enum err take_limits(struct op *op, struct uuid app_id, const struct contact *contact)
{
	const struct sends sends = sends_of_codes();
	enum err err = judge_text_message(op, contact, limit_look);
	if (err == ERR_NONE)
		err = sends_take(op, &sends, app_id, contact);
	return err != ERR_NONE ? err : judge_text_message(op, contact, limit_take);
}

static struct otp_id new_id(int64_t now)
{
	struct otp_id id;
	id_time(now, id.time);
	rand_bytes(id.random, sizeof id.random);
	return id;
}

/* The row and the message that carries its code; the code itself is nowhere else. */
static enum err issue(struct op *op, const struct otp_order *order, struct otp_row *row, int64_t length)
{
	uint8_t *mac = arena_alloc(op->arena, MAC_SIZE);
	char *digits = arena_alloc(op->arena, (size_t)length + 1);
	rand_digits(digits, (size_t)length);
	code_sum(row, text_of(digits), mac);
	row->code_mac = text_bytes(mac, MAC_SIZE);
	OP_STORE(op, otp_sql_insert(op, row));
	const struct message message = {.kind = MESSAGE_OTP,
		.to = order->contact,
		.app_name = order->app->name,
		.code = text_of(digits),
		.purpose = order->purpose,
		.locale = order->locale,
		.expires_at = row->expires_at};
	return deliver_queue(op, order->app->id, &message);
}

enum err otp_send(struct op *op, const struct otp_order *order, struct otp_sent *sent_r)
{
	const struct settings *settings = settings_now();
	int64_t length = 0;
	enum err err = take_limits(op, order->app->id, &order->contact);
	if (err == ERR_NONE)
		err = guesses_code_length(op, order->app->id, &order->contact, settings->otp_length, &length);
	if (err != ERR_NONE)
		return err;
	struct otp_row row = {.app_id = order->app->id,
		.id = new_id(op->now),
		.purpose = order->purpose,
		.contact = order->contact,
		.created_at = op->now,
		.expires_at = op->now + settings->otp_ttl,
		.user_id = order->user_id};
	err = issue(op, order, &row, length);
	if (err != ERR_NONE)
		return err;
	err = event_record(op, &(struct event){.type = EVENT_OTP_SENT,
				       .app_id = row.app_id,
				       .user_id = row.user_id,
				       .contact = row.contact.canonical});
	if (err != ERR_NONE)
		return err;
	*sent_r = (struct otp_sent){otp_rules_write_id(op->arena, row.app_id, &row.id), length, row.expires_at,
		settings->otp_ttl, settings->otp_resend_after};
	return ERR_NONE;
}

/* ---- verify ---- */

static enum err locked(struct op *op, const struct otp_row *row)
{
	const struct sends sends = sends_of_codes();
	return sends_refuse(op, &sends, row->app_id, &row->contact, ERR_OTP_LOCKED);
}

static enum err refuse_wrong(struct op *op, const struct otp_row *row, int64_t max_tries)
{
	enum err err = guesses_note(op, row->app_id, &row->contact);
	if (err != ERR_NONE)
		return err;
	if (row->tries < max_tries) {
		op_extra_int(op, "attempts_left", max_tries - row->tries);
		return ERR_OTP_INVALID;
	}
	const struct event event = {.type = EVENT_OTP_LOCKED, .app_id = row->app_id, .contact = row->contact.canonical};
	err = event_record(op, &event);
	return err != ERR_NONE ? err : locked(op, row);
}

/* Why a code could not be tried; never ERR_NONE. */
static enum err explain(struct op *op, const struct otp_answer *answer, const struct otp_row *asked, int64_t max_tries)
{
	struct otp_row row;
	enum db_found found = otp_sql_get(op, asked, &row);
	OP_STORE(op, found);
	if (found == DB_NONE)
		return ERR_OTP_NOT_FOUND;
	enum err err = otp_rules_judge(&row,
		&(struct otp_question){
			.app_id = answer->app->id, .purpose = answer->purpose, .now = op->now, .max_tries = max_tries});
	if (err == ERR_OTP_LOCKED)
		return locked(op, &row);
	/* the statement that tried saw no live code: whoever finds one now shall ask again, not be let in */
	return err != ERR_NONE ? err : ERR_INTERNAL_ERROR;
}

static bool is_right(const struct otp_row *row, const struct otp_row *asked)
{
	return row->code_mac.n == MAC_SIZE && secret_equal(row->code_mac.p, asked->code_mac.p, MAC_SIZE);
}

/* Compares the code: if it is right, it is consumed at asked->used_at, or left as it is when that is 0. */
static enum err try(struct op *op, const struct otp_answer *answer, const struct otp_row *asked, struct otp_row *row_r)
{
	const int64_t max_tries = settings_now()->otp_max_attempts;
	const enum db_found found = otp_sql_try(op, asked, max_tries, row_r);
	OP_STORE(op, found);
	if (found == DB_NONE)
		return explain(op, answer, asked, max_tries);
	return is_right(row_r, asked) ? ERR_NONE : refuse_wrong(op, row_r, max_tries);
}

/* The happy path of the codes: one statement. A tenant the user has no role in refuses a right code without consuming it:
 * then it is two, and the question stands between them. */
static enum err spend(struct op *op, const struct otp_answer *answer, struct otp_row *row_r)
{
	struct otp_row asked = {.purpose = answer->purpose}, row;
	uint8_t mac[MAC_SIZE];
	if (otp_rules_read_id(answer->request_id, &asked.app_id, &asked.id) != 0)
		return ERR_OTP_NOT_FOUND;
	if (!uuid_equal(asked.app_id, answer->app->id))
		return explain(op, answer, &asked, settings_now()->otp_max_attempts);
	code_sum(&asked, answer->code, mac);
	asked.code_mac = text_bytes(mac, sizeof mac);
	if (!uuid_is_nil(answer->tenant_id)) {
		TRY(try(op, answer, &asked, &row));
		TRY(signin_judge_tenant(op, asked.app_id, &row.contact, answer->tenant_id));
	}
	asked.used_at = op->now;
	TRY(try(op, answer, &asked, &row));
	*row_r = row;
	return ERR_NONE;
}

static struct proof proof_of(const struct otp_answer *answer, const struct otp_row *row)
{
	return (struct proof){.app = answer->app,
		.contact = row->contact,
		.amr = otp_rules_amr(row->contact.kind),
		.tenant_id = answer->tenant_id};
}

enum err otp_prove(struct op *op, const struct otp_answer *answer, struct proof *proof_r)
{
	struct otp_row row;
	TRY(spend(op, answer, &row));
	*proof_r = proof_of(answer, &row);
	return ERR_NONE;
}

/* Of a purpose that starts no session. Whoever wanted to change a contact must still be there. */
static enum err note_verified(struct op *op, const struct otp_row *row)
{
	if (!uuid_is_nil(row->user_id)) {
		struct user user;
		TRY(user_get(op, row->app_id, row->user_id, &user));
		if (user.deleted_at)
			return ERR_USER_DELETED;
	}
	return event_record(op, &(struct event){.type = EVENT_OTP_VERIFIED,
					.app_id = row->app_id,
					.user_id = row->user_id,
					.contact = row->contact.canonical});
}

static bool starts_session(const struct otp_answer *answer)
{
	return !text_equal(answer->purpose, OTP_CHANGE_CONTACT) && app_is_session_purpose(answer->app, answer->purpose);
}

enum err otp_verify(struct op *op, const struct otp_answer *answer, struct otp_verified *verified_r)
{
	struct otp_verified verified = {.session = starts_session(answer)};
	struct otp_row row;
	TRY(spend(op, answer, &row));
	const struct proof proof = proof_of(answer, &row);
	if (verified.session)
		TRY(signin_complete(op, &proof, &verified.signin));
	else
		TRY(note_verified(op, &row));
	verified.contact = row.contact;
	verified.user_id = row.user_id;
	*verified_r = verified;
	return ERR_NONE;
}

enum err otp_take_proof(
	struct op *op, struct uuid app_id, struct uuid user_id, struct text request_id, struct contact *contact_r)
{
	struct otp_row asked = {.user_id = user_id, .purpose = OTP_CHANGE_CONTACT}, row;
	if (otp_rules_read_id(request_id, &asked.app_id, &asked.id) != 0 || !uuid_equal(asked.app_id, app_id))
		return ERR_TOKEN_INVALID;
	const enum db_found taken = otp_sql_take(op, &asked, &row);
	OP_STORE(op, taken);
	if (taken == DB_NONE)
		return ERR_TOKEN_INVALID;
	*contact_r = row.contact;
	return ERR_NONE;
}

/* ---- void, prune ---- */

enum err otp_void(struct op *op)
{
	OP_STORE(op, otp_sql_void(op->tx));
	return ERR_NONE;
}

void otp_prune(void)
{
	prune_pieces(room.house->db, otp_sql_prune, clock_now() - settings_now()->otp_retention);
}
