#include "token/session_sql.h"

#include "core/prune.h"

bool session_row_is_live(const struct session_row *row, int64_t now)
{
	return !row->ended_at && row->session.idle_until > now && row->session.expires_at > now;
}

bool session_row_awaits(const struct session_row *row, uint32_t generation)
{
	return generation == row->session.generation || (row->restored && generation > row->session.generation);
}

/* The same in SQL, with the time as $3. */
#define IS_LIVE "ended_at = 0 AND idle_until > $3 AND expires_at > $3"

static struct db_arg id_or_null(const struct uuid *id)
{
	return uuid_is_nil(*id) ? ARG_NULL : ARG_BYTES(*id);
}

int session_sql_insert(
	struct db_tx *tx, const struct session *session, int64_t now, struct text ip, struct text user_agent)
{
	static struct db_stmt insert =
		DB_STMT("INSERT INTO sessions (app_id, session_id, user_id, generation, created_at, auth_time, amr, "
			"last_used_at, idle_until, expires_at, tenant_id, ip, user_agent) "
			"VALUES ($1, $2, $3, $4, $5, $6, $7, $5, $8, $9, $10, $11, $12)");
	return db_exec(tx, &insert,
		ARGS(ARG_BYTES(session->app_id), ARG_BYTES(session->session_id), ARG_BYTES(session->user_id),
			ARG_INT(session->generation), ARG_INT(now), ARG_INT(session->auth_time), ARG_TEXT(session->amr),
			ARG_INT(session->idle_until), ARG_INT(session->expires_at), id_or_null(&session->tenant_id),
			ARG_TEXT(ip), ARG_TEXT(user_agent)));
}

#define ROTATE(sets, where)                                                                                            \
	"UPDATE sessions SET " sets "generation = $4 + 1, restored = 0, last_used_at = $3, "                           \
	"idle_until = CASE WHEN expires_at < $5 THEN expires_at ELSE $5 END, "                                         \
	"rotated_by = $6, idempotency_mac = $7 WHERE app_id = $1 AND session_id = $2 "                                 \
	"AND (generation = $4 OR (restored = 1 AND generation < $4)) AND " IS_LIVE where                               \
	" RETURNING user_id, tenant_id, auth_time, idle_until, expires_at, amr"
#define ROTATED(session)                                                                                               \
	COLS(COL_BYTES((session)->user_id), COL_BYTES((session)->tenant_id), COL_INT((session)->auth_time),            \
		COL_INT((session)->idle_until), COL_INT((session)->expires_at), COL_TEXT((session)->amr))

enum db_found session_sql_rotate(struct db_tx *tx, struct uuid app_id, struct uuid session_id, uint32_t generation,
	const struct session_rotation *rotation, struct session *session_r)
{
	static struct db_stmt rotate =
		DB_STMT(ROTATE("", " AND (tenant_id IS NULL OR EXISTS (SELECT 1 FROM roles WHERE roles.app_id = $1"
				   " AND roles.user_id = sessions.user_id AND roles.tenant_id = sessions.tenant_id))"));
	const struct refresh_repeat *repeat = rotation->repeat;
	*session_r = (struct session){.app_id = app_id, .session_id = session_id, .generation = generation + 1};
	return db_one(tx, &rotate,
		ARGS(ARG_BYTES(app_id), ARG_BYTES(session_id), ARG_INT(rotation->now), ARG_INT(generation),
			ARG_INT(rotation->idle_until), ARG_TEXT(rotation->rotated_by),
			repeat ? ARG_BYTES(*repeat) : ARG_NULL),
		ROTATED(session_r));
}

enum db_found session_sql_rotate_into(struct db_tx *tx, struct uuid tenant_id, struct uuid app_id,
	struct uuid session_id, uint32_t generation, const struct session_rotation *rotation, struct session *session_r)
{
	static struct db_stmt rotate = DB_STMT(ROTATE("tenant_id = $8, ", ""));
	const struct refresh_repeat *repeat = rotation->repeat;
	*session_r = (struct session){.app_id = app_id, .session_id = session_id, .generation = generation + 1};
	return db_one(tx, &rotate,
		ARGS(ARG_BYTES(app_id), ARG_BYTES(session_id), ARG_INT(rotation->now), ARG_INT(generation),
			ARG_INT(rotation->idle_until), ARG_TEXT(rotation->rotated_by),
			repeat ? ARG_BYTES(*repeat) : ARG_NULL, id_or_null(&tenant_id)),
		ROTATED(session_r));
}

int session_sql_move(struct db_tx *tx, const struct session *session, int64_t now)
{
	static struct db_stmt move = DB_STMT("UPDATE sessions SET tenant_id = $5 "
					     "WHERE app_id = $1 AND session_id = $2 AND generation = $4 AND " IS_LIVE);
	return db_exec(tx, &move,
		ARGS(ARG_BYTES(session->app_id), ARG_BYTES(session->session_id), ARG_INT(now),
			ARG_INT(session->generation), id_or_null(&session->tenant_id)));
}

