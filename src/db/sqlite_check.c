/* Are the pages of a store sound? */
#include "base/clock.h"
#include "db/sqlite.h"

enum { OPS_BETWEEN_LOOKS = 10000 }; /* of SQLite's machine: some tenths of a millisecond */

const char *db_sqlite_version(void)
{
	return sqlite3_libversion();
}

static int is_over(void *context)
{
	const int64_t *deadline = context;

	return clock_steady() >= *deadline;
}

int sqlite_check(struct conn *conn, struct arena *arena, int64_t ms, bool *whole_r, struct text *verdict_r)
{
	sqlite3 *db = ((struct sqlite *)conn)->db;
	int64_t deadline = clock_steady() + ms;
	sqlite3_stmt *stmt = NULL;

	sqlite3_progress_handler(db, OPS_BETWEEN_LOOKS, is_over, &deadline);
	int rc = sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &stmt, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	sqlite3_progress_handler(db, 0, NULL, NULL);
	const bool found = rc == SQLITE_ROW, unsound = rc == SQLITE_CORRUPT || rc == SQLITE_NOTADB;
	if (found)
		*verdict_r = arena_copy(arena, text_of((const char *)sqlite3_column_text(stmt, 0)));
	else if (unsound)
		*verdict_r = arena_copy(arena, text_of(sqlite3_errmsg(db)));
	else if (rc == SQLITE_INTERRUPT)
		*verdict_r = TEXT("ok");
	sqlite3_finalize(stmt);
	if (!found && !unsound && rc != SQLITE_INTERRUPT)
		return -1;
	*whole_r = rc != SQLITE_INTERRUPT;
	return 0;
}
