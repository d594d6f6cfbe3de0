/*
 * The rules of sessions: how one starts, goes on and ends. Each runs in op's transaction.
 */
#ifndef KW_TOKEN_SESSION_H
#define KW_TOKEN_SESSION_H

#include "token/refresh.h"

/* A new session of op's client: see token_session_start. */
MUST_USE enum err session_begin(struct op *op, const struct grant *grant, struct session *session_r);

/* What came with a genuine refresh token. */
struct session_refresh {
	struct refresh refresh;
	struct text body; /* the request's bytes, which an Idempotency-Key is bound to */
	bool names_tenant;
	struct uuid tenant_id; /* if it does: the one to act in from now on; nil: none */
};
/* Rotates: *session_r then has the new generation; or answers the latest rotation again, with roles as of now. TOKEN_REUSE
 * (the session is ended), TOKEN_REVOKED, USER_DELETED, IDEMPOTENCY_KEY_REUSED, TOKEN_INVALID (the row is gone).
 * TENANT_NOT_FOUND when the user has no role in the tenant that is named, or else kept: then nothing rotates. */
MUST_USE enum err session_refresh(struct op *op, const struct session_refresh *ask, struct session *session_r);
/* Ends the session of a genuine refresh token, of any generation: *ended_r is 0 when it had ended already. USER_DELETED;
 * TOKEN_INVALID when the row is gone. */
MUST_USE enum err session_end(struct op *op, const struct refresh *refresh, int *ended_r);
/* Ends all sessions of the user of a current refresh token; others are refused as session_refresh would. */
MUST_USE enum err session_end_everywhere(struct op *op, const struct refresh *refresh, int *ended_r);
/* See token_session_end and token_sessions_end. */
MUST_USE enum err session_end_own(struct op *op, struct uuid session_id);
MUST_USE enum err session_end_all(
	struct op *op, struct uuid app_id, struct uuid user_id, struct uuid but, int *ended_r);
/* The row of a session that lives and whose user does. TOKEN_REVOKED, USER_DELETED. */
MUST_USE enum err session_live(struct op *op, struct uuid app_id, struct uuid session_id, struct session_row *row_r);
/* Fills in what its user may do in its tenant as of now, which may be nothing. */
MUST_USE enum err session_read_roles(struct op *op, struct session *session);

#endif
