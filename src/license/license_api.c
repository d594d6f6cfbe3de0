#include "license/license_fields.h"
#include "license/license_sql.h"
#include "user/metadata.h"

/* ---- what the endpoints have in common ---- */

static void reply_license(struct op *op, struct emit *json)
{
	license_emit(json, "license", op->result, op->now, true);
}

static const struct answer_field LICENSE_ANSWER[] = {{"license", "object", LICENSE_SERVER_MEMBERS}};

struct license_path {
	struct uuid license_id;
};
#define LICENSE_ID(body) FIELD(body, license_id, uuid, .place = IN_PATH, .required = true, .help = "the license")
static const struct field LICENSE_PATH[] = {LICENSE_ID(struct license_path)};
static const enum err NOT_FOUND_ERRORS[] = {ERR_LICENSE_NOT_FOUND, ERR_NONE};

/* When a license ends can be said in two ways, of which one is enough. */
static void check_end(struct op *op, int64_t expires_at)
{
	if (schema_given(op, "expires_at") && schema_given(op, "duration_days"))
		schema_bad(op, "duration_days", "Must not come together with expires_at.");
	if (schema_given(op, "expires_at") && expires_at <= op->now)
		schema_bad(op, "expires_at", "Must be a time to come.");
}

/* ---- issue ---- */

struct issue_body {
	int64_t max_activations, expires_at, duration_days, count;
	struct uuid user_id, tenant_id;
	struct text entitlements, metadata, license_key;
	struct license_name name; /* of license_key; filled by judge_issue */
};
static const struct field ISSUE_FIELDS[] = {
	FIELD(struct issue_body, max_activations, int, .standard_int = 1, .min = 1, .max = LICENSE_SEATS_MAX,
		.help = "how many devices may hold a slot at a time"),
	FIELD(struct issue_body, expires_at, time, .help = "when it ends (RFC 3339); or duration_days; neither: never"),
	FIELD(struct issue_body, duration_days, int, .min = 1, .max = LICENSE_DAYS_MAX, .help = "days from now"),
	FIELD(struct issue_body, user_id, uuid, .help = "its owner, who sees and frees its devices"),
	FIELD(struct issue_body, tenant_id, uuid, .help = "the tenant it belongs to"),
	FIELD_OF(struct issue_body, entitlements, license_field_entitlements, struct text,
		.help = "what it allows: each name true, a number or a text; stands in every lease"),
	FIELD(struct issue_body, metadata, object, .max = METADATA_MAX, .help = "what your server keeps with it"),
	FIELD(struct issue_body, count, int, .min = 1, .max = LICENSE_COUNT_MAX,
		.help = "that many alike; the answer is then a list"),
	FIELD(struct issue_body, license_key, secret,
		.help = "imports a key that was handed out elsewhere: one of our form, or any other of 8 to 128 "
			"printable "
			"ASCII characters if the app has accept_custom_keys; absent: a fresh one"),
};

static void check_issue(struct op *op, void *body)
{
	const struct issue_body *in = body;
	check_end(op, in->expires_at);
	if (schema_given(op, "license_key") && schema_given(op, "count"))
		schema_bad(op, "license_key", "Must not come together with count.");
}

static enum err judge_issue(struct op *op, void *body)
{
	struct issue_body *in = body;
	return text_absent(in->license_key) ? ERR_NONE : license_name_read(op->app, in->license_key, &in->name);
}

static enum err run_issue(struct op *op, void *body)
{
	const struct issue_body *in = body;
	const int64_t count = in->count ? in->count : 1;
	struct license_issued *issued = arena_alloc(op->arena, (size_t)count * sizeof *issued);
	op->result = issued;
	const struct license_terms terms = {.app = op->app,
		.max_activations = in->max_activations,
		.expires_at = in->expires_at,
		.duration_days = in->duration_days,
		.user_id = in->user_id,
		.tenant_id = in->tenant_id,
		.entitlements = in->entitlements,
		.metadata = in->metadata,
		.key = text_absent(in->license_key) ? TEXT_NONE : license_name_show(op->arena, in->license_key),
		.name = in->name};
	return license_issue(op, &terms, count, issued);
}

/* As it was when it was issued, also to whoever asks again. */
static void emit_issued(struct emit *json, const struct license_issued *issued)
{
	const struct license *license = &issued->license;
	uuid_emit(json, "license_id", license->license_id);
	emit_text(json, "license_key", issued->key);
	license_emit_members(json, license, license->created_at, true);
}

