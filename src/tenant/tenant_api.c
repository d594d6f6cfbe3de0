#include "app/app.h"
#include "tenant/tenant.h"

static void emit_fields(struct emit *json, const struct tenant *tenant)
{
	uuid_emit(json, "tenant_id", tenant->id);
	emit_text(json, "name", tenant->name);
	emit_text(json, "slug", tenant->slug);
	emit_time(json, "created_at", tenant->created_at);
}

static void emit_row(struct emit *json, const void *row)
{
	emit_object(json, NULL);
	emit_fields(json, row);
	emit_end_object(json);
}

static void reply_tenant(struct op *op, struct emit *json)
{
	emit_object(json, "tenant");
	emit_fields(json, op->result);
	emit_end_object(json);
}

static const struct answer_field TENANT_ANSWER[] = {{"tenant", "object", "tenant_id, name, slug, created_at"}};
static const enum err UNKNOWN_ERRORS[] = {ERR_TENANT_NOT_FOUND, ERR_NONE};

/* ---- the slug ---- */

static bool is_slug(struct text t)
{
	if (t.n < 1 || t.n > TENANT_SLUG_MAX)
		return false;
	for (size_t i = 0; i < t.n; i++)
		if (!((t.p[i] >= 'a' && t.p[i] <= 'z') || (t.p[i] >= '0' && t.p[i] <= '9') || t.p[i] == '-'))
			return false;
	return true;
}

static const char *read_slug(struct op *op, const struct field *field, const json_t *value, void *member)
{
	const struct text t =
		json_is_string(value) ? text_bytes(json_string_value(value), json_string_length(value)) : TEXT_NONE;
	if (!is_slug(t))
		return "Must be 1 to 63 of a-z, 0-9 and -.";
	*(struct text *)member = arena_copy(op->arena, t);
	return NULL;
}
static const struct field_type field_slug = {"string", NULL, "^[a-z0-9-]{1,63}$", read_slug};

/* ---- create ---- */

struct create_body {
	struct uuid app_id;
	struct text app_secret, name, slug;
};
static const struct field CREATE_FIELDS[] = {
	FIELD(struct create_body, app_id, uuid, .help = "unless HTTP Basic names the app"),
	FIELD(struct create_body, app_secret, secret, .help = "unless HTTP Basic carries it"),
	FIELD(struct create_body, name, text, .required = true, .min = 1, .max = TENANT_NAME_MAX,
		.help = "as people call it"),
	FIELD_OF(struct create_body, slug, field_slug, struct text,
		.help = "a name for addresses, which no other tenant of the app has; none when absent"),
};

static enum err run_create(struct op *op, void *body)
{
	const struct create_body *in = body;
	struct tenant *tenant = ARENA_NEW(op->arena, struct tenant);
	op->result = tenant;
	return tenant_create(op, op->app->id, in->name, in->slug, tenant);
}

static void reply_create(struct op *op, struct emit *json)
{
	emit_fields(json, op->result);
}

static const struct answer_field CREATE_ANSWER[] = {
	{"tenant_id", "string", "names the tenant from now on"},
	{"name", "string", "as asked"},
	{"slug", "string", "as asked, or null"},
	{"created_at", "string", "now (RFC 3339)"},
};
static const enum err CREATE_ERRORS[] = {ERR_ALREADY_EXISTS, ERR_NONE};

const struct action tenant_create_action = {
	.summary = "Make a tenant",
	ACTION_FIELDS(struct create_body, CREATE_FIELDS),
	.run = run_create,
	.reply = reply_create,
	.status = 201,
	ACTION_ANSWER(CREATE_ANSWER),
	.errors = CREATE_ERRORS,
};

/* ---- list ---- */

struct list_query {
	struct uuid cursor;
	int64_t limit;
};
static const struct field LIST_FIELDS[] = {LISTING_FIELDS(struct list_query)};

static enum err run_list(struct op *op, void *body)
{
	const struct list_query *in = body;
	struct tenant row = {0};
	struct listing *listing = listing_new(op, in->cursor, in->limit, &row, sizeof row);
	op->result = listing;
	return tenant_list(op, op->app->id, &row, listing);
}

static void reply_list(struct op *op, struct emit *json)
{
	listing_emit(json, "tenants", op->result, emit_row, offsetof(struct tenant, id));
}

static const struct answer_field LIST_ANSWER[] = {
	{"tenants", "array", "tenant_id, name, slug, created_at; newest first"}, LISTING_ANSWER};

const struct action tenant_list_action = {
	.summary = "List the app's tenants",
	ACTION_FIELDS(struct list_query, LIST_FIELDS),
	.run = run_list,
	.reply = reply_list,
	ACTION_ANSWER(LIST_ANSWER),
};

/* ---- show ---- */

struct tenant_path {
	struct uuid tenant_id;
};
static const struct field PATH_FIELDS[] = {
	FIELD(struct tenant_path, tenant_id, uuid, .place = IN_PATH, .required = true, .help = "the tenant"),
};

static enum err run_show(struct op *op, void *body)
{
	struct tenant *tenant = ARENA_NEW(op->arena, struct tenant);
	op->result = tenant;
	return tenant_get(op, op->app->id, ((const struct tenant_path *)body)->tenant_id, tenant);
}

const struct action tenant_show_action = {
	.summary = "Show a tenant",
	ACTION_FIELDS(struct tenant_path, PATH_FIELDS),
	.run = run_show,
	.reply = reply_tenant,
	ACTION_ANSWER(TENANT_ANSWER),
	.errors = UNKNOWN_ERRORS,
};

/* ---- set ---- */

struct set_body {
	struct uuid tenant_id, app_id;
	struct text app_secret, name, slug;
};
static const struct field SET_FIELDS[] = {
	FIELD(struct set_body, tenant_id, uuid, .place = IN_PATH, .required = true, .help = "the tenant"),
	FIELD(struct set_body, app_id, uuid, .help = "unless HTTP Basic names the app"),
	FIELD(struct set_body, app_secret, secret, .help = "unless HTTP Basic carries it"),
	FIELD(struct set_body, name, text, .min = 1, .max = TENANT_NAME_MAX, .help = "as people call it"),
	FIELD_OF(struct set_body, slug, field_slug, struct text, .help = "a name for addresses; null takes it away"),
};

static void check_set(struct op *op, void *body)
{
	if (schema_sent_null(op, "name"))
		schema_bad(op, "name", "Must not be null: every tenant has a name.");
}

static enum err run_set(struct op *op, void *body)
{
	const struct set_body *in = body;
	struct tenant *tenant = ARENA_NEW(op->arena, struct tenant);
	const struct tenant_change change = {in->name, schema_sent(op, "slug"), in->slug};
	op->result = tenant;
	return tenant_change(op, op->app->id, in->tenant_id, &change, tenant);
}

static const enum err SET_ERRORS[] = {ERR_TENANT_NOT_FOUND, ERR_ALREADY_EXISTS, ERR_NONE};

const struct action tenant_set_action = {
	.summary = "Change a tenant's name or slug",
	ACTION_FIELDS(struct set_body, SET_FIELDS),
	.check = check_set,
	.run = run_set,
	.reply = reply_tenant,
	ACTION_ANSWER(TENANT_ANSWER),
	.errors = SET_ERRORS,
};