enum db_found session_sql_find(struct db_tx *tx, struct uuid app_id, struct uuid session_id, struct session_row *row_r)
{
	static struct db_stmt find =
		DB_STMT("SELECT s.user_id, s.tenant_id, s.generation, s.auth_time, s.idle_until, s.expires_at, s.amr, "
			"s.created_at, "
			"s.last_used_at, s.ended_at, s.restored, s.rotated_by, s.idempotency_mac, "
			"u.user_id, u.email_spelling, u.phone, u.created_at, u.last_sign_in_at, u.deleted_at "
			"FROM sessions s LEFT JOIN users u ON u.app_id = s.app_id AND u.user_id = s.user_id "
			"WHERE s.app_id = $1 AND s.session_id = $2");
	struct session_row row = {.session = {.app_id = app_id, .session_id = session_id}};
	struct session *session = &row.session;
	struct user *user = &row.user;
	struct text repeat = TEXT_NONE;
	int64_t generation = 0, restored = 0;
	const enum db_found found = db_one(tx, &find, ARGS(ARG_BYTES(app_id), ARG_BYTES(session_id)),
		COLS(COL_BYTES(session->user_id), COL_BYTES(session->tenant_id), COL_INT(generation),
			COL_INT(session->auth_time), COL_INT(session->idle_until), COL_INT(session->expires_at),
			COL_TEXT(session->amr), COL_INT(row.created_at), COL_INT(row.last_used_at),
			COL_INT(row.ended_at), COL_INT(restored), COL_TEXT(row.rotated_by), COL_BLOB(repeat),
			COL_BYTES(user->id), COL_TEXT(user->email), COL_TEXT(user->phone), COL_INT(user->created_at),
			COL_INT(user->last_sign_in_at), COL_INT(user->deleted_at)));
	if (found != DB_ROW)
		return found;
	session->generation = (uint32_t)generation;
	row.restored = restored != 0;
	row.has_repeat = repeat.n == sizeof row.repeat;
	if (row.has_repeat)
		memcpy(&row.repeat, repeat.p, sizeof row.repeat);
	*row_r = row;
	return DB_ROW;
}

int session_sql_end(struct db_tx *tx, struct uuid app_id, struct uuid session_id, int64_t now)
{
	static struct db_stmt end =
		DB_STMT("UPDATE sessions SET ended_at = $3 WHERE app_id = $1 AND session_id = $2 AND " IS_LIVE);
	return db_exec(tx, &end, ARGS(ARG_BYTES(app_id), ARG_BYTES(session_id), ARG_INT(now)));
}

int session_sql_end_own(struct db_tx *tx, struct uuid app_id, struct uuid user_id, struct uuid session_id, int64_t now)
{
	static struct db_stmt end = DB_STMT("UPDATE sessions SET ended_at = $3 "
					    "WHERE app_id = $1 AND session_id = $2 AND user_id = $4 AND " IS_LIVE);
	return db_exec(tx, &end, ARGS(ARG_BYTES(app_id), ARG_BYTES(session_id), ARG_INT(now), ARG_BYTES(user_id)));
}

/* The subquery needs the index's columns alone: otherwise SQLite, knowing no statistics, takes the primary key by app_id
 * for narrow enough and reads every session of the app. And takes it where a bound of session_id stands outside. */
#define OF_USER(bound)                                                                                                 \
	"app_id = $1 AND session_id IN (SELECT session_id FROM sessions WHERE app_id = $1 AND user_id = $2" bound ")"

int session_sql_end_all(struct db_tx *tx, struct uuid app_id, struct uuid user_id, struct uuid but, int64_t now)
{
	static struct db_stmt end_all =
		DB_STMT("UPDATE sessions SET ended_at = $3 WHERE " OF_USER("") " AND session_id <> $4 AND " IS_LIVE);
	return db_exec(tx, &end_all, ARGS(ARG_BYTES(app_id), ARG_BYTES(user_id), ARG_INT(now), ARG_BYTES(but)));
}

int session_sql_list(
	struct db_tx *tx, const struct op_user *user, int64_t now, struct listing *page, struct session_shown *row)
{
	static struct db_stmt list =
		DB_STMT("SELECT session_id, created_at, last_used_at, ip, user_agent, "
			"CASE WHEN session_id = $4 THEN 1 ELSE 0 END FROM sessions "
			"WHERE " OF_USER(" AND session_id < $5") " AND " IS_LIVE " ORDER BY session_id DESC LIMIT $6");
	return db_each(tx, &list,
		ARGS(ARG_BYTES(user->app_id), ARG_BYTES(user->user_id), ARG_INT(now), ARG_BYTES(user->session_id),
			LISTING_BEFORE(page), LISTING_ROWS(page)),
		COLS(COL_BYTES(row->session_id), COL_INT(row->created_at), COL_INT(row->last_used_at),
			COL_TEXT(row->ip), COL_TEXT(row->user_agent), COL_INT(row->is_current)),
		listing_add, page);
}

int session_sql_forget(struct db_tx *tx, struct uuid app_id, struct uuid user_id)
{
	static struct db_stmt forget = DB_STMT("UPDATE sessions SET ip = NULL, user_agent = NULL WHERE " OF_USER(""));
	return db_exec(tx, &forget, ARGS(ARG_BYTES(app_id), ARG_BYTES(user_id)));
}

int session_sql_void(struct db_tx *tx, int64_t now)
{
	static struct db_stmt end = DB_STMT("UPDATE sessions SET ended_at = $1 WHERE ended_at = 0");
	return db_exec(tx, &end, ARGS(ARG_INT(now)));
}

int session_sql_mark_restored(struct db_tx *tx, int64_t now)
{
	static struct db_stmt mark =
		DB_STMT("UPDATE sessions SET restored = 1 WHERE ended_at = 0 AND idle_until > $1 AND expires_at > $1");
	return db_exec(tx, &mark, ARGS(ARG_INT(now)));
}

int session_sql_prune(struct db_tx *tx, int64_t expired_before)
{
	static struct db_stmt prune =
		DB_STMT("DELETE FROM sessions WHERE (app_id, session_id) IN "
			"(SELECT app_id, session_id FROM sessions WHERE expires_at < $1 LIMIT $2)");
	return db_exec(tx, &prune, ARGS(ARG_INT(expired_before), ARG_INT(PRUNE_ROWS)));
}