static void reply_issue(struct op *op, struct emit *json)
{
	const struct issue_body *in = op->body;
	const struct license_issued *issued = op->result;
	if (!in->count) {
		emit_issued(json, issued);
		return;
	}
	emit_array(json, "licenses");
	for (int64_t i = 0; i < in->count; i++) {
		emit_object(json, NULL);
		emit_issued(json, &issued[i]);
		emit_end_object(json);
	}
	emit_end_array(json);
}

static const struct answer_field ISSUE_ANSWER[] = {
	{"license_id", "string", "the new license"},
	{"license_key", "string", "for its owner; shown this once, and to the same call again for 24 hours"},
	{"key_hint", "string", "what remains to be seen of the key"},
	{"status", "string", "active"},
	{"max_activations", "integer", "as asked for"},
	{"activations_used", "integer", "0"},
	{"expires_at", "string", "when it ends (RFC 3339); null: never"},
	{"user_id", "string", "as asked for, or null"},
	{"tenant_id", "string", "as asked for, or null"},
	{"entitlements", "object", "as asked for"},
	{"created_at", "string", "now (RFC 3339)"},
	{"revoked_at", "string", "null"},
	{"metadata", "object", "as sent"},
	{"revoke_reason", "string", "null"},
	{"licenses", "array", "with count: the members above for each, in place of them"},
};
static const enum err ISSUE_ERRORS[] = {ERR_LICENSE_INVALID, ERR_TENANT_NOT_FOUND, ERR_USER_NOT_FOUND,
	ERR_ALREADY_EXISTS, ERR_IDEMPOTENCY_KEY_REUSED, ERR_NONE};

const struct action license_issue_action = {
	.summary = "Issue a license, or many alike; an Idempotency-Key makes it safe to ask again for 24 hours",
	ACTION_FIELDS(struct issue_body, ISSUE_FIELDS),
	.check = check_issue,
	.judge = judge_issue,
	.run = run_issue,
	.reply = reply_issue,
	.status = 201,
	ACTION_ANSWER(ISSUE_ANSWER),
	.errors = ISSUE_ERRORS,
};

/* ---- list ---- */

struct list_query {
	struct uuid user_id, tenant_id, cursor;
	struct text status;
	int64_t limit;
};
static const char *const STATUSES[] = {"active", "expired", "revoked", NULL};
static const struct field LIST_FIELDS[] = {
	FIELD(struct list_query, user_id, uuid, .place = IN_QUERY, .help = "only this user's"),
	FIELD(struct list_query, tenant_id, uuid, .place = IN_QUERY, .help = "only this tenant's"),
	FIELD(struct list_query, status, text, .place = IN_QUERY, .choices = STATUSES, .help = "only those"),
	LISTING_FIELDS(struct list_query),
};

/* One of STATUSES, or absent. */
static enum license_status status_of(struct text name)
{
	for (int i = 0; STATUSES[i]; i++)
		if (text_equal(name, text_of(STATUSES[i])))
			return LICENSE_ACTIVE + i;
	return LICENSE_ANY;
}

struct listed {
	struct license license;
	int64_t now;
};

static enum err run_list(struct op *op, void *body)
{
	const struct list_query *in = body;
	struct listed row = {.now = op->now};
	struct listing *listing = listing_new(op, in->cursor, in->limit, &row, sizeof row);
	op->result = listing;
	const struct license_filter filter = {op->app->id, in->user_id, in->tenant_id, status_of(in->status), op->now};
	OP_STORE(op, license_sql_list(op->tx, &filter, listing, &row.license));
	return ERR_NONE;
}

static void emit_listed(struct emit *json, const void *row)
{
	const struct listed *listed = row;
	license_emit(json, NULL, &listed->license, listed->now, true);
}

static void reply_list(struct op *op, struct emit *json)
{
	listing_emit(json, "licenses", op->result, emit_listed, offsetof(struct listed, license.license_id));
}

static const struct answer_field LIST_ANSWER[] = {
	{"licenses", "array",
		LICENSE_SERVER_MEMBERS "; newest first; a page with a status may have none and still lead on"},
	LISTING_ANSWER,
};

const struct action license_list_action = {
	.summary = "List the app's licenses",
	ACTION_FIELDS(struct list_query, LIST_FIELDS),
	.run = run_list,
	.reply = reply_list,
	ACTION_ANSWER(LIST_ANSWER),
};

/* ---- show ---- */

static enum err run_show(struct op *op, void *body)
{
	const struct license_path *in = body;
	op->result = ARENA_NEW(op->arena, struct license);
	return license_get(op, op->app->id, in->license_id, op->result);
}

