#include "token/session.h"

#include "core/event.h"
#include "token/unanswered.h"

enum { LOOKS_MAX = 2 };

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Fills in what its user may do in its tenant; TENANT_NOT_FOUND for nothing. */
static enum err enter_tenant(struct op *op, struct session *session)
{
	if (uuid_is_nil(session->tenant_id))
		return ERR_NONE;
	return role_names(op, session->app_id, session->user_id, session->tenant_id, &session->roles);
}

enum err session_read_roles(struct op *op, struct session *session)
{
	const enum err err = enter_tenant(op, session);
	return err == ERR_TENANT_NOT_FOUND ? ERR_NONE : err;
}

enum err session_begin(struct op *op, const struct grant *grant, struct session *session_r)
{
	const int64_t expires_at =
		grant->expires_at ? grant->expires_at : grant->auth_time + settings_now()->token_session_ttl;
	struct session session = {
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
	TRY(session_read_roles(op, &session));
	if (!uuid_is_nil(session.tenant_id) && session.roles.count == 0)
		return op_refuse_later(op, ERR_SERVICE_UNAVAILABLE, 1000);
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

/* A refresh on its way. */
struct turn {
	const struct session_refresh *ask;
	struct session_rotation rotation;
	bool lost; /* somebody else rotated first: what was judged is not so any more */
};

/* The current token, into the tenant that the session names. */
static enum err rotate_into(struct op *op, struct turn *turn, struct session *session)
{
	const struct uuid tenant_id = session->tenant_id;
	const struct refresh *refresh = &turn->ask->refresh;
	const struct text_list roles = session->roles;
	const enum db_found found = session_sql_rotate_into(
		op->tx, tenant_id, refresh->app_id, refresh->session_id, refresh->generation, &turn->rotation, session);
	OP_STORE(op, found);
	turn->lost = found == DB_NONE;
	session->roles = roles;
	return ERR_NONE;
}

/* The latest rotation again. Only a client that was not heard may have changed its mind about the tenant. */
static enum err answer_again(struct op *op, struct turn *turn, struct session *session, bool moves)
{
	if (!moves)
		return session_read_roles(op, session);
	TRY(enter_tenant(op, session));
	const int moved = session_sql_move(op->tx, session, op->now);
	OP_STORE(op, moved);
	turn->lost = moved == 0;
	return ERR_NONE;
}

/* A token that did not rotate by itself: it names a tenant, has lost its own, or is not the current one. */
static enum err explain(struct op *op, struct turn *turn, struct session *session_r)
{
	const struct session_refresh *ask = turn->ask;
	struct session_row row;
	TRY(find(op, &ask->refresh, &row));
	const struct refresh_ask presented = {
		.generation = ask->refresh.generation,
		.repeat = turn->rotation.repeat,
		.never_answered = unanswered_has(row.rotated_by, op->now),
		.now = op->now,
		.grace_ms = settings_now()->token_refresh_grace,
	};
	const enum refresh_verdict verdict = refresh_judge(&row, &presented);
	TRY(refuse(op, &row, verdict));
	struct session session = row.session;
	if (ask->names_tenant)
		session.tenant_id = ask->tenant_id;
	if (verdict == REFRESH_AGAIN) {
		TRY(answer_again(op, turn, &session, !uuid_equal(session.tenant_id, row.session.tenant_id)));
	} else {
		TRY(enter_tenant(op, &session));
		TRY(rotate_into(op, turn, &session));
	}
	*session_r = session;
	return ERR_NONE;
}

/* The happy path: one statement, and a look at the roles if there is a tenant. */
static enum err rotate(struct op *op, struct turn *turn, struct session *session_r)
{
	const struct refresh *refresh = &turn->ask->refresh;
	struct session session;
	const enum db_found found = session_sql_rotate(
		op->tx, refresh->app_id, refresh->session_id, refresh->generation, &turn->rotation, &session);
	OP_STORE(op, found);
	turn->lost = found == DB_NONE;
	if (turn->lost)
		return ERR_NONE;
	TRY(session_read_roles(op, &session));
	*session_r = session;
	return ERR_NONE;
}

enum err session_refresh(struct op *op, const struct session_refresh *ask, struct session *session_r)
{
	const bool keyed = !text_absent(op->idempotency_key);
	const struct refresh_repeat repeat =
		keyed ? refresh_repeat_of(&ask->refresh, op->idempotency_key, ask->body) : (struct refresh_repeat){0};
	struct turn turn = {.ask = ask,
		.rotation = {.now = op->now,
			.idle_until = op->now + settings_now()->token_refresh_ttl,
			.rotated_by = text_of(op->request_id),
			.repeat = keyed ? &repeat : NULL},
		.lost = true};
	if (!ask->names_tenant)
		TRY(rotate(op, &turn, session_r));
	/* who loses against another is told by the second look what that other did */
	for (int looks = 0; turn.lost && looks < LOOKS_MAX; looks++) {
		turn.lost = false;
		TRY(explain(op, &turn, session_r));
	}
	return turn.lost ? ERR_INTERNAL_ERROR : ERR_NONE;
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
	int ended = 0;
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
