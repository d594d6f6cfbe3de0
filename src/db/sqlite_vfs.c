#include "db/sqlite_vfs.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#define NAME "keywright"
#define GATHER_SIZE (120 * 1024) /* SQLite writes less than 128 KiB at once */
/* Starting over takes all read marks but the first, exclusively; nothing else takes so many. */
#define RESTART_LOCK 4
#define RESTART_LOCKS (SQLITE_SHM_NLOCK - RESTART_LOCK)

/* A database's pages on their way to the disk. */
struct flusher {
	sqlite3_file *file; /* SQLite's, of the database */
	pthread_t thread;
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t change;
	unsigned asked, done; /* how many syncs */
	bool started, stopping, deferring, failed;
};

struct file {
	sqlite3_file base;
	sqlite3_file *real;      /* SQLite's, behind this struct */
	struct flusher *flusher; /* the database's own, of its log as well */
	uint8_t *gathered;       /* of the log alone: n bytes that belong at this offset */
	int n;
	sqlite3_int64 at;
};

static struct file *of(sqlite3_file *file)
{
	return (struct file *)file;
}

/* ---- the thread ---- */

static void *flush(void *context)
{
	pthread_setname_np(pthread_self(), "flush");
	struct flusher *flusher = context;

	pthread_mutex_lock(&flusher->lock);
	while (!flusher->stopping) {
		if (flusher->asked == flusher->done) {
			pthread_cond_wait(&flusher->change, &flusher->lock);
			continue;
		}
		const unsigned asked = flusher->asked;
		pthread_mutex_unlock(&flusher->lock);
		const int rc = flusher->file->pMethods->xSync(flusher->file, SQLITE_SYNC_NORMAL);
		pthread_mutex_lock(&flusher->lock);
		flusher->done = asked;
		if (rc != SQLITE_OK)
			log_say(LOG_ERROR, "store_fault",
				"a checkpoint was not made durable: all of the log is copied again");
		flusher->failed |= rc != SQLITE_OK;
		pthread_cond_broadcast(&flusher->change);
	}
	pthread_mutex_unlock(&flusher->lock);
	return NULL;
}

static struct flusher *flusher_new(sqlite3_file *file)
{
	struct flusher *flusher = calloc(1, sizeof *flusher);

	MUST(flusher != NULL);
	flusher->file = file;
	pthread_mutex_init(&flusher->lock, NULL);
	pthread_cond_init(&flusher->change, NULL);
	return flusher;
}

static void flusher_free(struct flusher *flusher)
{
	pthread_mutex_lock(&flusher->lock);
	flusher->stopping = true;
	pthread_cond_broadcast(&flusher->change);
	pthread_mutex_unlock(&flusher->lock);
	if (flusher->started)
		pthread_join(flusher->thread, NULL);
	pthread_cond_destroy(&flusher->change);
	pthread_mutex_destroy(&flusher->lock);
	free(flusher);
}

/* SQLITE_OK, or how SQLite says that a sync failed. */
static int await(struct flusher *flusher)
{
	pthread_mutex_lock(&flusher->lock);
	while (flusher->asked != flusher->done)
		pthread_cond_wait(&flusher->change, &flusher->lock);
	const bool failed = flusher->failed;
	pthread_mutex_unlock(&flusher->lock);
	return failed ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}

struct state {
	bool busy, failed;
};

static struct state look(struct flusher *flusher)
{
	pthread_mutex_lock(&flusher->lock);
	const struct state state = {flusher->asked != flusher->done, flusher->failed};
	pthread_mutex_unlock(&flusher->lock);
	return state;
}

/* ---- the log ---- */

static int write_gathered(struct file *log)
{
	const int n = log->n;

	log->n = 0;
	return n > 0 ? log->real->pMethods->xWrite(log->real, log->gathered, n, log->at) : SQLITE_OK;
}

static int log_write(sqlite3_file *file, const void *p, int n, sqlite3_int64 at)
{
	struct file *log = of(file);

	if (at == 0) /* the log starts over */
		TRY(await(log->flusher));
	if (at != log->at + log->n || log->n + n > GATHER_SIZE)
		TRY(write_gathered(log));
	if (n > GATHER_SIZE)
		return log->real->pMethods->xWrite(log->real, p, n, at);
	if (log->n == 0)
		log->at = at;
	memcpy(log->gathered + log->n, p, (size_t)n);
	log->n += n;
	return SQLITE_OK;
}

static int log_read(sqlite3_file *file, void *p, int n, sqlite3_int64 at)
{
	struct file *log = of(file);

	TRY(write_gathered(log));
	return log->real->pMethods->xRead(log->real, p, n, at);
}

