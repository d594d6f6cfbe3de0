/*
 * The files of the connection that writes and checkpoints: SQLite's own, with two differences that change no promise.
 *
 * - The frames of a commit are gathered and reach the log in few large writes, before the log is made durable.
 * - A checkpoint's pages may be made durable by a thread of their own (vfs_defer). Until that is done the log, which has
 *   them all, does not start over: after a crash it is applied from its beginning, whatever the file had of them by then.
 *   (https://www.sqlite.org/walformat.html; which locks starting over takes: section 2.3.)
 *
 * Commits are as durable as synchronous=FULL makes them. A sync that fails may have lost what was written before it, and
 * no later one tells: the caller then has all of the log copied again (wal.c).
 */
#ifndef KW_DB_SQLITE_VFS_H
#define KW_DB_SQLITE_VFS_H

#include <sqlite3.h>

#include "base/def.h"

/* For sqlite3_open_v2: the name of these files' VFS, registered by the first call. The rest of this header is about
 * connections that were opened so. */
const char *vfs_name(void);

/* From here on a checkpoint returns once its pages are written, and a thread makes them durable. */
MUST_USE int vfs_defer(sqlite3 *db);
/* Waits for that thread; from here on checkpoints do it themselves. -1: it failed since the last call, and what checkpoints
 * copied since then counts for nothing. */
MUST_USE int vfs_settle(sqlite3 *db);
/* Whether that thread still has something to do: another checkpoint now would only make it more. */
bool vfs_is_busy(sqlite3 *db);
/* Whether that thread failed since the last vfs_settle: until the next the log does not start over. */
bool vfs_has_failed(sqlite3 *db);

#endif
