#include "exchange/exchange.h"

/* ---- redeem ---- */

struct redeem_body {
	struct text code, flow_token, code_verifier;
	struct uuid app_id;
	struct text app_secret;
};
static const struct field REDEEM_FIELDS[] = {
	FIELD(struct redeem_body, code, secret, .required = true,
		.help = "opaque, or digits; spaces and dashes in digits are ignored"),
	FIELD(struct redeem_body, flow_token, secret,
		.help = "from the answer of magic-link: the digits are those of that link's mail"),
	FIELD(struct redeem_body, code_verifier, secret,
		.help = "of the code_challenge that the code was asked for with (RFC 7636)"),
	FIELD(struct redeem_body, app_id, uuid, .help = "only codes of this app then fit"),
	FIELD(struct redeem_body, app_secret, secret,
		.help = "for apps with require_secret, and for servers that send end_user_ip"),
};

static enum err run_redeem(struct op *op, void *body)
{
	const struct redeem_body *in = body;
	struct signin *signin = ARENA_NEW(op->arena, struct signin);
	op->result = signin;
	const struct exchange_ask ask = {.code = in->code,
		.flow_token = in->flow_token,
		.code_verifier = in->code_verifier,
		.app_id = in->app_id};
	return exchange_redeem(op, &ask, signin);
}

static void reply_redeem(struct op *op, struct emit *json)
{
	const struct signin *signin = op->result;
	token_emit_session(op, json, &signin->session, &signin->user);
}

static const struct answer_field REDEEM_ANSWER[] = {TOKEN_SESSION_ANSWER};
static const enum err REDEEM_ERRORS[] = {ERR_exchange_code_not_found, ERR_exchange_code_attempt_limit_exceeded,
	ERR_RATE_LIMITED, ERR_TOKEN_INVALID, ERR_TENANT_NOT_FOUND, ERR_USER_NOT_FOUND, ERR_USER_DELETED, ERR_NONE};

const struct action exchange_redeem_action = {
	.summary = "Exchange a code for a session",
	ACTION_FIELDS(struct redeem_body, REDEEM_FIELDS),
	.run = run_redeem,
	.reply = reply_redeem,
	ACTION_ANSWER(REDEEM_ANSWER),
	.errors = REDEEM_ERRORS,
};

/* ---- issue ---- */

struct issue_body {
	struct text format, redirect_uri, code_challenge, refresh_token;
};
static const char *const FORMATS[] = {"numeric", "opaque", NULL};
static const struct field ISSUE_FIELDS[] = {
	FIELD(struct issue_body, format, text, .required = true, .choices = FORMATS,
		.help = "numeric to be typed, opaque to be handed on by programs"),
	FIELD(struct issue_body, redirect_uri, text, .min = 1, .max = 512,
		.help = "where the code will go; one that the app registered"),
	FIELD(struct issue_body, code_challenge, challenge,
		.help = "the code then redeems only with its verifier (RFC 7636, S256)"),
	FIELD(struct issue_body, refresh_token, secret,
		.help = "the current one, for when the sign-in is more than ten minutes old"),
};

static void check_issue(struct op *op, void *body)
{
	const struct issue_body *in = body;
	const struct app *app = app_find(op->user.app_id);
	if (text_absent(in->redirect_uri))
		return;
	if (!app || !app_allows_redirect(app, in->redirect_uri))
		schema_bad(op, "redirect_uri", "Must be one of the app's redirect_uris, character by character.");
	if (app && app->require_pkce && text_absent(in->code_challenge))
		schema_bad(op, "code_challenge", "Is required with redirect_uri.");
}

static enum err run_issue(struct op *op, void *body)
{
	const struct issue_body *in = body;
	const struct session *session = op->user.session;
	struct exchange_issued *issued = ARENA_NEW(op->arena, struct exchange_issued);
	op->result = issued;
	if (!token_is_fresh(op) && !token_is_current(op, in->refresh_token))
		return ERR_FORBIDDEN;
	const struct exchange_order order = {.grant = {.app_id = session->app_id,
						     .user_id = session->user_id,
						     .tenant_id = session->tenant_id,
						     .amr = TEXT("handover"),
						     .auth_time = session->auth_time,
						     .expires_at = session->expires_at},
		.numeric = text_equal(in->format, TEXT("numeric")),
		.challenge = in->code_challenge,
		.from_session = session->session_id};
	TRY(exchange_issue(op, &order, issued));
	return event_record(op, &(struct event){.type = EVENT_EXCHANGE_ISSUED,
					.app_id = session->app_id,
					.user_id = session->user_id,
					.session_id = session->session_id});
}

static void reply_issue(struct op *op, struct emit *json)
{
	const struct exchange_issued *issued = op->result;
	emit_text(json, "code", issued->code);
	emit_text(json, "display", issued->display);
	emit_int(json, "code_length", (int64_t)issued->code.n);
	emit_int(json, "expires_in", issued->ttl_ms / 1000);
	emit_time(json, "expires_at", issued->expires_at);
}

static const struct answer_field ISSUE_ANSWER[] = {
	{"code", "string", "for /auth/exchange; works once"},
	{"display", "string", "the code as people read it, in groups"},
	{"code_length", "integer", "characters of the code"},
	{"expires_in", "integer", "seconds the code holds"},
	{"expires_at", "string", "when it stops to (RFC 3339)"},
};
static const enum err ISSUE_ERRORS[] = {ERR_TOKEN_INVALID, ERR_TOKEN_EXPIRED, ERR_TOKEN_REVOKED, ERR_USER_DELETED,
	ERR_FORBIDDEN, ERR_RATE_LIMITED, ERR_NONE};

const struct action exchange_issue_action = {
	.summary = "Make a code that hands the session to another device",
	ACTION_FIELDS(struct issue_body, ISSUE_FIELDS),
	.check = check_issue,
	.run = run_issue,
	.reply = reply_issue,
	.status = 201,
	ACTION_ANSWER(ISSUE_ANSWER),
	.errors = ISSUE_ERRORS,
};
