#include "magic/magic.h"
#include "magic/magic_rules.h"

/* ---- send ---- */

struct send_body {
	struct uuid app_id, tenant_id;
	struct contact email;
	struct text redirect_uri, state, code_challenge, locale;
};
static const struct field SEND_FIELDS[] = {
	FIELD(struct send_body, app_id, uuid, .required = true, .help = "the app that signs its user in"),
	FIELD(struct send_body, email, email, .required = true, .help = "where the mail goes"),
	FIELD(struct send_body, redirect_uri, text, .min = 1, .max = 512,
		.help = "where the sign-in goes back to: one that the app registered, character by character"),
	FIELD(struct send_body, state, state, .help = "comes back with the redirect_uri as it went"),
	FIELD(struct send_body, code_challenge, challenge,
		.help = "S256 (RFC 7636); verify then needs its code_verifier; goes with redirect_uri"),
	FIELD(struct send_body, tenant_id, uuid, .help = "the tenant to sign in to"),
	FIELD(struct send_body, locale, text, .min = 2, .max = 35,
		.help = "language of the mail (BCP 47), such as en or de-AT"),
};

/* Asks the app's settings too, though the gate judges the app later: so that all bad fields stand in one answer. */
static void check_send(struct op *op, void *body)
{
	const struct send_body *in = body;
	const struct app *app = app_find(in->app_id);
	const bool redirects = schema_given(op, "redirect_uri");
	if (!app)
		return;
	if (redirects && !app_allows_redirect(app, in->redirect_uri))
		schema_bad(op, "redirect_uri", "Must be one of the app's redirect_uris, character by character.");
	if (!redirects && app->links_lead_to_app && app->redirect_uris.count == 0)
		schema_bad(op, "redirect_uri", "The app's links lead to it, and it has registered none.");
	if (redirects && app->require_pkce && !schema_given(op, "code_challenge"))
		schema_bad(op, "code_challenge", "Is required with redirect_uri (RFC 7636, S256).");
}

struct sent {
	struct magic_sent link;
	struct contact contact;
};

static enum err run_send(struct op *op, void *body)
{
	const struct send_body *in = body;
	const struct app *app = op->app;
	struct sent *sent = ARENA_NEW(op->arena, struct sent);
	sent->contact = in->email;
	op->result = sent;
	struct magic_order order = {.app = app,
		.contact = in->email,
		.way = MAGIC_HOSTED,
		.redirect_uri = in->redirect_uri,
		.state = in->state,
		.challenge = in->code_challenge,
		.locale = in->locale,
		.tenant_id = in->tenant_id};
	if (app->links_lead_to_app && text_absent(order.redirect_uri) && app->redirect_uris.count)
		order.redirect_uri = app->redirect_uris.items[0];
	if (app->links_lead_to_app && !text_absent(order.redirect_uri))
		order.way = MAGIC_APP;
	return magic_send(op, &order, &sent->link);
}

static void reply_send(struct op *op, struct emit *json)
{
	const struct sent *sent = op->result;
	uuid_emit(json, "magic_link_id", sent->link.link_id);
	emit_text(json, "contact", contact_masked(op->arena, &sent->contact));
	emit_int(json, "code_length", sent->link.code_length);
	emit_int(json, "expires_in", sent->link.ttl_ms / 1000);
	emit_time(json, "expires_at", sent->link.expires_at);
	emit_int(json, "resend_after", sent->link.resend_after_ms / 1000);
	emit_text(json, "flow_token", sent->link.flow_token);
}

static const struct answer_field SEND_ANSWER[] = {
	{"magic_link_id", "string", "names this link at status"},
	{"contact", "string", "where it went, masked"},
	{"code_length", "integer", "digits of the code in the mail"},
	{"expires_in", "integer", "seconds link and code hold"},
	{"expires_at", "string", "when they stop to (RFC 3339)"},
	{"resend_after", "integer", "seconds a resend button should wait; advice only"},
	{"flow_token", "string", "a secret of whoever asked: keep it, and never put it into a URL"},
};
static const enum err SEND_ERRORS[] = {ERR_magic_link_rate_limited, ERR_RATE_LIMITED, ERR_NONE};

