#include "otp/otp.h"

#include "base/clock.h"
#include "base/enc.h"
#include "core/limit.h"
#include "core/prune.h"
#include "crypto/rand.h"
#include "otp/otp_rules.h"
#include "otp/otp_sql.h"

enum { LONG_CODE = 10, OWN_SENDS = 2, DAY_MS = 24 * 60 * 60 * 1000 };

static struct {
	const struct house *house;
	struct mac_key *code_key;
} room;

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

/* ---- what is counted per contact ---- */

static struct limit_window send_window(struct op *op, struct uuid app_id, const struct contact *contact)
{
	const struct settings *settings = room.house->settings;
	return (struct limit_window){"otp_send", app_id, contact_counted(op->arena, contact), settings->otp_send_limit,
		settings->otp_send_window};
}

/* Sends that a source from which the contact was proven keeps for itself, so that strangers cannot shut its owner out. */
static struct limit_window own_window(struct op *op, struct uuid app_id, const struct contact *contact)
{
	struct ip source = ip_prefix(op->client, 64);
	char hex[2 * sizeof source + 1];
	enc_hex(&source, sizeof source, hex);
	struct text subject = arena_printf(op->arena, "%s %.*s", hex, TEXT_ARG(contact_counted(op->arena, contact)));
	return (struct limit_window){"otp_send_own", app_id, subject, OWN_SENDS, room.house->settings->otp_send_window};
}

static struct limit_window failure_window(struct uuid app_id, const struct contact *contact)
{
	return (struct limit_window){
		"otp_failure", app_id, contact->canonical, room.house->settings->otp_failure_budget, DAY_MS};
}

/* Holds one time while codes to the contact are long. */
static struct limit_window long_window(struct uuid app_id, const struct contact *contact)
{
	return (struct limit_window){"otp_long_codes", app_id, contact->canonical, 1, DAY_MS};
}

/* ---- send ---- */

static enum err take_send(struct op *op, struct uuid app_id, const struct contact *contact)
{
	struct limit_window window = send_window(op, app_id, contact), own = own_window(op, app_id, contact);
	int64_t wait, own_wait;
	bool proven = false;
	enum err err = limit_add(op, &window, &wait);
	if (err != ERR_NONE || wait == 0)
		return err;
	err = signin_source_is_proven(op, app_id, contact, &proven);
	if (err == ERR_NONE && proven)
		err = limit_add(op, &own, &own_wait);
	if (err != ERR_NONE || (proven && own_wait == 0))
		return err;
	return op_refuse_later(op, ERR_OTP_RATE_LIMITED, wait);
}

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
	enum err err = judge_text_message(op, contact, limit_look);
	if (err == ERR_NONE)
		err = take_send(op, app_id, contact);
	return err != ERR_NONE ? err : judge_text_message(op, contact, limit_take);
}

static enum err code_length(struct op *op, struct uuid app_id, const struct contact *contact, int64_t *length_r)
{
	struct limit_window window = long_window(app_id, contact);
	int64_t used, wait;
	enum err err = limit_see(op, &window, &used, &wait);
	if (err == ERR_NONE)
		*length_r = used ? LONG_CODE : room.house->settings->otp_length;
	return err;
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
	const struct settings *settings = room.house->settings;
	int64_t length = 0;
	enum err err = take_limits(op, order->app->id, &order->contact);
	if (err == ERR_NONE)
		err = code_length(op, order->app->id, &order->contact, &length);
	if (err != ERR_NONE)
		return err;
	struct otp_row row = {.app_id = order->app->id,
		.id = new_id(op->now),
		.purpose = order->purpose,
		.contact = order->contact,
		.created_at = op->now,
		.expires_at = op->now + settings->otp_ttl};
	err = issue(op, order, &row, length);
	if (err != ERR_NONE)
		return err;
	const struct event event = {.type = EVENT_OTP_SENT, .app_id = row.app_id, .contact = row.contact.canonical};
	err = event_record(op, &event);
	if (err != ERR_NONE)
		return err;
	*sent_r = (struct otp_sent){otp_rules_write_id(op->arena, row.app_id, &row.id), length, row.expires_at,
		settings->otp_ttl, settings->otp_resend_after};
	return ERR_NONE;
}

/* ---- verify ---- */

