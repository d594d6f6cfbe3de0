#include "core/digits.h"
#include "otp/otp.h"

/* ---- send ---- */

struct send_body {
	struct uuid app_id;
	struct contact phone, email;
	struct text purpose, locale;
};
static const struct field SEND_FIELDS[] = {
	FIELD(struct send_body, app_id, uuid, .required = true, .help = "the app that signs its user in"),
	FIELD(struct send_body, phone, phone, .help = "where a text message goes; exactly one of phone and email"),
	FIELD(struct send_body, email, email, .help = "where a mail goes; exactly one of phone and email"),
	FIELD(struct send_body, purpose, name, .standard = "login",
		.help = "what the code is for; verify must say the same. change_contact needs the user's bearer token"),
	FIELD(struct send_body, locale, text, .min = 2, .max = 35,
		.help = "language of the message (BCP 47), such as en or de-AT"),
};

static void check_send(struct op *op, void *body)
{
	const struct send_body *in = body;
	bool has_phone = schema_given(op, "phone");
	bool has_email = schema_given(op, "email");
	if (!has_phone && !has_email)
		schema_bad(op, "phone", "One of phone and email is required.");
	if (has_phone && has_email)
		schema_bad(op, "email", "Must not come together with phone: one code goes one way.");
	if (in->phone.kind == CONTACT_PHONE && !deliver_sms_can_reach(&in->phone))
		schema_bad(op, "phone",
			"Text messages cannot be sent to this number: no provider is set, or its country is not "
			"served.");
}

struct sent {
	struct otp_sent otp;
	struct contact contact;
};

/* Whoever changes a contact says by their token whose account it is. */
static bool changes_contact(const json_t *json)
{
	const json_t *purpose = json_object_get(json, "purpose");
	return json_is_string(purpose) &&
	       text_equal(text_bytes(json_string_value(purpose), json_string_length(purpose)), OTP_CHANGE_CONTACT);
}

static enum err run_send(struct op *op, void *body)
{
	const struct send_body *in = body;
	struct sent *sent = ARENA_NEW(op->arena, struct sent);
	sent->contact = in->phone.kind == CONTACT_PHONE ? in->phone : in->email;
	op->result = sent;
	if (!uuid_is_nil(op->user.user_id) && !uuid_equal(op->user.app_id, op->app->id))
		return ERR_TOKEN_INVALID;
	const struct otp_order order = {.app = op->app,
		.contact = sent->contact,
		.purpose = in->purpose,
		.locale = in->locale,
		.user_id = op->user.user_id};
	return otp_send(op, &order, &sent->otp);
}

static void reply_send_otp(struct op *op, struct emit *json)
{
	const struct sent *sent = op->result;
	emit_text(json, "otp_request_id", sent->otp.request_id);
	emit_string(json, "channel", sent->contact.kind == CONTACT_PHONE ? "sms" : "email");
	emit_text(json, "contact", contact_masked(op->arena, &sent->contact));
	emit_int(json, "code_length", sent->otp.code_length);
	emit_int(json, "expires_in", sent->otp.ttl_ms / 1000);
	emit_time(json, "expires_at", sent->otp.expires_at);
	emit_int(json, "resend_after", sent->otp.resend_after_ms / 1000);
}

static const struct answer_field SEND_ANSWER[] = {
	{"otp_request_id", "string", "names this code at verify-otp"},
	{"channel", "string", "sms or email"},
	{"contact", "string", "where it went, masked"},
	{"code_length", "integer", "digits of the code"},
	{"expires_in", "integer", "seconds the code holds"},
	{"expires_at", "string", "when it stops to (RFC 3339)"},
	{"resend_after", "integer", "seconds a resend button should wait; advice only"},
};
static const enum err SEND_ERRORS[] = {ERR_OTP_RATE_LIMITED, ERR_RATE_LIMITED, ERR_NONE};

const struct action otp_send_action = {
	.summary = "Send a one-time password by e-mail or text message",
	ACTION_FIELDS(struct send_body, SEND_FIELDS),
	.needs_user = changes_contact,
	.check = check_send,
	.run = run_send,
	.reply = reply_send_otp,
	ACTION_ANSWER(SEND_ANSWER),
	.errors = SEND_ERRORS,
};

