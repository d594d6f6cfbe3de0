#include "app/app.h"
#include "core/err.h"
#include "token/access.h"
#include "token/mint.h"
#include "token/session.h"
#include "token/unanswered.h"

/* ---- the session answer ---- */

void token_emit_session(struct op *op, struct emit *json, const struct session *session, const struct user *user)
{
	int64_t expires_in;
	const struct text access_token = mint_access(op, session, &expires_in);
	emit_text(json, "access_token", access_token);
	emit_string(json, "token_type", "Bearer");
	emit_int(json, "expires_in", expires_in);
	emit_text(json, "refresh_token",
		token_refresh_text(op->arena, session->app_id, session->session_id, session->generation));
	emit_int(json, "refresh_expires_in", (session->idle_until - op->now) / 1000);
	uuid_emit(json, "session_id", session->session_id);
	if (user)
		user_emit(json, "user", user, true);
}

/* ---- what refresh and logout share ---- */

/* The app of a refresh token: the one that was named, if any, and proven where it demands that. */
static enum err check_app(const struct op *op, const struct refresh *refresh, struct uuid named)
{
	const struct app *app = app_find(refresh->app_id);
	if (!app || (!uuid_is_nil(named) && !uuid_equal(named, app->id)))
		return ERR_TOKEN_INVALID;
	const bool sent = op->app && uuid_equal(op->app->id, app->id);
	if ((op->app && !sent) || (app->require_secret && !(sent && op->app_proven)))
		return ERR_TOKEN_INVALID;
	return ERR_NONE;
}

/* ---- refresh ---- */

struct refresh_body {
	struct text refresh_token;
	struct uuid app_id;
	struct text app_secret;
	struct uuid tenant_id;
};

static const struct field REFRESH_FIELDS[] = {
	FIELD(struct refresh_body, refresh_token, secret, .required = true,
		.help = "the current one; it is replaced by the answer's"),
	FIELD(struct refresh_body, app_id, uuid, .help = "must be the token's app, when sent"),
	FIELD(struct refresh_body, app_secret, secret, .help = "for apps with require_secret"),
	FIELD(struct refresh_body, tenant_id, uuid,
		.help = "the tenant to act in from now on; absent keeps the present one, null drops it"),
};

static enum err refresh_run(struct op *op, void *body)
{
	const struct refresh_body *asked = body;
	struct session_refresh ask = {.names_tenant = schema_sent(op, "tenant_id"), .tenant_id = asked->tenant_id};
	if (op->request)
		ask.body = op->request->body;
	if (refresh_read(asked->refresh_token, &ask.refresh))
		return ERR_TOKEN_INVALID;
	TRY(check_app(op, &ask.refresh, asked->app_id));
	struct session *session = ARENA_NEW(op->arena, struct session);
	TRY(session_refresh(op, &ask, session));
	op->result = session;
	return ERR_NONE;
}

static void refresh_lost(struct op *op)
{
	unanswered_add(op->request_id, op->now);
}

static void refresh_reply(struct op *op, struct emit *json)
{
	token_emit_session(op, json, op->result, NULL);
}

static const struct answer_field REFRESH_ANSWER[] = {
	{"access_token", "string", "a fresh JWT"},
	{"token_type", "string", "Bearer"},
	{"expires_in", "integer", "seconds the access token holds"},
	{"refresh_token", "string", "replaces the one that was sent"},
	{"refresh_expires_in", "integer", "seconds until the session ends unless it is refreshed"},
	{"session_id", "string", "the session"},
};
static const enum err REFRESH_ERRORS[] = {ERR_TOKEN_INVALID, ERR_TOKEN_REVOKED, ERR_TOKEN_REUSE, ERR_USER_DELETED,
	ERR_TENANT_NOT_FOUND, ERR_IDEMPOTENCY_KEY_REUSED, ERR_NONE};

