#include "db/restore.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/backup.h"
#include "db/sqlite.h"

enum { COPY_PIECE = 1 << 20 };

/* path with something behind it: a file that SQLite keeps beside it. Good until the next call but one. */
static const char *beside(const char *path, const char *behind)
{
	static char names[2][PATH_MAX];
	static unsigned turn;
	char *name = names[turn++ % 2];

	snprintf(name, PATH_MAX, "%s%s", path, behind);
	return name;
}

static bool has_bytes(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && status.st_size > 0;
}

/* ---- the copy ---- */

void restore_discard(const char *copy)
{
	(void)unlink(copy);
	(void)unlink(beside(copy, "-wal"));
	(void)unlink(beside(copy, "-shm"));
	(void)unlink(beside(copy, ".lock"));
}

/* 0 at the end of from, 1 when there is more, -1. */
static int copy_piece(int from, int to, char *piece)
{
	const ssize_t n = read(from, piece, COPY_PIECE);

	if (n <= 0)
		return (int)n;
	for (ssize_t done = 0; done < n;) {
		const ssize_t written = write(to, piece + done, (size_t)(n - done));
		if (written < 0)
			return -1;
		done += written;
	}
	return 1;
}

static int copy_bytes(int from, int to)
{
	struct arena *arena = arena_new();
	char *piece = arena_alloc(arena, COPY_PIECE);
	int more;

	do
		more = copy_piece(from, to, piece);
	while (more > 0);
	arena_free(arena);
	return more < 0 ? -1 : fsync(to);
}

static int copy_open_file(const char *file, int from, const char *copy, const char **why_r)
{
	char magic[16] = "";

	if (pread(from, magic, sizeof magic, 0) == sizeof magic && memcmp(magic, "PGDMP", 5) == 0)
		return restore_fail(why_r, "%.300s is a backup of PostgreSQL: name the database with --store", file);
	if (memcmp(magic, "SQLite format 3", sizeof magic) != 0)
		return restore_fail(why_r, "%.300s is no backup of Keywright", file);
	if (has_bytes(beside(file, "-wal")) || has_bytes(beside(file, "-journal")))
		return restore_fail(why_r,
			"%.300s has a log beside it: it is a store in use, or one that crashed, and no backup", file);
	restore_discard(copy);
	const int to = open(copy, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to < 0)
		return restore_fail(why_r, "%.300s cannot be made: %s", copy, strerror(errno));
	const int failed = copy_bytes(from, to) ? restore_fail(why_r, "%.300s cannot be copied to %.300s: %s", file,
							  copy, strerror(errno))
						: 0;
	close(to);
	return failed;
}

static int copy_file(const char *file, const char *copy, const char **why_r)
{
	const int from = open(file, O_RDONLY | O_CLOEXEC);

	if (from < 0)
		return restore_fail(why_r, "%.300s cannot be read: %s", file, strerror(errno));
	const int failed = copy_open_file(file, from, copy, why_r);
	close(from);
	return failed;
}

/* ---- is it whole, is it ours ---- */

/* The first column of the statement's first row is the text, with $1 bound to argument unless that is NULL. */
static bool says(sqlite3 *db, const char *sql, const char *argument, const char *text)
{
	sqlite3_stmt *stmt = NULL;
	bool so = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK &&
		  (!argument || sqlite3_bind_text(stmt, 1, argument, -1, SQLITE_STATIC) == SQLITE_OK) &&
		  sqlite3_step(stmt) == SQLITE_ROW && sqlite3_column_text(stmt, 0) &&
		  strcmp((const char *)sqlite3_column_text(stmt, 0), text) == 0;

	sqlite3_finalize(stmt);
	return so;
}

static int look_and_mark(sqlite3 *db, const char *file, const char *first, const char *mark, const char **why_r)
{
	if (!says(db, "PRAGMA integrity_check(1)", NULL, "ok"))
		return restore_fail(why_r, "%.300s is damaged: %s", file, sqlite3_errmsg(db));
	if (!says(db, "SELECT COUNT(*) FROM schema_migration WHERE name = $1", first, "1"))
		return restore_fail(why_r, "%.300s is an SQLite database, but no backup of Keywright", file);
	if (sqlite3_exec(db, mark, NULL, NULL, NULL) != SQLITE_OK)
		return restore_fail(why_r, "the copy of %.300s cannot be changed: %s", file, sqlite3_errmsg(db));
	return 0;
}

int restore_copy(const char *file, const char *copy, const char *first, const char *mark, const char **why_r)
{
	sqlite3 *db = NULL;
	int failed;

	TRY(copy_file(file, copy, why_r));
	if (sqlite3_open_v2(copy, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		failed = restore_fail(why_r, "%.300s cannot be opened: %s", copy, sqlite3_errmsg(db));
	else
		failed = look_and_mark(db, file, first, mark, why_r);
	sqlite3_close(db);
	return failed;
}

/* ---- in its place ---- */

int restore_settle(const char *path, const char **why_r)
{
	sqlite3 *db = NULL;
	bool settled;

	if (!has_bytes(path) && !has_bytes(beside(path, "-wal")))
		return 0;
	/* where it cannot be settled, SQLite must not tidy up either: the log may be all that is good */
	settled = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK &&
		  sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL) == SQLITE_OK &&
		  says(db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, "0");
	if (!settled)
		(void)restore_fail(why_r, "%.300s, the present store, cannot be read: %s", path, sqlite3_errmsg(db));
	if (sqlite3_close(db) != SQLITE_OK || !settled)
		return -1;
	(void)unlink(beside(path, "-wal"));
	(void)unlink(beside(path, "-shm"));
	return 0;
}

/* Both names lead to the present store for a moment; its log, if it still has one, goes along. */
static int keep(const char *path, const char *kept)
{
	if (access(path, F_OK) == 0)
		TRY(link(path, kept));
	if (access(beside(path, "-wal"), F_OK) == 0)
		TRY(rename(beside(path, "-wal"), beside(kept, "-wal")));
	(void)unlink(beside(path, "-shm"));
	return backup_sync_folder_of(path);
}

int restore_swap(const char *copy, const char *path, const char *kept, const char **why_r)
{
	if (keep(path, kept) != 0 || rename(copy, path) != 0 || backup_sync_folder_of(path) != 0)
		return restore_fail(
			why_r, "the restored store cannot take the place of %.300s: %s", path, strerror(errno));
	(void)unlink(beside(copy, ".lock"));
	return 0;
}
