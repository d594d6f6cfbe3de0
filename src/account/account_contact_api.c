#include "account/account.h"

struct contact_body {
	struct text verification_token, locale;
};
static const struct field CONTACT_FIELDS[] = {
	FIELD(struct contact_body, verification_token, token, .required = true,
		.help = "of verify-otp with purpose change_contact, for a code that this user asked for"),
	FIELD(struct contact_body, locale, text, .min = 2, .max = 35,
		.help = "language of the notice to the old contact (BCP 47), such as en or de-AT"),
};

struct changed {
	struct user user;
	int sessions_ended;
};

static enum err run_contact(struct op *op, void *body)
{
	const struct contact_body *in = body;
	const struct account_contact asked = {in->verification_token, in->locale};
	struct changed *changed = ARENA_NEW(op->arena, struct changed);
	op->result = changed;
	return account_change_contact(op, &asked, &changed->user, &changed->sessions_ended);
}

static void reply_contact(struct op *op, struct emit *json)
{
	const struct changed *changed = op->result;
	user_emit(json, "user", &changed->user, false);
	emit_int(json, "sessions_ended", changed->sessions_ended);
}

static const struct answer_field CONTACT_ANSWER[] = {
	{"user", "object", "user_id, email, phone, created_at, last_sign_in_at"},
	{"sessions_ended", "integer", "how many other sessions this call ended"},
};
static const enum err CONTACT_ERRORS[] = {ERR_FORBIDDEN, ERR_TOKEN_INVALID, ERR_ALREADY_EXISTS, ERR_NONE};

const struct action account_contact_action = {
	.summary = "Replace the signed-in user's e-mail address or phone number by one that was just proven",
	ACTION_FIELDS(struct contact_body, CONTACT_FIELDS),
	.run = run_contact,
	.reply = reply_contact,
	ACTION_ANSWER(CONTACT_ANSWER),
	.errors = CONTACT_ERRORS,
};