const struct action token_refresh_action = {
	.summary = "Exchange a refresh token for fresh tokens",
	ACTION_FIELDS(struct refresh_body, REFRESH_FIELDS),
	.run = refresh_run,
	.lost = refresh_lost,
	.reply = refresh_reply,
	ACTION_ANSWER(REFRESH_ANSWER),
	.errors = REFRESH_ERRORS,
};

/* ---- logout ---- */

struct logout_body {
	struct text refresh_token;
	bool everywhere;
	struct uuid app_id;
	struct text app_secret;
};

static const struct field LOGOUT_FIELDS[] = {
	FIELD(struct logout_body, refresh_token, secret, .required = true, .help = "of the session to end"),
	FIELD(struct logout_body, everywhere, flag, .help = "end all sessions of the user; needs the current token"),
	FIELD(struct logout_body, app_id, uuid, .help = "must be the token's app, when sent"),
	FIELD(struct logout_body, app_secret, secret, .help = "for apps with require_secret"),
};

static enum err logout_run(struct op *op, void *body)
{
	const struct logout_body *asked = body;
	int *ended = ARENA_NEW(op->arena, int);
	op->result = ended;
	struct refresh refresh;
	if (refresh_read(asked->refresh_token, &refresh))
		return ERR_NONE;
	TRY(check_app(op, &refresh, asked->app_id));
	const enum err err =
		asked->everywhere ? session_end_everywhere(op, &refresh, ended) : session_end(op, &refresh, ended);
	/* a session that was pruned is as gone as one that never was */
	return err == ERR_TOKEN_INVALID ? ERR_NONE : err;
}

static void logout_reply(struct op *op, struct emit *json)
{
	emit_int(json, "sessions_ended", *(const int *)op->result);
}

static const struct answer_field LOGOUT_ANSWER[] = {
	{"sessions_ended", "integer",
		"how many sessions this call ended; 0 for a token that is unknown or ended before"},
};
static const enum err LOGOUT_ERRORS[] = {
	ERR_TOKEN_INVALID, ERR_TOKEN_REVOKED, ERR_TOKEN_REUSE, ERR_USER_DELETED, ERR_NONE};

const struct action token_logout_action = {
	.summary = "End the session of a refresh token",
	ACTION_FIELDS(struct logout_body, LOGOUT_FIELDS),
	.run = logout_run,
	.reply = logout_reply,
	ACTION_ANSWER(LOGOUT_ANSWER),
	.errors = LOGOUT_ERRORS,
};

/* ---- me ---- */

/* The session as the token has it: it may have moved into another tenant since. */
static enum err me_run(struct op *op, void *body)
{
	struct session *session = ARENA_NEW(op->arena, struct session);
	*session = *op->user.session;
	session->tenant_id = op->user.tenant_id;
	op->result = session;
	return session_read_roles(op, session);
}

static void me_reply(struct op *op, struct emit *json)
{
	const struct session *session = op->result;
	user_emit(json, "user", op->user.record, false);
	uuid_emit(json, "session_id", session->session_id);
	uuid_emit(json, "tenant_id", session->tenant_id);
	role_emit_names(json, "roles", &session->roles);
}

static const struct answer_field ME_ANSWER[] = {
	{"user", "object", "user_id, email, phone, created_at, last_sign_in_at"},
	{"session_id", "string", "the session of the access token"},
	{"tenant_id", "string", "the tenant the access token is for, or null"},
	{"roles", "array", "the user's roles in that tenant as of now; empty without a tenant"},
};
static const enum err ME_ERRORS[] = {
	ERR_TOKEN_INVALID, ERR_TOKEN_EXPIRED, ERR_TOKEN_REVOKED, ERR_USER_DELETED, ERR_NONE};

const struct action token_me_action = {
	.summary = "Say who the access token speaks for",
	.run = me_run,
	.reply = me_reply,
	ACTION_ANSWER(ME_ANSWER),
	.errors = ME_ERRORS,
};

/* ---- introspect ---- */

struct introspect_body {
	struct uuid app_id;
	struct text app_secret;
	struct text token;
};