static int log_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	struct file *log = of(file);

	TRY(write_gathered(log));
	TRY(await(log->flusher));
	return log->real->pMethods->xTruncate(log->real, size);
}

static int log_sync(sqlite3_file *file, int flags)
{
	struct file *log = of(file);

	TRY(write_gathered(log));
	return log->real->pMethods->xSync(log->real, flags);
}

static int log_size(sqlite3_file *file, sqlite3_int64 *size_r)
{
	struct file *log = of(file);

	TRY(write_gathered(log));
	return log->real->pMethods->xFileSize(log->real, size_r);
}

static int log_close(sqlite3_file *file)
{
	struct file *log = of(file);
	const int written = write_gathered(log), closed = log->real->pMethods->xClose(log->real);

	free(log->gathered);
	return written != SQLITE_OK ? written : closed;
}

/* ---- the database ---- */

static int database_sync(sqlite3_file *file, int flags)
{
	struct file *database = of(file);
	struct flusher *flusher = database->flusher;

	pthread_mutex_lock(&flusher->lock);
	const bool deferring = flusher->deferring, failed = flusher->failed;
	if (deferring && !failed) {
		flusher->asked++;
		pthread_cond_broadcast(&flusher->change);
	}
	pthread_mutex_unlock(&flusher->lock);
	if (failed)
		return SQLITE_IOERR_FSYNC;
	return deferring ? SQLITE_OK : database->real->pMethods->xSync(database->real, flags);
}

static int database_shm_lock(sqlite3_file *file, int at, int n, int flags)
{
	struct file *database = of(file);
	const bool starts_over =
		at == RESTART_LOCK && n == RESTART_LOCKS && flags == (SQLITE_SHM_LOCK | SQLITE_SHM_EXCLUSIVE);

	if (starts_over) {
		const struct state state = look(database->flusher);
		/* As if a reader held it: what is written goes behind the rest of the log. */
		if (state.busy || state.failed)
			return SQLITE_BUSY;
	}
	return database->real->pMethods->xShmLock(database->real, at, n, flags);
}

static int database_close(sqlite3_file *file)
{
	struct file *database = of(file);

	flusher_free(database->flusher);
	return database->real->pMethods->xClose(database->real);
}

/* ---- what both leave to SQLite ---- */

#define PASS(name, method, parameters, ...)                                                                            \
	static int name parameters                                                                                     \
	{                                                                                                              \
		sqlite3_file *real = of(file)->real;                                                                   \
		return real->pMethods->method(real, ##__VA_ARGS__);                                                    \
	}
PASS(file_read, xRead, (sqlite3_file * file, void *p, int n, sqlite3_int64 at), p, n, at)
PASS(file_write, xWrite, (sqlite3_file * file, const void *p, int n, sqlite3_int64 at), p, n, at)
PASS(file_truncate, xTruncate, (sqlite3_file * file, sqlite3_int64 size), size)
PASS(file_size, xFileSize, (sqlite3_file * file, sqlite3_int64 *size_r), size_r)
PASS(file_lock, xLock, (sqlite3_file * file, int level), level)
PASS(file_unlock, xUnlock, (sqlite3_file * file, int level), level)
PASS(file_check_reserved, xCheckReservedLock, (sqlite3_file * file, int *reserved_r), reserved_r)
PASS(file_control, xFileControl, (sqlite3_file * file, int what, void *argument), what, argument)
PASS(file_sector_size, xSectorSize, (sqlite3_file * file))
PASS(file_characteristics, xDeviceCharacteristics, (sqlite3_file * file))
PASS(file_shm_map, xShmMap, (sqlite3_file * file, int page, int size, int extend, void volatile **map_r), page, size,
	extend, map_r)
PASS(file_shm_unmap, xShmUnmap, (sqlite3_file * file, int remove), remove)

static void file_shm_barrier(sqlite3_file *file)
{
	of(file)->real->pMethods->xShmBarrier(of(file)->real);
}

/* Version 2: shared memory, for the log's index, and no mapped reads, which this house does without. */
static const sqlite3_io_methods database_methods = {2, database_close, file_read, file_write, file_truncate,
	database_sync, file_size, file_lock, file_unlock, file_check_reserved, file_control, file_sector_size,
	file_characteristics, file_shm_map, database_shm_lock, file_shm_barrier, file_shm_unmap, NULL, NULL};
static const sqlite3_io_methods log_methods = {1, log_close, log_read, log_write, log_truncate, log_sync, log_size,
	file_lock, file_unlock, file_check_reserved, file_control, file_sector_size, file_characteristics, NULL, NULL,
	NULL, NULL, NULL, NULL};

/* ---- the VFS ---- */

static sqlite3_vfs *beneath(sqlite3_vfs *vfs)
{
	return vfs->pAppData;
}

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *out, int flags, int *flags_r)
{
	sqlite3_vfs *real = beneath(vfs);
	struct file *file = of(out);

	if (!(flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)))
		return real->xOpen(real, name, out, flags, flags_r);
	*file = (struct file){.real = (sqlite3_file *)(file + 1)};
	TRY(real->xOpen(real, name, file->real, flags, flags_r));
	if (flags & SQLITE_OPEN_MAIN_DB) {
		file->flusher = flusher_new(file->real);
		file->base.pMethods = &database_methods;
		return SQLITE_OK;
	}
	file->flusher = of(sqlite3_database_file_object(name))->flusher;
	file->gathered = malloc(GATHER_SIZE);
	MUST(file->gathered != NULL);
	file->base.pMethods = &log_methods;
	return SQLITE_OK;
}

