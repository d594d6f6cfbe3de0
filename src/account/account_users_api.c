#include "account/account.h"

#include "app/app.h"
#include "user/metadata.h"

/* ---- what the endpoints have in common ---- */

struct user_path {
	struct uuid user_id;
};
#define USER_ID(body) FIELD(body, user_id, uuid, .place = IN_PATH, .required = true, .help = "the user")
static const struct field USER_PATH[] = {USER_ID(struct user_path)};

static void emit_user(struct emit *json, const char *key, const struct user *user)
{
	emit_object(json, key);
	user_emit_members(json, user);
	emit_end_object(json);
}

static void reply_user(struct op *op, struct emit *json)
{
	emit_user(json, "user", op->result);
}

static const struct answer_field USER_ANSWER[] = {{"user", "object", USER_MEMBERS}};
static const enum err NOT_FOUND_ERRORS[] = {ERR_USER_NOT_FOUND, ERR_NONE};

/* ---- create ---- */

struct create_body {
	struct contact email, phone;
	struct text metadata;
};
static const struct field CREATE_FIELDS[] = {
	FIELD(struct create_body, email, email, .help = "counts as proven once its owner proved it; or phone, or both"),
	FIELD(struct create_body, phone, phone, .help = "counts as proven once its owner proved it; or email, or both"),
	FIELD(struct create_body, metadata, object, .max = METADATA_MAX,
		.help = "what your server keeps with the user"),
};

static void check_create(struct op *op, void *body)
{
	if (!schema_given(op, "email") && !schema_given(op, "phone"))
		schema_bad(op, "email", "One of email and phone is required.");
}

static enum err run_create(struct op *op, void *body)
{
	const struct create_body *in = body;
	const struct user_contacts contacts = {in->email, in->phone};
	struct user *user = ARENA_NEW(op->arena, struct user);
	op->result = user;
	return account_create(op, &contacts, in->metadata, user);
}

static void reply_create(struct op *op, struct emit *json)
{
	user_emit_members(json, op->result);
}

static const struct answer_field CREATE_ANSWER[] = {
	{"user_id", "string", "the new user"},
	{"email", "string", "or null"},
	{"phone", "string", "or null"},
	{"created_at", "string", "now (RFC 3339)"},
	{"last_sign_in_at", "string", "null until the first sign-in"},
	{"metadata", "object", "as sent"},
	{"deleted_at", "string", "null"},
};
static const enum err CREATE_ERRORS[] = {ERR_ALREADY_EXISTS, ERR_NONE};

const struct action account_create_action = {
	.summary = "Make a user who will sign in later: an import, an invitation",
	ACTION_FIELDS(struct create_body, CREATE_FIELDS),
	.check = check_create,
	.run = run_create,
	.reply = reply_create,
	.status = 201,
	ACTION_ANSWER(CREATE_ANSWER),
	.errors = CREATE_ERRORS,
};

/* ---- list ---- */

struct list_query {
	struct contact email, phone;
	struct uuid cursor;
	int64_t limit;
};
static const struct field LIST_QUERY[] = {
	FIELD(struct list_query, email, email, .place = IN_QUERY, .help = "only the user who holds it"),
	FIELD(struct list_query, phone, phone, .place = IN_QUERY,
		.help = "only the user who holds it; + is %2B in a URL"),
	LISTING_FIELDS(struct list_query),
};

static void check_list(struct op *op, void *body)
{
	if (schema_given(op, "email") && schema_given(op, "phone"))
		schema_bad(op, "phone", "Must not come together with email.");
}

static enum err run_list(struct op *op, void *body)
{
	const struct list_query *in = body;
	const struct contact *contact = in->email.kind != CONTACT_NONE ? &in->email : &in->phone;
	struct listing *page = NULL;
	TRY(user_list(op, op->app->id, contact->kind != CONTACT_NONE ? contact : NULL, in->cursor, in->limit, &page));
	op->result = page;
	return ERR_NONE;
}

static void emit_listed(struct emit *json, const void *row)
{
	emit_user(json, NULL, row);
}

static void reply_list(struct op *op, struct emit *json)
{
	listing_emit(json, "users", op->result, emit_listed, offsetof(struct user, id));
}

static const struct answer_field LIST_ANSWER[] = {
	{"users", "array", "newest first, deleted ones too; of each " USER_MEMBERS},
	LISTING_ANSWER,
};

const struct action account_list_action = {
	.summary = "List users, or find one by contact",
	ACTION_FIELDS(struct list_query, LIST_QUERY),
	.check = check_list,
	.run = run_list,
	.reply = reply_list,
	ACTION_ANSWER(LIST_ANSWER),
};

/* ---- show ---- */

static enum err run_show(struct op *op, void *body)
{
	op->result = ARENA_NEW(op->arena, struct user);
	return user_get(op, op->app->id, ((const struct user_path *)body)->user_id, op->result);
}

