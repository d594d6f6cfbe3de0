#include "api/gate.h"

#include "api/body.h"
#include "api/credentials.h"
#include "api/origin.h"
#include "core/limit.h"

static struct {
	const struct house *house;
	const struct gate_callers *callers;
} room;

void gate_start(const struct house *house, const struct gate_callers *callers)
{
	room.house = house;
	room.callers = callers;
	origin_start(house);
}

void gate_client(struct op *op)
{
	op->client = origin_client(op->request);
	op->client_known = !op->request->local;
	struct text agent = http_field(op->request, "User-Agent");
	if (agent.n > 256)
		agent.n = 256;
	if (text_is_printable(agent))
		op->user_agent = agent;
}

enum err gate_host(const struct op *op)
{
	return op->request->local || origin_host_is_ours(op->request->host) ? ERR_NONE : ERR_MISDIRECTED_REQUEST;
}

/* ---- body ---- */

static bool is_type(struct text content_type, const char *wanted)
{
	struct text essence = text_trim(text_cut(&content_type, ';'));
	return text_equal_nocase(essence, text_of(wanted));
}

/* No body is an empty object: *json_r stays as it is. Endpoints take JSON, pages forms, few both. */
static enum err read_body(struct op *op, json_t **json_r)
{
	struct text body = op->request->body, type = http_field(op->request, "Content-Type");
	bool is_page = op->endpoint->caller == CALLER_PAGE;
	const char *why;
	if (body.n == 0 && text_absent(type))
		return ERR_NONE;
	bool form = (is_page || op->endpoint->action->form) && is_type(type, "application/x-www-form-urlencoded");
	if (!form && (is_page || !is_type(type, "application/json")))
		return ERR_UNSUPPORTED_MEDIA_TYPE;
	if (body.n == 0)
		return ERR_NONE;
	if ((form ? body_parse_form(op->arena, body, json_r, &why) : body_parse(body, json_r, &why)) == 0)
		return ERR_NONE;
	op_bad_field(op, "body", 0, why);
	return ERR_VALIDATION_ERROR;
}

/* ---- origin ---- */

static enum err judge_origin(struct op *op, const struct credentials *credentials)
{
	struct text origin = http_field(op->request, "Origin"), site = http_field(op->request, "Sec-Fetch-Site");
	bool foreign = text_equal(site, TEXT("cross-site")) || text_equal(site, TEXT("same-site"));
	if (text_absent(origin))
		return foreign ? ERR_FORBIDDEN : ERR_NONE;
	bool named = !text_absent(credentials->app_id);
	const struct app *app = named ? credentials_app(credentials, room.callers) : NULL;
	if (!origin_is_ours(origin) && ((named && !app) || !room.callers->app_allows_origin(app, origin)))
		return ERR_FORBIDDEN;
	op->cors_origin = origin;
	return ERR_NONE;
}

enum err gate_preflight(struct op *op)
{
	return judge_origin(op, &(struct credentials){0});
}

/* ---- proof ---- */

/* An app's own share of an address budget: its id in one spelling, since as text it has thousands. Absent: no app's. */
static struct text scope_of(struct op *op, const struct credentials *credentials)
{
	struct uuid *id = ARENA_NEW(op->arena, struct uuid);
	return uuid_read(credentials->app_id, id) == 0 ? text_bytes(id, sizeof *id) : TEXT_NONE;
}

/* A secret that was sent must be right. Whoever keeps sending wrong ones is throttled per app and address. */
static enum err judge_secret(struct op *op, const struct credentials *credentials)
{
	if (!credentials->has_secret)
		return ERR_NONE;
	struct text scope = scope_of(op, credentials);
	enum err spent = limit_look(op, LIMIT_wrong_secrets, scope);
	if (spent != ERR_NONE)
		return spent;
	const struct app *app = credentials_app(credentials, room.callers);
	if (!room.callers->app_secret_fits(app, credentials->secret, op->now) || credentials->broken) {
		(void)limit_take(op, LIMIT_wrong_secrets, scope);
		return ERR_TOKEN_INVALID;
	}
	op->app = app;
	op->app_proven = true;
	return ERR_NONE;
}

/* Whoever reached the operator's socket speaks for every app: it names one, or there is just one. */
static enum err take_local_app(struct op *op, const struct credentials *credentials)
{
	bool named = !text_absent(credentials->app_id);
	op->app = named ? credentials_app(credentials, room.callers) : room.callers->app_sole();
	op->app_proven = op->app != NULL;
	if (op->app)
		return ERR_NONE;
	if (named)
		return ERR_APP_NOT_FOUND;
	op_bad_field(op, "app_id", 0, "Is required (--app APP_ID) unless there is just one app.");
	return ERR_VALIDATION_ERROR;
}

/* The rest of a USER row's proof, and its VALIDATION_ERROR, wait for the store: see gate_live. */
static bool speaks_for_user(const struct op *op)
{
	return op->endpoint->caller == CALLER_USER || !uuid_is_nil(op->user.session_id);
}

static enum err judge_proof(struct op *op, const struct credentials *credentials, const json_t *json)
{
	const struct action *action = op->endpoint->action;
	if (op->request->local && op->endpoint->caller == CALLER_SERVER)
		return take_local_app(op, credentials);
	switch (op->endpoint->caller) {
	case CALLER_OPERATOR:
	case CALLER_PAGE: return ERR_NONE;
	case CALLER_USER: return room.callers->user(op, credentials->bearer);
	case CALLER_NONE:
	case CALLER_APP:
	case CALLER_SERVER: break;
	}
	enum err err = judge_secret(op, credentials);
	if (err == ERR_NONE && op->endpoint->caller == CALLER_SERVER && !op->app_proven)
		return ERR_TOKEN_INVALID;
	if (err == ERR_NONE && action->needs_user && action->needs_user(json))
		return room.callers->user(op, credentials->bearer);
	return err;
}

