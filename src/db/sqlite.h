/*
 * One SQLite connection, shared by the files that work on it: sqlite.c (statements, transactions), wal.c (the write-ahead
 * log: checkpoints, its bound, healing after a failed commit), sqlite_backup.c and sqlite_check.c.
 */
#ifndef KW_DB_SQLITE_H
#define KW_DB_SQLITE_H

#include <sqlite3.h>

#include "db/engine.h"
#include "db/stmt.h"

#define SQLITE_PAGE_SIZE "4096"
#define SQLITE_PAGE_BYTES 4096
/* In KiB, filled on use. Of a million users 32 MiB gave 2 to 10 % more sign-ins by link or code than 8; runs vary as much. */
#define SQLITE_WRITER_CACHE "-32768"
#define SQLITE_READER_CACHE                                                                                            \
	"-8192"             /* filled on use; at 1 MiB me read five pages again per request, of a million sessions */
#define SQLITE_BUSY_MS 1000 /* how long a foreign process (a backup tool) may hold us up */

enum verb { VERB_BEGIN, VERB_COMMIT, VERB_ROLLBACK, VERB_MARK, VERB_KEEP, VERB_UNDO, VERB_COUNT };

struct sqlite {
	struct conn conn;
	sqlite3 *db;
	sqlite3_stmt *verbs[VERB_COUNT];
	struct stmt_table statements;
	char *path;
	int lock;                 /* the writer's proof of ownership, else -1 */
	bool writer;              /* the one connection that writes and checkpoints */
	bool in_transaction;      /* between begin and its end, as far as we know */
	bool wounded;             /* a COMMIT failed and its frames may still lie in the log */
	int frames;               /* pages in the log after the last commit */
	int settled;              /* of those, how many there were at the last checkpoint */
	int frames_max;           /* more are not written: see wal_is_too_long */
	_Atomic unsigned backups; /* that read this store now: the log grows as long as they do */
};

/* sqlite_check.c: engine.h's check */
MUST_USE int sqlite_check(struct conn *conn, struct arena *arena, int64_t ms, bool *whole_r, struct text *verdict_r);
/* sqlite_backup.c: engine.h's backup */
MUST_USE int sqlite_backup(struct conn *first, const struct backup_order *order);

/* Keeps count of the log's frames from here on, and lets checkpoints be made durable by a thread of their own. */
MUST_USE int wal_watch(struct sqlite *sqlite);
/* Ends what wal_watch began, before the connection is closed. */
void wal_leave(struct sqlite *sqlite);
/* Between transactions: checkpoints when enough was written since the last time, heals. idle: checkpoints the least bit, for
 * readers need not look into a log that was copied to its end. */
void wal_rest(struct sqlite *sqlite, bool idle);
/* Whether readers kept the log from starting over for so long that writing must wait (THREATS G7). */
bool wal_is_too_long(struct sqlite *sqlite);
/* After a failed COMMIT: its frames were written, but do not count; until others overwrite them, a crash would make
 * recovery find and apply them. Or after a checkpoint that was not made durable. Empties the log now, or marks the connection
 * wounded so that wal_rest tries again. */
void wal_heal(struct sqlite *sqlite);

#endif