const struct action license_show_action = {
	.summary = "Show a license",
	ACTION_FIELDS(struct license_path, LICENSE_PATH),
	.run = run_show,
	.reply = reply_license,
	ACTION_ANSWER(LICENSE_ANSWER),
	.errors = NOT_FOUND_ERRORS,
};

/* ---- change ---- */

struct change_body {
	struct uuid license_id;
	int64_t max_activations, expires_at;
	struct uuid user_id, tenant_id;
	struct text entitlements, metadata;
};
static const struct field CHANGE_FIELDS[] = {
	LICENSE_ID(struct change_body),
	FIELD(struct change_body, max_activations, int, .min = 1, .max = LICENSE_SEATS_MAX,
		.help = "devices that hold a slot keep it, if they are more"),
	FIELD(struct change_body, expires_at, time, .help = "a time to come; null: it never ends"),
	FIELD(struct change_body, user_id, uuid, .help = "its owner; null: none"),
	FIELD(struct change_body, tenant_id, uuid, .help = "the tenant it belongs to; null: none"),
	FIELD_OF(struct change_body, entitlements, license_field_entitlements_patch, struct text,
		.help = "merged name by name, null removes (RFC 7396); at most 64 names, all in all"),
	FIELD(struct change_body, metadata, object, .max = METADATA_MAX, .help = "merged likewise"),
};

static void check_change(struct op *op, void *body)
{
	const struct change_body *in = body;
	if (schema_sent_null(op, "max_activations"))
		schema_bad(op, "max_activations", "A license has seats: null is none.");
	if (schema_given(op, "expires_at") && in->expires_at <= op->now)
		schema_bad(op, "expires_at", "Must be a time to come.");
}

/* What was sent, as the struct has it; NULL: was not. */
#define SENT(op, in, name) (schema_sent((op), #name) ? &(in)->name : NULL)

static enum err run_change(struct op *op, void *body)
{
	const struct change_body *in = body;
	const struct license_change change = {.max_activations = SENT(op, in, max_activations),
		.expires_at = SENT(op, in, expires_at),
		.user_id = SENT(op, in, user_id),
		.tenant_id = SENT(op, in, tenant_id),
		.entitlements = SENT(op, in, entitlements),
		.metadata = SENT(op, in, metadata)};
	op->result = ARENA_NEW(op->arena, struct license);
	return license_change(op, op->app->id, in->license_id, &change, op->result);
}

static const enum err CHANGE_ERRORS[] = {ERR_LICENSE_NOT_FOUND, ERR_TENANT_NOT_FOUND, ERR_USER_NOT_FOUND, ERR_NONE};

const struct action license_change_action = {
	.summary = "Change seats, end, owner, entitlements or metadata of a license",
	ACTION_FIELDS(struct change_body, CHANGE_FIELDS),
	.check = check_change,
	.run = run_change,
	.reply = reply_license,
	ACTION_ANSWER(LICENSE_ANSWER),
	.errors = CHANGE_ERRORS,
};

/* ---- lookup ---- */

struct lookup_body {
	struct text license_key;
	struct license_name name; /* filled by judge_lookup */
};
static const struct field LOOKUP_FIELDS[] = {
	FIELD(struct lookup_body, license_key, secret, .required = true, .help = "as its owner has it"),
};

static enum err judge_lookup(struct op *op, void *body)
{
	struct lookup_body *in = body;
	return license_name_read(op->app, in->license_key, &in->name);
}

static enum err run_lookup(struct op *op, void *body)
{
	const struct lookup_body *in = body;
	struct uuid license_id;
	op->result = ARENA_NEW(op->arena, struct license);
	TRY(license_find(op, op->app, &in->name, &license_id));
	return license_get(op, op->app->id, license_id, op->result);
}

static const enum err LOOKUP_ERRORS[] = {ERR_LICENSE_INVALID, ERR_LICENSE_NOT_FOUND, ERR_RATE_LIMITED, ERR_NONE};

const struct action license_lookup_action = {
	.summary = "Find a license by its key",
	ACTION_FIELDS(struct lookup_body, LOOKUP_FIELDS),
	.judge = judge_lookup,
	.run = run_lookup,
	.reply = reply_license,
	ACTION_ANSWER(LICENSE_ANSWER),
	.errors = LOOKUP_ERRORS,
};

/* ---- reissue ---- */

static enum err run_reissue(struct op *op, void *body)
{
	const struct license_path *in = body;
	op->result = ARENA_NEW(op->arena, struct license_issued);
	return license_reissue(op, op->app, in->license_id, op->result);
}

