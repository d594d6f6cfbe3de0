/*
 * Rows of sessions.
 */
#ifndef KW_TOKEN_SESSION_SQL_H
#define KW_TOKEN_SESSION_SQL_H

#include "token/token.h"

/* Half a MAC of an Idempotency-Key, half a MAC of the request it came with. */
struct refresh_repeat {
	uint8_t key[16], request[16];
};

/* A session and its user as they stand. */
struct session_row {
	struct session session;
	struct user user; /* all zero when it was erased */
	int64_t created_at, last_used_at, ended_at;
	bool restored; /* from a backup, and not rotated since: its client may be further than the row */
	/* of the latest rotation; absent and false before it */
	struct text rotated_by;
	bool has_repeat;
	struct refresh_repeat repeat;
};

/* Neither ended nor past an end. */
bool session_row_is_live(const struct session_row *row, int64_t now);
/* Whether the token of that generation is the one that rotates next. */
bool session_row_awaits(const struct session_row *row, uint32_t generation);

/* What a rotation writes. */
struct session_rotation {
	int64_t now, idle_until;
	struct text rotated_by;
	const struct refresh_repeat *repeat; /* NULL without an Idempotency-Key */
};

MUST_USE int session_sql_insert(
	struct db_tx *tx, const struct session *session, int64_t now, struct text ip, struct text user_agent);
/* Moves a live session from that generation, which is the one it awaits, to the next; DB_NONE when it is not there or not
 * live, or its user has no role in its tenant. The row's end is idle_until or its expires_at, whichever is earlier. Ends are
 * enough to know that the user lives: whoever deletes a user
 * ends the sessions in the same transaction. */
MUST_USE enum db_found session_sql_rotate(struct db_tx *tx, struct uuid app_id, struct uuid session_id,
	uint32_t generation, const struct session_rotation *rotation, struct session *session_r);
/* The same into another tenant (nil: none), where nobody is asked for a role. */
MUST_USE enum db_found session_sql_rotate_into(struct db_tx *tx, struct uuid tenant_id, struct uuid app_id,
	struct uuid session_id, uint32_t generation, const struct session_rotation *rotation,
	struct session *session_r);
/* Moves a session of that generation into another tenant without rotating: 0 or 1. */
MUST_USE int session_sql_move(struct db_tx *tx, const struct session *session, int64_t now);
MUST_USE enum db_found session_sql_find(
	struct db_tx *tx, struct uuid app_id, struct uuid session_id, struct session_row *row_r);
/* How many live ones were ended: 0 or 1. */
MUST_USE int session_sql_end(struct db_tx *tx, struct uuid app_id, struct uuid session_id, int64_t now);
/* The same if it is that user's. */
MUST_USE int session_sql_end_own(
	struct db_tx *tx, struct uuid app_id, struct uuid user_id, struct uuid session_id, int64_t now);
/* All live ones of the user but one (nil: all). */
MUST_USE int session_sql_end_all(
	struct db_tx *tx, struct uuid app_id, struct uuid user_id, struct uuid but, int64_t now);
/* Reads page->limit live ones of the user, each into *row, or fewer. */
MUST_USE int session_sql_list(
	struct db_tx *tx, const struct op_user *user, int64_t now, struct listing *page, struct session_shown *row);
MUST_USE int session_sql_forget(struct db_tx *tx, struct uuid app_id, struct uuid user_id);
/* After a restore: ends every session, or lets each live one take up a generation that was given out after the backup. */
MUST_USE int session_sql_void(struct db_tx *tx, int64_t now);
MUST_USE int session_sql_mark_restored(struct db_tx *tx, int64_t now);
/* Removes PRUNE_ROWS sessions, or fewer, whose absolute end lies before that time: how many, or -1. */
MUST_USE int session_sql_prune(struct db_tx *tx, int64_t expired_before);

#endif