/* A proven app speaks for many users: its address budgets are theirs, or none. */
static void choose_client(struct op *op, const json_t *json)
{
	const json_t *end_user = json_object_get(json, "end_user_ip");
	if (!op->app_proven)
		return;
	op->client_known = false;
	if (!end_user || json_is_null(end_user))
		return;
	struct text literal = text_bytes(json_string_value(end_user), json_string_length(end_user));
	if (json_is_string(end_user) && ip_read(literal, &op->client) == 0)
		op->client_known = true;
	else
		op_bad_field(op, "end_user_ip", SIZE_MAX, "Must be an IPv4 or IPv6 address.");
}

/* ---- fields ---- */

static void read_idempotency_key(struct op *op)
{
	struct text key = http_field(op->request, "Idempotency-Key");
	if (text_absent(key))
		return;
	if (key.n >= 1 && key.n <= 128 && text_is_printable(key) && !memchr(key.p, ' ', key.n))
		op->idempotency_key = key;
	else
		op_bad_field(op, "Idempotency-Key", SIZE_MAX, "Must be 1 to 128 visible ASCII characters.");
}

static void make_body(struct op *op)
{
	size_t size = op->endpoint->action->body_size;
	op->body = size ? arena_alloc(op->arena, size) : NULL;
}

static void read_fields(struct op *op, const json_t *json, const struct text *path_params)
{
	const struct action *action = op->endpoint->action;
	schema_read(op, action->fields, action->field_count, json, path_params, op->body);
	if (action->check)
		action->check(op, op->body);
}

/* ---- the app of an app's call ---- */

static enum err judge_app(struct op *op, const struct credentials *credentials)
{
	if (op->endpoint->caller != CALLER_APP || op->app_proven)
		return ERR_NONE;
	op->app = credentials_app(credentials, room.callers);
	if (!op->app)
		return ERR_APP_NOT_FOUND;
	return room.callers->app_requires_secret(op->app) ? ERR_TOKEN_INVALID : ERR_NONE;
}

/* ---- all of it, in order ---- */

static enum err pass(struct op *op, const struct text *path_params)
{
	json_t *json = json_object();
	struct credentials credentials = {0};
	/* an answer to an unreadable body may still be read by the page that sent it */
	(void)gate_preflight(op);
	enum err err = read_body(op, &json);
	if (err != ERR_NONE)
		return err;
	op->cors_origin = TEXT_NONE;
	credentials_read(op, json, &credentials);
	err = op->endpoint->caller == CALLER_OPERATOR ? ERR_NONE : judge_origin(op, &credentials);
	if (err != ERR_NONE)
		return err;
	err = judge_proof(op, &credentials, json);
	if (err != ERR_NONE)
		return err;
	choose_client(op, json);
	read_idempotency_key(op);
	credentials_fill(&credentials, json);
	make_body(op);
	read_fields(op, json, path_params);
	if (op->bad_count)
		return speaks_for_user(op) ? ERR_NONE : ERR_VALIDATION_ERROR;
	err = judge_app(op, &credentials);
	if (err != ERR_NONE)
		return err;
	return limit_take(op, op->endpoint->limit, op->app_proven ? scope_of(op, &credentials) : TEXT_NONE);
}

/* What a browser posts to a page of ours, it was not sent to by another site. Browsers without fetch metadata are left to
 * the cookie, which is SameSite, and the form token; Origin is of no use: our own pages send null (no-referrer). */
static bool is_from_elsewhere(const struct op *op)
{
	struct text site = http_field(op->request, "Sec-Fetch-Site");
	if (op->request->method == HTTP_GET || op->request->method == HTTP_HEAD || text_absent(site))
		return false;
	return !text_equal(site, TEXT("same-origin")) && !text_equal(site, TEXT("none"));
}

/* A page's caller is whoever sits at the browser: it has no credentials, and speaks for its own address. */
static enum err pass_page(struct op *op, const struct text *path_params)
{
	json_t *json = json_object();
	make_body(op);
	if (is_from_elsewhere(op))
		return ERR_FORBIDDEN;
	bool has_form = op->request->method != HTTP_GET && op->request->method != HTTP_HEAD;
	enum err err = has_form ? read_body(op, &json) : ERR_NONE;
	if (err != ERR_NONE)
		return err;
	read_fields(op, json, path_params);
	if (op->bad_count)
		return ERR_VALIDATION_ERROR;
	return limit_take(op, op->endpoint->limit, TEXT_NONE);
}

enum err gate_pass(struct op *op, const struct text *path_params)
{
	body_enter(op->arena);
	enum err err = op->endpoint->caller == CALLER_PAGE ? pass_page(op, path_params) : pass(op, path_params);
	body_leave();
	const struct action *action = op->endpoint->action;
	return err == ERR_NONE && action->judge ? action->judge(op, op->body) : err;
}

enum err gate_live(struct op *op)
{
	if (!speaks_for_user(op))
		return ERR_NONE;
	enum err err = room.callers->user_live(op);
	return err == ERR_NONE && op->bad_count ? ERR_VALIDATION_ERROR : err;
}