#define PASS_VFS(name, method, parameters, ...)                                                                        \
	static int name parameters                                                                                     \
	{                                                                                                              \
		return beneath(vfs)->method(beneath(vfs), __VA_ARGS__);                                                \
	}
PASS_VFS(vfs_delete, xDelete, (sqlite3_vfs * vfs, const char *name, int sync_folder), name, sync_folder)
PASS_VFS(vfs_access, xAccess, (sqlite3_vfs * vfs, const char *name, int flags, int *answer_r), name, flags, answer_r)
PASS_VFS(
	vfs_full_path, xFullPathname, (sqlite3_vfs * vfs, const char *name, int size, char *path_r), name, size, path_r)
PASS_VFS(vfs_randomness, xRandomness, (sqlite3_vfs * vfs, int n, char *p), n, p)
PASS_VFS(vfs_sleep, xSleep, (sqlite3_vfs * vfs, int us), us)
PASS_VFS(vfs_time, xCurrentTime, (sqlite3_vfs * vfs, double *day_r), day_r)
PASS_VFS(vfs_last_error, xGetLastError, (sqlite3_vfs * vfs, int n, char *p), n, p)

/* Version 1 and no loading of libraries: all that this house asks of it. */
static sqlite3_vfs vfs = {.iVersion = 1,
	.zName = NAME,
	.xOpen = vfs_open,
	.xDelete = vfs_delete,
	.xAccess = vfs_access,
	.xFullPathname = vfs_full_path,
	.xRandomness = vfs_randomness,
	.xSleep = vfs_sleep,
	.xCurrentTime = vfs_time,
	.xGetLastError = vfs_last_error};

static void register_vfs(void)
{
	sqlite3_vfs *real = sqlite3_vfs_find(NULL);

	vfs.pAppData = real;
	vfs.szOsFile = (int)sizeof(struct file) + real->szOsFile;
	vfs.mxPathname = real->mxPathname;
	MUST(sqlite3_vfs_register(&vfs, 0) == SQLITE_OK);
}

const char *vfs_name(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, register_vfs);
	return NAME;
}

/* ---- the door ---- */

static struct flusher *flusher_of(sqlite3 *db)
{
	sqlite3_file *file = NULL;

	MUST(sqlite3_file_control(db, NULL, SQLITE_FCNTL_FILE_POINTER, &file) == SQLITE_OK &&
		file->pMethods == &database_methods);
	return of(file)->flusher;
}

int vfs_defer(sqlite3 *db)
{
	struct flusher *flusher = flusher_of(db);

	if (!flusher->started)
		TRY(pthread_create(&flusher->thread, NULL, flush, flusher));
	flusher->started = true;
	pthread_mutex_lock(&flusher->lock);
	flusher->deferring = true;
	pthread_mutex_unlock(&flusher->lock);
	return 0;
}

int vfs_settle(sqlite3 *db)
{
	struct flusher *flusher = flusher_of(db);
	const int rc = await(flusher);

	pthread_mutex_lock(&flusher->lock);
	flusher->deferring = flusher->failed = false;
	pthread_mutex_unlock(&flusher->lock);
	return rc == SQLITE_OK ? 0 : -1;
}

bool vfs_is_busy(sqlite3 *db)
{
	return look(flusher_of(db)).busy;
}

bool vfs_has_failed(sqlite3 *db)
{
	return look(flusher_of(db)).failed;
}
