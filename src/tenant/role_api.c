#include "app/app.h"
#include "tenant/role.h"

static void emit_fields(struct emit *json, const struct role *role)
{
	uuid_emit(json, "tenant_id", role->tenant_id);
	uuid_emit(json, "user_id", role->user_id);
	emit_text(json, "role", role->name);
	emit_time(json, "assigned_at", role_assigned_at(role));
}

void role_emit_names(struct emit *json, const char *key, const struct text_list *names)
{
	emit_array(json, key);
	for (size_t i = 0; i < names->count; i++)
		emit_text(json, NULL, names->items[i]);
	emit_end_array(json);
}

/* ---- the name of a role ---- */

static bool is_role(struct text t)
{
	if (t.n < 1 || t.n > ROLE_NAME_MAX || t.p[0] < 'a' || t.p[0] > 'z')
		return false;
	for (size_t i = 0; i < t.n; i++)
		if (!((t.p[i] >= 'a' && t.p[i] <= 'z') || (t.p[i] >= '0' && t.p[i] <= '9') || t.p[i] == '_' ||
			    t.p[i] == ':' || t.p[i] == '-'))
			return false;
	return true;
}

static const char *read_role(struct op *op, const struct field *field, const json_t *value, void *member)
{
	const struct text t =
		json_is_string(value) ? text_bytes(json_string_value(value), json_string_length(value)) : TEXT_NONE;
	if (!is_role(t))
		return "Must be 1 to 64 of a-z, 0-9, _, : and -, beginning with a letter.";
	*(struct text *)member = arena_copy(op->arena, t);
	return NULL;
}
static const struct field_type field_role = {"string", NULL, "^[a-z][a-z0-9_:-]{0,63}$", read_role};

/* What assign and revoke take. */
struct role_body {
	struct uuid tenant_id, user_id;
	struct text role;
	struct uuid app_id;
	struct text app_secret;
};
#define PAIR_FIELDS                                                                                                    \
	FIELD(struct role_body, tenant_id, uuid, .required = true, .help = "the tenant"),                              \
		FIELD(struct role_body, user_id, uuid, .required = true, .help = "the user")
#define APP_FIELDS                                                                                                     \
	FIELD(struct role_body, app_id, uuid, .help = "unless HTTP Basic names the app"),                              \
		FIELD(struct role_body, app_secret, secret, .help = "unless HTTP Basic carries it")

static struct role role_of(const struct role_body *in)
{
	return (struct role){.tenant_id = in->tenant_id, .user_id = in->user_id, .name = in->role};
}

/* ---- assign ---- */

static const struct field ASSIGN_FIELDS[] = {
	PAIR_FIELDS,
	FIELD_OF(struct role_body, role, field_role, struct text, .required = true,
		.help = "what the user may do there; a user has at most 32 roles in a tenant"),
	APP_FIELDS,
};

static enum err run_assign(struct op *op, void *body)
{
	struct role *role = ARENA_NEW(op->arena, struct role);
	bool is_new = false;
	*role = role_of(body);
	op->result = role;
	const enum err err = role_assign(op, op->app->id, role, &is_new);
	if (err == ERR_VALIDATION_ERROR)
		schema_bad(op, "role", "The user has 32 roles in this tenant; there is no room for another.");
	if (is_new)
		op->status = 201;
	return err;
}

static void reply_assign(struct op *op, struct emit *json)
{
	emit_fields(json, op->result);
}

static const struct answer_field ASSIGN_ANSWER[] = {
	{"tenant_id", "string", "as asked"},
	{"user_id", "string", "as asked"},
	{"role", "string", "as asked"},
	{"assigned_at", "string", "since when the user has it (RFC 3339); the status is 201 when it is new, else 200"},
};
static const enum err ASSIGN_ERRORS[] = {ERR_TENANT_NOT_FOUND, ERR_USER_NOT_FOUND, ERR_USER_DELETED, ERR_NONE};

const struct action role_assign_action = {
	.summary = "Give a user a role in a tenant",
	ACTION_FIELDS(struct role_body, ASSIGN_FIELDS),
	.run = run_assign,
	.reply = reply_assign,
	ACTION_ANSWER(ASSIGN_ANSWER),
	.errors = ASSIGN_ERRORS,
};

/* ---- revoke ---- */

static const struct field REVOKE_FIELDS[] = {
	PAIR_FIELDS,
	FIELD_OF(struct role_body, role, field_role, struct text, .help = "which; all the user has there when absent"),
	APP_FIELDS,
};

static enum err run_revoke(struct op *op, void *body)
{
	int *revoked = ARENA_NEW(op->arena, int);
	const struct role role = role_of(body);
	op->result = revoked;
	return role_revoke(op, op->app->id, &role, revoked);
}

static void reply_revoke(struct op *op, struct emit *json)
{
	emit_int(json, "roles_revoked", *(const int *)op->result);
}

static const struct answer_field REVOKE_ANSWER[] = {{"roles_revoked", "integer", "how many were taken away"}};
static const enum err REVOKE_ERRORS[] = {ERR_TENANT_NOT_FOUND, ERR_USER_NOT_FOUND, ERR_ROLE_NOT_FOUND, ERR_NONE};

const struct action role_revoke_action = {
	.summary = "Take a role in a tenant from a user, or every one",
	ACTION_FIELDS(struct role_body, REVOKE_FIELDS),
	.run = run_revoke,
	.reply = reply_revoke,
	ACTION_ANSWER(REVOKE_ANSWER),
	.errors = REVOKE_ERRORS,
};

/* ---- list ---- */

struct list_query {
	struct uuid tenant_id, user_id, cursor;
	int64_t limit;
};
static const struct field LIST_FIELDS[] = {
	FIELD(struct list_query, tenant_id, uuid, .place = IN_QUERY,
		.help = "roles in this tenant; one of tenant_id and user_id is required"),
	FIELD(struct list_query, user_id, uuid, .place = IN_QUERY, .help = "roles of this user"),
	LISTING_FIELDS(struct list_query),
};

static void check_list(struct op *op, void *body)
{
	if (!schema_sent(op, "tenant_id") && !schema_sent(op, "user_id"))
		schema_bad(op, "tenant_id", "One of tenant_id and user_id is required.");
}

static enum err run_list(struct op *op, void *body)
{
	const struct list_query *in = body;
	const struct role_filter filter = {in->tenant_id, in->user_id};
	struct role row = {0};
	struct listing *listing = listing_new(op, in->cursor, in->limit, &row, sizeof row);
	op->result = listing;
	return role_list(op, op->app->id, &filter, &row, listing);
}

static void emit_row(struct emit *json, const void *row)
{
	emit_object(json, NULL);
	emit_fields(json, row);
	emit_end_object(json);
}

static void reply_list(struct op *op, struct emit *json)
{
	listing_emit(json, "roles", op->result, emit_row, offsetof(struct role, role_id));
}

static const struct answer_field LIST_ANSWER[] = {
	{"roles", "array", "tenant_id, user_id, role, assigned_at; newest first"}, LISTING_ANSWER};
static const enum err LIST_ERRORS[] = {ERR_TENANT_NOT_FOUND, ERR_USER_NOT_FOUND, ERR_NONE};

const struct action role_list_action = {
	.summary = "List the roles of a tenant, of a user, or of both",
	ACTION_FIELDS(struct list_query, LIST_FIELDS),
	.check = check_list,
	.run = run_list,
	.reply = reply_list,
	ACTION_ANSWER(LIST_ANSWER),
	.errors = LIST_ERRORS,
};
