#include "token/key.h"
#include "token/token.h"

/* ---- list ---- */

static enum err list_run(struct op *op, void *body)
{
	return ERR_NONE;
}

static void emit_times(struct emit *json, const struct key_times *times, int64_t now)
{
	emit_string(json, "stage", key_stage_name(key_stage(times, now)));
	emit_time(json, "created_at", times->created_at);
	emit_time(json, "active_at", times->active_at);
	emit_time(json, "retired_at", times->retired_at);
	emit_time(json, "gone_at", times->gone_at);
}

static void list_reply(struct op *op, struct emit *json)
{
	const struct key_set *set = key_current();
	emit_array(json, "keys");
	for (size_t i = set->count; i-- > 0;) {
		emit_object(json, NULL);
		emit_string(json, "kid", set->keys[i].kid);
		emit_string(json, "kind", key_kind_name(set->keys[i].kind));
		emit_times(json, &set->keys[i].times, op->now);
		emit_end_object(json);
	}
	emit_end_array(json);
	emit_null(json, "next_cursor");
}

static const struct answer_field LIST_ANSWER[] = {
	{"keys", "array",
		"kid, kind (token, license), stage (published, active, retired), created_at, active_at, retired_at, "
		"gone_at; newest first"},
	{"next_cursor", "string", "always null: there are few keys"},
};

const struct action key_list_action = {
	.summary = "List the keys that sign tokens and leases",
	.run = list_run,
	.reply = list_reply,
	ACTION_ANSWER(LIST_ANSWER),
};

/* ---- rotate ---- */

struct rotate_body {
	bool license, now;
};

static const struct field ROTATE_FIELDS[] = {
	FIELD(struct rotate_body, license, flag,
		.help = "the key of licenses' leases, which starts in 90 days: programs that carry public keys need "
			"the new "
			"one before"),
	FIELD(struct rotate_body, now, flag,
		.help = "let the new key sign at once, before verifiers had time to fetch it: for emergencies and "
			"tests"),
};

struct rotated {
	struct text kid;
	enum key_kind kind;
	struct key_times times;
};

static enum err rotate_run(struct op *op, void *body)
{
	const struct rotate_body *asked = body;
	struct rotated *rotated = ARENA_NEW(op->arena, struct rotated);
	rotated->kind = asked->license ? KEY_LICENSE : KEY_TOKEN;
	TRY(key_rotate(op, rotated->kind, asked->now, &rotated->kid, &rotated->times));
	op->result = rotated;
	return ERR_NONE;
}

static void rotate_reply(struct op *op, struct emit *json)
{
	const struct rotated *rotated = op->result;
	emit_text(json, "kid", rotated->kid);
	emit_string(json, "kind", key_kind_name(rotated->kind));
	emit_times(json, &rotated->times, op->now);
}

static const struct answer_field ROTATE_ANSWER[] = {
	{"kid", "string", "the new key"},
	{"kind", "string", "token or license"},
	{"stage", "string", "published, or active with now"},
	{"created_at", "string", "time"},
	{"active_at", "string", "from when it signs; the key before it then only verifies what it signed"},
	{"retired_at", "string", "null"},
	{"gone_at", "string", "null"},
};

const struct action key_rotate_action = {
	.summary = "Publish a new signing key that takes over once every verifier has had time to fetch it",
	ACTION_FIELDS(struct rotate_body, ROTATE_FIELDS),
	.run = rotate_run,
	.reply = rotate_reply,
	.status = 201,
	ACTION_ANSWER(ROTATE_ANSWER),
};

/* ---- retire ---- */

struct retire_body {
	struct text kid;
};

static const struct field RETIRE_FIELDS[] = {
	FIELD(struct retire_body, kid, text, .place = IN_PATH, .required = true, .min = 1, .max = JWT_KID_MAX,
		.help = "the key to drop"),
};

static enum err retire_run(struct op *op, void *body)
{
	const struct retire_body *asked = body;
	struct text *replacement = ARENA_NEW(op->arena, struct text);
	TRY(key_retire(op, asked->kid, replacement));
	op->result = replacement;
	return ERR_NONE;
}

static void retire_reply(struct op *op, struct emit *json)
{
	const struct retire_body *asked = op->body;
	const struct text *replacement = op->result;
	emit_text(json, "kid", asked->kid);
	emit_text(json, "replacement", *replacement);
}

static const struct answer_field RETIRE_ANSWER[] = {
	{"kid", "string", "the dropped key"},
	{"replacement", "string",
		"the key that signs from now on, when the dropped one was the active one of its kind; else null"},
};
static const enum err RETIRE_ERRORS[] = {ERR_NOT_FOUND, ERR_NONE};

const struct action key_retire_action = {
	.summary = "Drop a signing key at once: what it signed is refused; sessions go on with their next refresh",
	ACTION_FIELDS(struct retire_body, RETIRE_FIELDS),
	.run = retire_run,
	.reply = retire_reply,
	ACTION_ANSWER(RETIRE_ANSWER),
	.errors = RETIRE_ERRORS,
};
