#include "base/log.h"
#include "db/sqlite.h"
#include "db/sqlite_vfs.h"

/* A checkpoint is written at once and made durable in the background; while that goes on none is begun, so on a busy disk
 * they grow by themselves. */
#define CHECKPOINT_FRAMES 200
/* From so many on, each time so many more were written, all wait for a checkpoint to its end and for readers, so that the
 * log starts over. */
#define RESTART_FRAMES 3200
#define RETRY_FRAMES 800
#define RESTART_WAIT_MS 20
#define FRAMES_MAX 65536 /* 256 MiB */
#define BACKUP_FACTOR 16 /* of that, while a backup of ours reads: it ends, so writes go on; 4 GiB */

/* In the wal-index: the size of a region, and the number of the word that counts the frames copied. */
#define WAL_INDEX_REGION 32768
#define WAL_INDEX_COPIED 24

static int committed(void *context, sqlite3 *db, const char *name, int frames)
{
	struct sqlite *sqlite = context;

	sqlite->frames = frames;
	sqlite->wounded = false;
	if (frames < sqlite->settled)
		sqlite->settled = 0; /* the log started over */
	return SQLITE_OK;
}

int wal_watch(struct sqlite *sqlite)
{
	sqlite->frames_max = FRAMES_MAX;
	sqlite3_wal_hook(sqlite->db, committed, sqlite);
	return vfs_defer(sqlite->db);
}

/* After a sync that failed, nothing that was written since the last good one can be counted on, and no later sync brings
 * it back. SQLite counts what a checkpoint copied that a reader kept from the log's end, though it syncs only at the end:
 * have all of the log copied again. The count's place is fixed (sqlite.org/walformat.html, nBackfill), and its only writer is
 * this connection. */
static void copy_all_again(struct sqlite *sqlite)
{
	sqlite3_file *file = NULL;
	volatile void *index = NULL;

	if (sqlite3_file_control(sqlite->db, NULL, SQLITE_FCNTL_FILE_POINTER, &file) == SQLITE_OK &&
		file->pMethods->xShmMap(file, 0, WAL_INDEX_REGION, 0, &index) == SQLITE_OK && index)
		((volatile uint32_t *)index)[WAL_INDEX_COPIED] = 0;
}

static void settle(struct sqlite *sqlite)
{
	if (vfs_settle(sqlite->db) != 0)
		copy_all_again(sqlite);
}

void wal_leave(struct sqlite *sqlite)
{
	if (sqlite->frames_max > 0)
		settle(sqlite);
}

/* To its end, here and now: what lets the log start over. */
static int checkpoint_now(struct sqlite *sqlite, int mode)
{
	settle(sqlite);
	sqlite3_busy_timeout(sqlite->db, RESTART_WAIT_MS);
	const int rc = sqlite3_wal_checkpoint_v2(sqlite->db, NULL, mode, NULL, NULL);
	sqlite3_busy_timeout(sqlite->db, SQLITE_BUSY_MS);
	MUST(vfs_defer(sqlite->db) == 0);
	return rc;
}

static int checkpoint(struct sqlite *sqlite, int mode)
{
	const int rc = mode == SQLITE_CHECKPOINT_PASSIVE ? sqlite3_wal_checkpoint_v2(sqlite->db, NULL, mode, NULL, NULL)
							 : checkpoint_now(sqlite, mode);

	if (rc != SQLITE_OK && rc != SQLITE_BUSY)
		copy_all_again(sqlite);
	sqlite->settled = sqlite->frames;
	return rc;
}

void wal_rest(struct sqlite *sqlite, bool idle)
{
	if (sqlite->wounded || vfs_has_failed(sqlite->db))
		wal_heal(sqlite);
	if (sqlite->frames - sqlite->settled < (idle ? 1 : CHECKPOINT_FRAMES))
		return;
	/* A reader that stays for minutes must not cost a wait at every checkpoint. One of ours is known to stay. */
	const bool overdue = !sqlite->backups && sqlite->frames >= RESTART_FRAMES &&
			     sqlite->frames / RETRY_FRAMES != sqlite->settled / RETRY_FRAMES;
	if (!overdue && vfs_is_busy(sqlite->db))
		return;
	const int rc = checkpoint(sqlite, overdue ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE);
	if (rc != SQLITE_OK && rc != SQLITE_BUSY)
		log_say(LOG_ERROR, "store_fault", "checkpoint: %s", sqlite3_errmsg(sqlite->db));
}

bool wal_is_too_long(struct sqlite *sqlite)
{
	if (sqlite->frames < sqlite->frames_max * (sqlite->backups ? BACKUP_FACTOR : 1))
		return false;
	if (checkpoint(sqlite, SQLITE_CHECKPOINT_RESTART) == SQLITE_OK) {
		sqlite->frames = sqlite->settled = 0;
		return false;
	}
	log_say(LOG_ERROR, "store_fault",
		"a long read, or a disk that fails, keeps the write-ahead log at its bound; writes wait for its end");
	return true;
}

/* SQLite does not sync a log that it has cut. */
static int sync_log(struct sqlite *sqlite)
{
	sqlite3_file *log = NULL;

	TRY(sqlite3_file_control(sqlite->db, NULL, SQLITE_FCNTL_JOURNAL_POINTER, &log));
	return log->pMethods->xSync(log, SQLITE_SYNC_FULL);
}

void wal_heal(struct sqlite *sqlite)
{
	sqlite->wounded = checkpoint(sqlite, SQLITE_CHECKPOINT_TRUNCATE) != SQLITE_OK || sync_log(sqlite) != SQLITE_OK;
	if (sqlite->wounded)
		return;
	sqlite->frames = sqlite->settled = 0;
}
