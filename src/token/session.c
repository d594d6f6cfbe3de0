#include "token/session.h"

#include "core/event.h"
#include "token/unanswered.h"

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

enum err session_begin(struct op *op, const struct grant *grant, struct session *session_r)
{
	const int64_t expires_at =
		grant->expires_at ? grant->expires_at : grant->auth_time + settings_now()->token_session_ttl;
	const struct session session = {
		.app_id = grant->app_id,
		.user_id = grant->user_id,
		.tenant_id = grant->tenant_id,
		.session_id = uuid_new(op->now),
		.generation = 1,
		.auth_time = grant->auth_time,
		.idle_until = earlier(op->now + settings_now()->token_refresh_ttl, expires_at),
		.expires_at = expires_at,
		.amr = grant->amr,
	};
	char ip[IP_TEXT_SIZE];
	ip_write(op->client, ip);
	OP_STORE(op, session_sql_insert(
			     op->tx, &session, op->now, op->client_known ? text_of(ip) : TEXT_NONE, op->user_agent));
	*session_r = session;
	return ERR_NONE;
}

static enum err end_with_event(struct op *op, const struct session_row *row, enum event_type type, int *ended_r)
{
	const struct session *session = &row->session;
	const int ended = session_sql_end(op->tx, session->app_id, session->session_id, op->now);
	OP_STORE(op, ended);
	*ended_r = ended;
	if (ended == 0)
		return ERR_NONE;
	return event_record(op, &(struct event){.type = type,
					.app_id = session->app_id,
					.user_id = session->user_id,
					.session_id = session->session_id});
}

/* Somebody else holds a copy of the family: nobody may use it any more. */
static enum err refuse_replay(struct op *op, const struct session_row *row)
{
	int ended;
	TRY(end_with_event(op, row, EVENT_SESSION_REUSE, &ended));
	return ERR_TOKEN_REUSE;
}

/* What a token means that may not rotate. REFRESH_CURRENT and REFRESH_AGAIN are the caller's to answer: ERR_NONE. */
static enum err refuse(struct op *op, const struct session_row *row, enum refresh_verdict verdict)
{
	switch (verdict) {
	case REFRESH_CURRENT:
	case REFRESH_AGAIN: return ERR_NONE;
	case REFRESH_OTHER_REQUEST: return ERR_IDEMPOTENCY_KEY_REUSED;
	case REFRESH_REPLAYED: return refuse_replay(op, row);
	case REFRESH_ENDED: return ERR_TOKEN_REVOKED;
	case REFRESH_USER_DELETED: return ERR_USER_DELETED;
	}
	return ERR_INTERNAL_ERROR;
}

static enum err find(struct op *op, const struct refresh *refresh, struct session_row *row_r)
{
	const enum db_found found = session_sql_find(op->tx, refresh->app_id, refresh->session_id, row_r);
	OP_STORE(op, found);
	return found == DB_ROW ? ERR_NONE : ERR_TOKEN_INVALID;
}

/* A token that did not rotate. */
static enum err explain(struct op *op, const struct session_refresh *ask, const struct refresh_repeat *repeat,
	struct session *session_r)
{
	struct session_row row;
	TRY(find(op, &ask->refresh, &row));
	const struct refresh_ask presented = {
		.generation = ask->refresh.generation,
		.repeat = repeat,
		.never_answered = unanswered_has(row.rotated_by, op->now),
		.now = op->now,
		.grace_ms = settings_now()->token_refresh_grace,
	};
	const enum refresh_verdict verdict = refresh_judge(&row, &presented);
	TRY(refuse(op, &row, verdict));
	/* no app has tenants yet, so whatever was named is not there */
	if (ask->names_tenant)
		return ERR_TENANT_NOT_FOUND;
	/* cannot be: a current token without a tenant would have rotated */
	if (verdict == REFRESH_CURRENT)
		return ERR_INTERNAL_ERROR;
	*session_r = row.session;
	return ERR_NONE;
}

enum err session_refresh(struct op *op, const struct session_refresh *ask, struct session *session_r)
{
	const struct refresh *refresh = &ask->refresh;
	const bool keyed = !text_absent(op->idempotency_key);
	const struct refresh_repeat repeat =
		keyed ? refresh_repeat_of(refresh, op->idempotency_key, ask->body) : (struct refresh_repeat){0};
	const struct session_rotation rotation = {
		.now = op->now,
		.idle_until = op->now + settings_now()->token_refresh_ttl,
		.rotated_by = text_of(op->request_id),
		.repeat = keyed ? &repeat : NULL,
	};
	if (ask->names_tenant)
		return explain(op, ask, rotation.repeat, session_r);
	struct session session;
	const enum db_found found = session_sql_rotate(
		op->tx, refresh->app_id, refresh->session_id, refresh->generation, &rotation, &session);
	OP_STORE(op, found);
	if (found == DB_NONE)
		return explain(op, ask, rotation.repeat, session_r);
	*session_r = session;
	return ERR_NONE;
}

enum err session_end(struct op *op, const struct refresh *refresh, int *ended_r)
{
	struct session_row row;
	TRY(find(op, refresh, &row));
	if (row.user.deleted_at)
		return ERR_USER_DELETED;
	return end_with_event(op, &row, EVENT_SESSION_ENDED, ended_r);
}

enum err session_end_everywhere(struct op *op, const struct refresh *refresh, int *ended_r)
{
	struct session_row row;
	int ended;
	TRY(find(op, refresh, &row));
	const struct refresh_ask presented = {.generation = refresh->generation, .now = op->now};
	TRY(refuse(op, &row, refresh_judge(&row, &presented)));

	const struct session *session = &row.session;
	TRY(user_sign_out(op, session->app_id, session->user_id));
	TRY(session_end_all(op, session->app_id, session->user_id, (struct uuid){{0}}, &ended));
	*ended_r = ended;
	return event_record(
		op, &(struct event){.type = EVENT_SESSION_ENDED,
			    .app_id = session->app_id,
			    .user_id = session->user_id,
			    .session_id = session->session_id,
			    .detail = arena_printf(op->arena, "{\"everywhere\":true,\"sessions\":%d}", ended)});
}

enum err session_end_own(struct op *op, struct uuid session_id)
{
	const struct op_user *user = &op->user;
	const int ended = session_sql_end_own(op->tx, user->app_id, user->user_id, session_id, op->now);
	OP_STORE(op, ended);
	if (ended == 0)
		return ERR_SESSION_NOT_FOUND;
	return event_record(op, &(struct event){.type = EVENT_SESSION_ENDED,
					.app_id = user->app_id,
					.user_id = user->user_id,
					.session_id = session_id,
					.detail = TEXT("{\"by\":\"user\"}")});
}

enum err session_end_all(struct op *op, struct uuid app_id, struct uuid user_id, struct uuid but, int *ended_r)
{
	const int ended = session_sql_end_all(op->tx, app_id, user_id, but, op->now);
	OP_STORE(op, ended);
	*ended_r = ended;
	return ERR_NONE;
}

enum err session_live(struct op *op, struct uuid app_id, struct uuid session_id, struct session_row *row_r)
{
	struct session_row row;
	const enum db_found found = session_sql_find(op->tx, app_id, session_id, &row);
	OP_STORE(op, found);
	if (found == DB_NONE || uuid_is_nil(row.user.id))
		return ERR_TOKEN_REVOKED;
	if (row.user.deleted_at)
		return ERR_USER_DELETED;
	if (!session_row_is_live(&row, op->now))
		return ERR_TOKEN_REVOKED;
	*row_r = row;
	return ERR_NONE;
}