static const struct field INTROSPECT_FIELDS[] = {
	FIELD(struct introspect_body, app_id, uuid, .help = "unless HTTP Basic names the app"),
	FIELD(struct introspect_body, app_secret, secret, .help = "unless HTTP Basic carries it"),
	FIELD(struct introspect_body, token, token, .required = true,
		.help = "an access token or a refresh token of this app"),
};

/* An active token; NULL in op->result means inactive. */
struct introspected {
	const char *token_type;
	struct session *session;
	int64_t iat, exp; /* seconds */
};

/* The session of an access token (in the token's tenant), or of the current refresh token; refusals mean inactive. */
static enum err introspect(struct op *op, struct text token, struct introspected *found)
{
	struct access access;
	struct refresh refresh;
	struct session_row *row = ARENA_NEW(op->arena, struct session_row);
	if (access_check(op, token, &access) == ERR_NONE) {
		TRY(session_live(op, access.app_id, access.session_id, row));
		row->session.tenant_id = access.tenant_id;
		*found = (struct introspected){"access_token", &row->session, access.iat, access.exp};
		return ERR_NONE;
	}
	if (refresh_read(token, &refresh))
		return ERR_TOKEN_INVALID;
	TRY(session_live(op, refresh.app_id, refresh.session_id, row));
	if (!session_row_awaits(row, refresh.generation))
		return ERR_TOKEN_REVOKED;
	*found = (struct introspected){
		"refresh_token", &row->session, row->last_used_at / 1000, row->session.idle_until / 1000};
	return ERR_NONE;
}

static enum err introspect_run(struct op *op, void *body)
{
	const struct introspect_body *asked = body;
	struct introspected *found = ARENA_NEW(op->arena, struct introspected);
	op->result = NULL;
	const enum err err = introspect(op, asked->token, found);
	if (err != ERR_NONE)
		return err_info(err)->fault ? err : ERR_NONE;
	if (!uuid_equal(found->session->app_id, op->app->id))
		return ERR_NONE;
	op->result = found;
	return session_read_roles(op, found->session);
}

static void introspect_reply(struct op *op, struct emit *json)
{
	const struct introspected *found = op->result;
	emit_bool(json, "active", found != NULL);
	if (!found)
		return;
	const struct session *session = found->session;
	emit_string(json, "token_type", found->token_type);
	uuid_emit(json, "sub", session->user_id);
	uuid_emit(json, "sid", session->session_id);
	uuid_emit(json, "aud", session->app_id);
	uuid_emit(json, "client_id", session->app_id);
	emit_string(json, "iss", mint_issuer());
	emit_int(json, "iat", found->iat);
	emit_int(json, "exp", found->exp);
	emit_int(json, "auth_time", session->auth_time / 1000);
	if (!uuid_is_nil(session->tenant_id)) {
		uuid_emit(json, "tenant_id", session->tenant_id);
		role_emit_names(json, "roles", &session->roles);
	}
}

static const struct answer_field INTROSPECT_ANSWER[] = {
	{"active", "boolean", "whether the token may be used now; when false nothing else is said"},
	{"token_type", "string", "access_token or refresh_token"},
	{"sub", "string", "the user"},
	{"sid", "string", "the session"},
	{"aud", "string", "the app"},
	{"client_id", "string", "the app"},
	{"iss", "string", "our public URL"},
	{"iat", "integer", "when the token was made, seconds since 1970"},
	{"exp", "integer", "when it ends"},
	{"auth_time", "integer", "when the person signed in"},
	{"tenant_id", "string", "the tenant the token is for; absent without one"},
	{"roles", "array", "the user's roles in that tenant as of now; absent without a tenant"},
};

const struct action token_introspect_action = {
	.summary = "Ask whether a token is good right now (RFC 7662)",
	ACTION_FIELDS(struct introspect_body, INTROSPECT_FIELDS),
	.run = introspect_run,
	.reply = introspect_reply,
	ACTION_ANSWER(INTROSPECT_ANSWER),
	.form = true,
};
