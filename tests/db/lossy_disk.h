/*
 * A disk that loses power, for SQLite: a VFS over the unix one that passes everything through and keeps, of one database's
 * files (main, log, rollback journal), what is durable. A file is durable as it was when its last finished sync began; what
 * was written since may be there or not, each write on its own and torn at sectors, in any order.
 *
 * What is assumed, as SQLite does: a sector is written whole or not at all, and the bytes of a sector that a write does not
 * name stay (SQLITE_POWERSAFE_OVERWRITE). Where a file grows beyond what came to the disk there are zeros. A file's coming
 * and going is durable after the first sync of a journal or log that was opened to be created, as SQLite then syncs their
 * folder, and after a deletion with such a sync; before it the old file, none or the new one is there. A file that is there
 * when it is first opened was durable. No mapped files: the VFS has no xFetch.
 */
#ifndef KW_TESTS_DB_LOSSY_DISK_H
#define KW_TESTS_DB_LOSSY_DISK_H

#include <stdbool.h>
#include <stdint.h>

enum lossy_file { LOSSY_MAIN, LOSSY_LOG, LOSSY_JOURNAL, LOSSY_FILES };
enum lossy_step { LOSSY_WRITE, LOSSY_TRUNCATE, LOSSY_SYNC, LOSSY_DELETE };

/* A moment at which power may fail: just before or after a step. Syncs take their time: others' steps lie in between. */
struct lossy_point {
	enum lossy_file file;
	enum lossy_step step;
	bool after;
	bool syncing; /* the main file is being synced meanwhile */
	bool failed;  /* a sync failed before, as told */
	int64_t at;   /* of a write: the offset; of a truncation: the size */
};

/* From here on every database is opened on this disk, unless its VFS is named. Once, before the first is opened. */
void lossy_disk_use(void);

/* Forgets what it knew, and watches the database of this path (absolute; NULL: none); what is there now is durable.
 * at_point is called at each point, on the thread that takes the step, while no other can take one. */
void lossy_disk_watch(
	const char *database, void (*at_point)(void *context, const struct lossy_point *point), void *context);

/* Waits until nobody took a step for a few milliseconds. */
void lossy_disk_rest(void);

/* Within at_point, or while nobody takes a step: makes of another path a database's files as power loss may leave them. The same seed at the same point
 * makes the same files. */
void lossy_disk_image(uint64_t seed, const char *database);

/* Syncs of this file do nothing, but say that they did; LOSSY_FILES: none lies. Until the next watch. */
void lossy_disk_lie(enum lossy_file file);
/* The number-th sync from now (1: the next) of this file, or of any (LOSSY_FILES), fails: a part of what it should have
 * saved is saved, and the rest never will be, though it can be read (as Linux does). Until the next watch. */
void lossy_disk_fail_sync(enum lossy_file file, unsigned number);

#endif