const struct action magic_send_action = {
	.summary = "Send a sign-in link and a code by e-mail",
	ACTION_FIELDS(struct send_body, SEND_FIELDS),
	.check = check_send,
	.run = run_send,
	.reply = reply_send,
	ACTION_ANSWER(SEND_ANSWER),
	.errors = SEND_ERRORS,
};

/* ---- verify ---- */

struct verify_body {
	struct text token, code_verifier, flow_token;
};
static const struct field VERIFY_FIELDS[] = {
	FIELD(struct verify_body, token, secret, .required = true, .help = "the link's, from its URL"),
	FIELD(struct verify_body, code_verifier, secret, .help = "of the code_challenge that the link was asked with"),
	FIELD(struct verify_body, flow_token, secret, .help = "from the answer of magic-link; apps may demand it"),
};

static enum err run_verify(struct op *op, void *body)
{
	const struct verify_body *in = body;
	struct signin *signin = ARENA_NEW(op->arena, struct signin);
	op->result = signin;
	const struct magic_answer answer = {in->token, in->code_verifier, in->flow_token};
	return magic_verify(op, &answer, signin);
}

static void reply_verify(struct op *op, struct emit *json)
{
	const struct signin *signin = op->result;
	token_emit_session(op, json, &signin->session, &signin->user);
}

static const struct answer_field VERIFY_ANSWER[] = {TOKEN_SESSION_ANSWER};
static const enum err VERIFY_ERRORS[] = {ERR_magic_link_not_found, ERR_magic_link_already_used, ERR_magic_link_expired,
	ERR_TENANT_NOT_FOUND, ERR_USER_NOT_FOUND, ERR_USER_DELETED, ERR_NONE};

const struct action magic_verify_action = {
	.summary = "Use a sign-in link and start a session",
	ACTION_FIELDS(struct verify_body, VERIFY_FIELDS),
	.run = run_verify,
	.reply = reply_verify,
	ACTION_ANSWER(VERIFY_ANSWER),
	.errors = VERIFY_ERRORS,
};

/* ---- status ---- */

struct status_body {
	struct uuid magic_link_id;
	struct text flow_token;
};
static const struct field STATUS_FIELDS[] = {
	FIELD(struct status_body, magic_link_id, uuid, .required = true, .help = "from the answer of magic-link"),
	FIELD(struct status_body, flow_token, secret, .required = true, .help = "from the same answer"),
};

static enum err run_status(struct op *op, void *body)
{
	const struct status_body *in = body;
	struct magic_link *link = ARENA_NEW(op->arena, struct magic_link);
	struct uuid app_id, link_id;
	uint8_t flow[MAGIC_FLOW_SIZE];
	op->result = link;
	if (magic_read_flow_token(in->flow_token, &app_id, &link_id, flow) != 0 ||
		!uuid_equal(link_id, in->magic_link_id))
		return ERR_magic_link_not_found;
	return magic_find_asked(op, app_id, link_id, flow, link);
}

static void reply_status(struct op *op, struct emit *json)
{
	emit_string(json, "status", magic_status(op->result, op->now));
}

static const struct answer_field STATUS_ANSWER[] = {
	{"status", "string", "pending, approved, used or expired"},
};
static const enum err STATUS_ERRORS[] = {ERR_magic_link_not_found, ERR_NONE};

const struct action magic_status_action = {
	.summary = "Ask how a sign-in link stands",
	ACTION_FIELDS(struct status_body, STATUS_FIELDS),
	.run = run_status,
	.reply = reply_status,
	ACTION_ANSWER(STATUS_ANSWER),
	.errors = STATUS_ERRORS,
};