/* ---- verify ---- */

/* Digits as people type them: spaces and dashes go first. 4-10 digits are compared and cost a try; anything else does not. */
static const char *read_code(struct op *op, const struct field *field, const json_t *value, void *member)
{
	static const char *const WRONG = "Must be a string of 4 to 10 digits; spaces and dashes are ignored.";
	if (!json_is_string(value))
		return WRONG;
	const struct text digits =
		digits_typed(op->arena, text_bytes(json_string_value(value), json_string_length(value)));
	if (digits.n < OTP_CODE_MIN || digits.n > OTP_CODE_MAX)
		return WRONG;
	*(struct text *)member = digits;
	return NULL;
}
static const struct field_type field_code = {"string", NULL, "^[0-9 -]{4,}$", read_code};

struct verify_body {
	struct uuid app_id, tenant_id;
	struct text otp_request_id, otp, purpose;
};
static const struct field VERIFY_FIELDS[] = {
	FIELD(struct verify_body, app_id, uuid, .required = true, .help = "the app that sent the code"),
	FIELD(struct verify_body, otp_request_id, secret, .required = true, .help = "from the answer of send-otp"),
	FIELD_OF(struct verify_body, otp, field_code, struct text, .required = true, .help = "the code as typed"),
	FIELD(struct verify_body, purpose, name, .standard = "login", .help = "the purpose given at send-otp"),
	FIELD(struct verify_body, tenant_id, uuid, .help = "the tenant to sign in to"),
};

struct verified {
	struct otp_verified otp;
	struct text purpose, request_id;
};

static enum err run_verify(struct op *op, void *body)
{
	const struct verify_body *in = body;
	struct verified *verified = ARENA_NEW(op->arena, struct verified);
	verified->purpose = in->purpose;
	verified->request_id = in->otp_request_id;
	op->result = verified;
	const struct otp_answer answer = {.app = op->app,
		.request_id = in->otp_request_id,
		.code = in->otp,
		.purpose = in->purpose,
		.tenant_id = in->tenant_id};
	return otp_verify(op, &answer, &verified->otp);
}

static void reply_verify(struct op *op, struct emit *json)
{
	const struct verified *verified = op->result;
	const struct otp_verified *otp = &verified->otp;
	if (otp->session) {
		token_emit_session(op, json, &otp->signin.session, &otp->signin.user);
		return;
	}
	emit_bool(json, "verified", true);
	emit_text(json, "purpose", verified->purpose);
	emit_text(json, "contact", otp->contact.spelling);
	const struct token_verification verification = {.app_id = op->app->id,
		.user_id = otp->user_id,
		.purpose = verified->purpose,
		.jti = verified->request_id};
	emit_text(json, "verification_token", token_verification_write(op, &verification, &otp->contact));
}

static const struct answer_field VERIFY_ANSWER[] = {
	TOKEN_SESSION_ANSWER, /* of session purposes; of others: */
	{"verified", "boolean", "true; of purposes that start no session, in place of all above; like all that follow"},
	{"purpose", "string", "as asked"},
	{"contact", "string", "what was proven"},
	{"verification_token", "string",
		"JWT of typ verification+jwt, five minutes; of change_contact for /auth/contact"},
};
static const enum err VERIFY_ERRORS[] = {ERR_OTP_NOT_FOUND, ERR_OTP_WRONG_APP, ERR_OTP_WRONG_PURPOSE,
	ERR_OTP_ALREADY_USED, ERR_OTP_LOCKED, ERR_OTP_EXPIRED, ERR_OTP_INVALID, ERR_TENANT_NOT_FOUND,
	ERR_USER_NOT_FOUND, ERR_USER_DELETED, ERR_NONE};

const struct action otp_verify_action = {
	.summary = "Verify a one-time password and start a session",
	ACTION_FIELDS(struct verify_body, VERIFY_FIELDS),
	.run = run_verify,
	.reply = reply_verify,
	ACTION_ANSWER(VERIFY_ANSWER),
	.errors = VERIFY_ERRORS,
};