static enum err locked(struct op *op, const struct otp_row *row)
{
	struct limit_window window = send_window(op, row->app_id, &row->contact);
	int64_t used, wait = 0;
	enum err err = limit_see(op, &window, &used, &wait);
	return err != ERR_NONE ? err : op_refuse_later(op, ERR_OTP_LOCKED, wait);
}

/* Counts the failure against the contact; the one that spends the budget makes the next day's codes long. */
static enum err count_failure(struct op *op, const struct otp_row *row)
{
	struct limit_window failures = failure_window(row->app_id, &row->contact);
	struct limit_window longer = long_window(row->app_id, &row->contact);
	int64_t used, wait;
	enum err err = limit_note(op, &failures);
	if (err == ERR_NONE)
		err = limit_see(op, &failures, &used, &wait);
	if (err == ERR_NONE && used >= failures.count)
		err = limit_note(op, &longer);
	return err;
}

static enum err refuse_wrong(struct op *op, const struct otp_row *row)
{
	int64_t max_tries = room.house->settings->otp_max_attempts;
	enum err err = count_failure(op, row);
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
static enum err explain(struct op *op, const struct otp_answer *answer, struct uuid app_id, const struct otp_id *id,
	struct otp_row *row)
{
	enum db_found found = otp_sql_get(op, app_id, id, row);
	OP_STORE(op, found);
	if (found == DB_NONE)
		return ERR_OTP_NOT_FOUND;
	enum err err = otp_rules_judge(row, &(struct otp_question){.app_id = answer->app->id,
						    .purpose = answer->purpose,
						    .now = op->now,
						    .max_tries = room.house->settings->otp_max_attempts});
	if (err == ERR_OTP_LOCKED)
		return locked(op, row);
	/* the statement that tried saw no live code: whoever finds one now shall ask again, not be let in */
	return err != ERR_NONE ? err : ERR_INTERNAL_ERROR;
}

static bool is_right(const struct otp_row *row, const struct otp_row *asked)
{
	return row->code_mac.n == MAC_SIZE && secret_equal(row->code_mac.p, asked->code_mac.p, MAC_SIZE);
}

/* The happy path of the codes: one statement. A tenant the user has no role in refuses a right code without consuming it;
 * no tenants exist yet: any tenant does. */
static enum err spend(struct op *op, const struct otp_answer *answer, struct otp_row *row_r)
{
	struct otp_row asked = {.purpose = answer->purpose}, row;
	uint8_t mac[MAC_SIZE];
	if (otp_rules_read_id(answer->request_id, &asked.app_id, &asked.id) != 0)
		return ERR_OTP_NOT_FOUND;
	if (!uuid_equal(asked.app_id, answer->app->id))
		return explain(op, answer, asked.app_id, &asked.id, &row);
	code_sum(&asked, answer->code, mac);
	asked.code_mac = text_bytes(mac, sizeof mac);
	asked.used_at = uuid_is_nil(answer->tenant_id) ? op->now : 0;
	enum db_found found = otp_sql_try(op, &asked, room.house->settings->otp_max_attempts, &row);
	OP_STORE(op, found);
	if (found == DB_NONE)
		return explain(op, answer, asked.app_id, &asked.id, &row);
	if (!is_right(&row, &asked))
		return refuse_wrong(op, &row);
	if (row.used_at == 0)
		return ERR_TENANT_NOT_FOUND;
	*row_r = row;
	return ERR_NONE;
}

enum err otp_verify(struct op *op, const struct otp_answer *answer, struct otp_verified *verified_r)
{
	struct otp_row row;
	struct otp_verified verified = {.session = app_is_session_purpose(answer->app, answer->purpose)};
	enum err err = spend(op, answer, &row);
	if (err != ERR_NONE)
		return err;
	verified.contact = row.contact;
	if (verified.session) {
		const struct proof proof = {
			.app = answer->app, .contact = row.contact, .amr = otp_rules_amr(row.contact.kind)};
		err = signin_complete(op, &proof, &verified.signin);
	} else {
		const struct event event = {
			.type = EVENT_OTP_VERIFIED, .app_id = row.app_id, .contact = row.contact.canonical};
		err = event_record(op, &event);
	}
	if (err == ERR_NONE)
		*verified_r = verified;
	return err;
}

/* ---- prune ---- */

void otp_prune(void)
{
	prune_pieces(room.house->db, otp_sql_prune, clock_now() - room.house->settings->otp_retention);
}
