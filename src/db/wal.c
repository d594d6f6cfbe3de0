#include "base/log.h"
#include "db/sqlite.h"

/* A commit that waits for a checkpoint is the p99: 100 pages gave 5-7 ms, 200 gave 7-9, 400 gave 19 (32 at a time, one
 * million rows, a loaded machine), and no fewer commits. */
#define CHECKPOINT_FRAMES 100
#define RESTART_FRAMES (8 * CHECKPOINT_FRAMES) /* readers overlapped every checkpoint: wait for them a moment */
#define RESTART_WAIT_MS 20
#define FRAMES_MAX 65536 /* 256 MiB */
#define BACKUP_FACTOR 16 /* of that, while a backup of ours reads: it ends, so writes go on; 4 GiB */

static int committed(void *context, sqlite3 *db, const char *name, int frames)
{
	struct sqlite *sqlite = context;

	sqlite->frames = frames;
	sqlite->wounded = false;
	if (frames < sqlite->settled)
		sqlite->settled = 0; /* the log started over */
	return SQLITE_OK;
}

void wal_watch(struct sqlite *sqlite)
{
	sqlite->frames_max = FRAMES_MAX;
	sqlite3_wal_hook(sqlite->db, committed, sqlite);
}

static int checkpoint(struct sqlite *sqlite, int mode)
{
	sqlite3_busy_timeout(sqlite->db, RESTART_WAIT_MS);
	const int rc = sqlite3_wal_checkpoint_v2(sqlite->db, NULL, mode, NULL, NULL);
	sqlite3_busy_timeout(sqlite->db, SQLITE_BUSY_MS);
	sqlite->settled = sqlite->frames;
	return rc;
}

void wal_rest(struct sqlite *sqlite)
{
	if (sqlite->wounded)
		wal_heal(sqlite);
	if (sqlite->frames - sqlite->settled < CHECKPOINT_FRAMES)
		return;
	/* Once each RESTART_FRAMES: a reader that stays for minutes must not cost a wait at every checkpoint. One of ours is
	 * known to stay. */
	const bool overdue = !sqlite->backups && sqlite->frames / RESTART_FRAMES != sqlite->settled / RESTART_FRAMES;
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
		"a long read keeps the write-ahead log at its bound; writes wait for its end");
	return true;
}

void wal_heal(struct sqlite *sqlite)
{
	sqlite->wounded = checkpoint(sqlite, SQLITE_CHECKPOINT_TRUNCATE) != SQLITE_OK;
	if (sqlite->wounded)
		return;
	sqlite->frames = sqlite->settled = 0;
}