const struct action account_show_action = {
	.summary = "Show a user",
	ACTION_FIELDS(struct user_path, USER_PATH),
	.run = run_show,
	.reply = reply_user,
	ACTION_ANSWER(USER_ANSWER),
	.errors = NOT_FOUND_ERRORS,
};

/* ---- change ---- */

struct change_body {
	struct uuid user_id;
	struct contact email, phone;
	struct text metadata;
};
static const struct field CHANGE_FIELDS[] = {
	USER_ID(struct change_body),
	FIELD(struct change_body, email, email,
		.help = "takes the place of the present one, unproven; null removes it"),
	FIELD(struct change_body, phone, phone,
		.help = "takes the place of the present one, unproven; null removes it"),
	FIELD(struct change_body, metadata, object, .max = METADATA_MAX,
		.help = "merged member by member (RFC 7396): null removes a member, or all"),
};

static enum err run_change(struct op *op, void *body)
{
	const struct change_body *in = body;
	const struct user_change change = {.sets_email = schema_sent(op, "email"),
		.sets_phone = schema_sent(op, "phone"),
		.contacts = {in->email, in->phone},
		.sets_metadata = schema_sent(op, "metadata"),
		.metadata = in->metadata};
	op->result = ARENA_NEW(op->arena, struct user);
	return account_change(op, in->user_id, &change, op->result);
}

static const enum err CHANGE_ERRORS[] = {ERR_USER_NOT_FOUND, ERR_ALREADY_EXISTS, ERR_NONE};

const struct action account_change_action = {
	.summary = "Change a user's contacts or metadata",
	ACTION_FIELDS(struct change_body, CHANGE_FIELDS),
	.run = run_change,
	.reply = reply_user,
	ACTION_ANSWER(USER_ANSWER),
	.errors = CHANGE_ERRORS,
};

/* ---- delete and restore ---- */

struct deleted {
	struct user user;
	int sessions_ended;
};

static enum err run_delete(struct op *op, void *body)
{
	struct deleted *deleted = ARENA_NEW(op->arena, struct deleted);
	op->result = deleted;
	return account_delete(op, ((const struct user_path *)body)->user_id, &deleted->user, &deleted->sessions_ended);
}

static void reply_delete(struct op *op, struct emit *json)
{
	const struct deleted *deleted = op->result;
	emit_user(json, "user", &deleted->user);
	emit_int(json, "sessions_ended", deleted->sessions_ended);
}

static const struct answer_field DELETE_ANSWER[] = {
	{"user", "object", USER_MEMBERS},
	{"sessions_ended", "integer", "how many sessions this call ended; 0 for a user who was deleted before"},
};

const struct action account_delete_action = {
	.summary = "Delete a user softly: sessions end, contacts stay held until it is restored or erased",
	ACTION_FIELDS(struct user_path, USER_PATH),
	.run = run_delete,
	.reply = reply_delete,
	ACTION_ANSWER(DELETE_ANSWER),
	.errors = NOT_FOUND_ERRORS,
};

static enum err run_restore(struct op *op, void *body)
{
	op->result = ARENA_NEW(op->arena, struct user);
	return account_restore(op, ((const struct user_path *)body)->user_id, op->result);
}

const struct action account_restore_action = {
	.summary = "Restore a deleted user, who may sign in again; no session comes back",
	ACTION_FIELDS(struct user_path, USER_PATH),
	.run = run_restore,
	.reply = reply_user,
	ACTION_ANSWER(USER_ANSWER),
	.errors = NOT_FOUND_ERRORS,
};

/* ---- erase ---- */

static enum err run_erase(struct op *op, void *body)
{
	return account_erase(op, ((const struct user_path *)body)->user_id);
}

static void reply_erase(struct op *op, struct emit *json)
{
	emit_bool(json, "erased", true);
}

static const struct answer_field ERASE_ANSWER[] = {{"erased", "boolean", "true"}};

const struct action account_erase_action = {
	.summary = "Erase a user for good, deleted before or not: contacts become free, roles and personal data go",
	ACTION_FIELDS(struct user_path, USER_PATH),
	.run = run_erase,
	.reply = reply_erase,
	ACTION_ANSWER(ERASE_ANSWER),
	.errors = NOT_FOUND_ERRORS,
};

/* ---- end sessions ---- */

static enum err run_end_sessions(struct op *op, void *body)
{
	int *ended = ARENA_NEW(op->arena, int);
	op->result = ended;
	return account_end_sessions(op, ((const struct user_path *)body)->user_id, ended);
}

static void reply_ended(struct op *op, struct emit *json)
{
	emit_int(json, "sessions_ended", *(const int *)op->result);
}

static const struct answer_field ENDED_ANSWER[] = {
	{"sessions_ended", "integer", "how many sessions this call ended"},
};

const struct action account_end_sessions_action = {
	.summary = "End all sessions of a user",
	ACTION_FIELDS(struct user_path, USER_PATH),
	.run = run_end_sessions,
	.reply = reply_ended,
	ACTION_ANSWER(ENDED_ANSWER),
	.errors = NOT_FOUND_ERRORS,
};
