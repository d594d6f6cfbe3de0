/*
 * A backup of an SQLite store: the pages of one read transaction, copied by SQLite's own means on a connection that only
 * reads. The transaction stays open over all steps, so the copy never begins anew however much is written meanwhile, and
 * the store's one writer stays the only one that checkpoints.
 */
#include "db/sqlite.h"

#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "db/backup.h"

/* A MiB, then a pause, and what was written is made durable piece by piece: commits share cores and disk with us. With 32
 * connections at 6,000 refreshes/s on two busy cores, backups without end took up to a half of that without pauses and none with
 * them; the p99 was 340 to 780 ms where all was made durable at the end, 200 so. */
enum { STEP_PAGES = 256, STEPS_DURABLE = 8, PAUSE_MS = 2 };

/* The copy is made durable once, at its end. */
static const char *const target_pragmas = "PRAGMA journal_mode=OFF;"
					  "PRAGMA synchronous=OFF;"
					  "PRAGMA locking_mode=EXCLUSIVE;"
					  "PRAGMA mmap_size=0;";
/* A transaction sees what it saw at its first read. */
static const char *const begin = "BEGIN; SELECT COUNT(*) FROM sqlite_schema;";

static bool is_file(const char *path, const char *behind, const struct stat *file)
{
	char name[4096];
	struct stat status;

	snprintf(name, sizeof name, "%s%s", path, behind);
	return stat(name, &status) == 0 && status.st_dev == file->st_dev && status.st_ino == file->st_ino;
}

/* Whether the backup would take the place of the store itself. */
static bool is_store(const struct sqlite *store, const char *file)
{
	struct stat status;

	return stat(file, &status) == 0 &&
	       (is_file(store->path, "", &status) || is_file(store->path, "-wal", &status) ||
		       is_file(store->path, "-shm", &status) || is_file(store->path, ".lock", &status));
}

/* Fails when what was written may be lost: a later fsync would not tell any more. */
static int let_others(int fd, int step)
{
	const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};

	nanosleep(&pause, NULL);
	return step % STEPS_DURABLE == 0 ? fdatasync(fd) : 0;
}

static int copy(sqlite3 *from, sqlite3 *to, const struct backup_order *order)
{
	struct db_backup *backup = order->backup;
	sqlite3_backup *pages = sqlite3_backup_init(to, "main", from, "main");
	int rc = SQLITE_OK;

	if (!pages)
		return backup_fail(backup, "the backup cannot begin: %s", sqlite3_errmsg(to));
	for (int step = 1; rc == SQLITE_OK && !backup->stop; step++) {
		rc = sqlite3_backup_step(pages, STEP_PAGES);
		backup->pages = sqlite3_backup_pagecount(pages);
		backup->whole = backup->pages * SQLITE_PAGE_BYTES;
		backup->done = backup->whole - sqlite3_backup_remaining(pages) * (int64_t)SQLITE_PAGE_BYTES;
		if (let_others(order->fd, step) != 0)
			rc = SQLITE_IOERR;
	}
	sqlite3_backup_finish(pages);
	if (rc == SQLITE_DONE)
		return 0;
	return backup_fail(backup, "the backup was given up: %s", rc == SQLITE_OK ? "stopped" : sqlite3_errstr(rc));
}

static int copy_to(struct sqlite *from, const struct backup_order *order)
{
	struct db_backup *backup = order->backup;
	const char *path = order->part;
	sqlite3 *to = NULL;
	int failed;

	if (sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK ||
		sqlite3_exec(to, target_pragmas, NULL, NULL, NULL) != SQLITE_OK)
		failed = backup_fail(backup, "%.200s cannot be written: %s", path, sqlite3_errmsg(to));
	else if (sqlite3_exec(from->db, begin, NULL, NULL, NULL) != SQLITE_OK)
		failed = backup_fail(backup, "the store cannot be read: %s", sqlite3_errmsg(from->db));
	else
		failed = copy(from->db, to, order);
	if (sqlite3_close(to) != SQLITE_OK && !failed)
		failed = backup_fail(backup, "%.200s cannot be written to its end", path);
	return failed;
}

int sqlite_backup(struct conn *first, const struct backup_order *order)
{
	struct sqlite *store = (struct sqlite *)first;
	struct db_backup *backup = order->backup;
	struct conn *reader;

	if (is_store(store, order->file))
		return backup_fail(backup, "that is the store itself: take another name");
	reader = sqlite_engine.open_more(first);
	if (!reader)
		return backup_fail(backup, "the store cannot be read; its log says why");
	store->backups++;
	const int failed = copy_to((struct sqlite *)reader, order);
	/* the end of the read transaction, too: from here on the log can start over */
	sqlite_engine.close(reader);
	store->backups--;
	return failed;
}
