#include "core/limit_sql.h"

#include "core/prune.h"

/* The row keeps its last $6 characters, that is the last count times. */
#define APPEND                                                                                                         \
	"INSERT INTO limits (app_id, kind, subject, times, expires_at) VALUES ($1, $2, $3, $4, $5)"                    \
	" ON CONFLICT (app_id, kind, subject) DO UPDATE SET expires_at = $5, times = substr(limits.times || $4,"       \
	" CAST(CASE WHEN length(limits.times) < $6 THEN 1 ELSE length(limits.times) - $6 + 14 END AS INTEGER))"

static struct db_stmt note = DB_STMT(APPEND);
/* …unless the first of them still lies within the window. */
static struct db_stmt add = DB_STMT(APPEND
	" WHERE length(limits.times) < $6"
	" OR substr(limits.times, CAST(length(limits.times) - $6 + 1 AS INTEGER), 13) <= $7 RETURNING expires_at");
static struct db_stmt select_times =
	DB_STMT("SELECT times FROM limits WHERE app_id = $1 AND kind = $2 AND subject = $3");
static struct db_stmt prune =
	DB_STMT("DELETE FROM limits WHERE (app_id, kind, subject) IN"
		" (SELECT app_id, kind, subject FROM limits WHERE expires_at < $1 LIMIT $2) AND expires_at < $1");

#define ROW_ARGS(row)                                                                                                  \
	ARG_BYTES((row)->window->app_id), ARG_TEXT(text_of((row)->window->kind)), ARG_BYTES((row)->subject),           \
		ARG_TEXT(text_of((row)->now)), ARG_INT((row)->expires_at),                                             \
		ARG_INT((row)->window->count *LIMIT_TIME_SIZE)

enum db_found limit_sql_add(struct db_tx *tx, const struct limit_row *row)
{
	int64_t expires_at;
	return db_one(tx, &add, ARGS(ROW_ARGS(row), ARG_TEXT(text_of(row->cutoff))), COLS(COL_INT(expires_at)));
}

int limit_sql_note(struct db_tx *tx, const struct limit_row *row)
{
	return db_exec(tx, &note, ARGS(ROW_ARGS(row)));
}

enum db_found limit_sql_select(struct db_tx *tx, const struct limit_row *row, struct text *times_r)
{
	return db_one(tx, &select_times,
		ARGS(ARG_BYTES(row->window->app_id), ARG_TEXT(text_of(row->window->kind)), ARG_BYTES(row->subject)),
		COLS(COL_TEXT(*times_r)));
}

int limit_sql_prune(struct db_tx *tx, int64_t now)
{
	return db_exec(tx, &prune, ARGS(ARG_INT(now), ARG_INT(PRUNE_ROWS)));
}
