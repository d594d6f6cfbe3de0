#include "account/account.h"

/* ---- list ---- */

struct list_query {
	struct uuid cursor;
	int64_t limit;
};
static const struct field LIST_QUERY[] = {LISTING_FIELDS(struct list_query)};

static enum err run_list(struct op *op, void *body)
{
	const struct list_query *in = body;
	struct listing *page = NULL;
	TRY(token_sessions_list(op, in->cursor, in->limit, &page));
	op->result = page;
	return ERR_NONE;
}

static void emit_session(struct emit *json, const void *row)
{
	const struct session_shown *session = row;
	emit_object(json, NULL);
	uuid_emit(json, "session_id", session->session_id);
	emit_time(json, "created_at", session->created_at);
	emit_time(json, "last_used_at", session->last_used_at);
	emit_text(json, "ip", session->ip);
	emit_text(json, "user_agent", session->user_agent);
	emit_bool(json, "current", session->is_current != 0);
	emit_end_object(json);
}

static void reply_list(struct op *op, struct emit *json)
{
	listing_emit(json, "sessions", op->result, emit_session, offsetof(struct session_shown, session_id));
}

static const struct answer_field LIST_ANSWER[] = {
	{"sessions", "array",
		"those that live, newest first; of each session_id, created_at, last_used_at, ip, user_agent (of its "
		"sign-in, or null), current"},
	LISTING_ANSWER,
};

const struct action account_sessions_action = {
	.summary = "List the sessions of the signed-in user",
	ACTION_FIELDS(struct list_query, LIST_QUERY),
	.run = run_list,
	.reply = reply_list,
	ACTION_ANSWER(LIST_ANSWER),
};

/* ---- end ---- */

static void reply_ended(struct op *op, struct emit *json)
{
	emit_int(json, "sessions_ended", *(const int *)op->result);
}

static const struct answer_field ENDED_ANSWER[] = {
	{"sessions_ended", "integer", "how many sessions this call ended"},
};

struct end_path {
	struct uuid session_id;
};
static const struct field END_PATH[] = {
	FIELD(struct end_path, session_id, uuid, .place = IN_PATH, .required = true, .help = "the session to end"),
};

static enum err run_end(struct op *op, void *body)
{
	int *ended = ARENA_NEW(op->arena, int);
	*ended = 1;
	op->result = ended;
	return token_session_end(op, ((const struct end_path *)body)->session_id);
}

static const enum err END_ERRORS[] = {ERR_SESSION_NOT_FOUND, ERR_NONE};

const struct action account_end_session_action = {
	.summary = "End one session of the signed-in user, the present one or another",
	ACTION_FIELDS(struct end_path, END_PATH),
	.run = run_end,
	.reply = reply_ended,
	ACTION_ANSWER(ENDED_ANSWER),
	.errors = END_ERRORS,
};

static enum err run_end_others(struct op *op, void *body)
{
	int *ended = ARENA_NEW(op->arena, int);
	op->result = ended;
	return account_end_others(op, ended);
}

const struct action account_end_others_action = {
	.summary = "End all sessions of the signed-in user but the present one",
	.run = run_end_others,
	.reply = reply_ended,
	ACTION_ANSWER(ENDED_ANSWER),
};