static void reply_reissue(struct op *op, struct emit *json)
{
	const struct license_issued *issued = op->result;
	emit_text(json, "license_key", issued->key);
	license_emit(json, "license", &issued->license, op->now, true);
}

static const struct answer_field REISSUE_ANSWER[] = {
	{"license_key", "string", "the new key, shown this once; the old one is dead"},
	{"license", "object", LICENSE_SERVER_MEMBERS},
};
static const enum err REISSUE_ERRORS[] = {ERR_LICENSE_NOT_FOUND, ERR_LICENSE_REVOKED, ERR_NONE};

const struct action license_reissue_action = {
	.summary = "Give a license a new key in place of one that was lost or leaked; devices keep their slots",
	ACTION_FIELDS(struct license_path, LICENSE_PATH),
	.run = run_reissue,
	.reply = reply_reissue,
	ACTION_ANSWER(REISSUE_ANSWER),
	.errors = REISSUE_ERRORS,
};

/* ---- renew ---- */

struct renew_body {
	struct uuid license_id;
	int64_t expires_at, duration_days;
};
static const struct field RENEW_FIELDS[] = {
	FIELD(struct renew_body, license_id, uuid, .required = true, .help = "the license"),
	FIELD(struct renew_body, expires_at, time, .help = "its new end (RFC 3339); or duration_days"),
	FIELD(struct renew_body, duration_days, int, .min = 1, .max = LICENSE_DAYS_MAX,
		.help = "days from the later of now and its present end; one that never ends stays so"),
};

static void check_renew(struct op *op, void *body)
{
	const struct renew_body *in = body;
	check_end(op, in->expires_at);
	if (!schema_given(op, "expires_at") && !schema_given(op, "duration_days"))
		schema_bad(op, "expires_at", "One of expires_at and duration_days is required.");
}

static enum err run_renew(struct op *op, void *body)
{
	const struct renew_body *in = body;
	op->result = ARENA_NEW(op->arena, struct license);
	return license_renew(op, op->app, in->license_id, in->expires_at, in->duration_days, op->result);
}

static const enum err RENEW_ERRORS[] = {
	ERR_LICENSE_NOT_FOUND, ERR_LICENSE_REVOKED, ERR_IDEMPOTENCY_KEY_REUSED, ERR_NONE};

const struct action license_renew_action = {
	.summary = "Give a license a later end; with an Idempotency-Key not twice within 24 hours",
	ACTION_FIELDS(struct renew_body, RENEW_FIELDS),
	.check = check_renew,
	.run = run_renew,
	.reply = reply_license,
	ACTION_ANSWER(LICENSE_ANSWER),
	.errors = RENEW_ERRORS,
};

/* ---- revoke ---- */

struct revoke_body {
	struct text license_key, reason;
	struct uuid license_id;
	struct license_name name; /* of license_key; filled by judge_revoke */
};
static const struct field REVOKE_FIELDS[] = {
	FIELD(struct revoke_body, license_key, secret, .help = "as its owner has it; or license_id"),
	FIELD(struct revoke_body, license_id, uuid, .help = "the license; or license_key"),
	FIELD(struct revoke_body, reason, text, .max = 500, .help = "for your staff; not shown to its owner"),
};

static void check_revoke(struct op *op, void *body)
{
	if (schema_given(op, "license_key") == schema_given(op, "license_id"))
		schema_bad(op, "license_key", "One of license_key and license_id is required, and not both.");
}

static enum err judge_revoke(struct op *op, void *body)
{
	struct revoke_body *in = body;
	return text_absent(in->license_key) ? ERR_NONE : license_name_read(op->app, in->license_key, &in->name);
}

static enum err run_revoke(struct op *op, void *body)
{
	const struct revoke_body *in = body;
	struct uuid license_id = in->license_id;
	op->result = ARENA_NEW(op->arena, struct license);
	if (uuid_is_nil(license_id))
		TRY(license_find(op, op->app, &in->name, &license_id));
	return license_revoke(op, op->app->id, license_id, in->reason, op->result);
}

static const enum err REVOKE_ERRORS[] = {
	ERR_LICENSE_INVALID, ERR_LICENSE_NOT_FOUND, ERR_LICENSE_ALREADY_REVOKED, ERR_RATE_LIMITED, ERR_NONE};

const struct action license_revoke_action = {
	.summary = "Withdraw a license for good",
	ACTION_FIELDS(struct revoke_body, REVOKE_FIELDS),
	.check = check_revoke,
	.judge = judge_revoke,
	.run = run_revoke,
	.reply = reply_license,
	ACTION_ANSWER(LICENSE_ANSWER),
	.errors = REVOKE_ERRORS,
};
