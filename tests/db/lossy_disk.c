#include "lossy_disk.h"

#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../check.h"

#define SECTOR 512
#define LINGER_NS 500000 /* a sync of the main file ends when nobody took a step for so long, or after … */
#define LINGER_STEPS 400 /* … at most so many steps of others */
#define REST_NS 3000000
#define WHOLE_ODDS 8

struct bytes {
	uint8_t *p;
	size_t n, room;
};

/* A write (p), or a truncation to at (no p). */
struct change {
	struct change *next;
	uint64_t number;
	size_t at, n;
	uint8_t p[];
};

/* A file's content, whatever its name is now. */
struct content {
	struct content *older;
	struct bytes durable;
	struct change *changes, **end;
};

/* A name in the folder. */
struct name {
	char path[256];
	struct content *now, *durable; /* NULL: no such file */
};

/* SQLite's handle; the unix VFS's follows. */
struct handle {
	sqlite3_file file;
	struct content *content; /* NULL: not watched */
	enum lossy_file kind;
	bool syncs_folder; /* at its next sync */
};

static struct {
	sqlite3_vfs vfs, *real;
	pthread_mutex_t lock; /* guards what follows */
	struct name names[LOSSY_FILES];
	struct content *contents;
	struct bytes image; /* room to make one in */
	uint64_t steps, seed;
	unsigned syncing; /* syncs of the main file under way */
	enum lossy_file fail_of;
	unsigned fail_in;
	bool failed;
	enum lossy_file lies;
	void (*at_point)(void *context, const struct lossy_point *point);
	void *context;
} disk = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- contents ---- */

static void resize(struct bytes *bytes, size_t n)
{
	if (n > bytes->room) {
		bytes->room = 2 * n;
		bytes->p = realloc(bytes->p, bytes->room);
		MUST(bytes->p != NULL);
	}
	if (n > bytes->n)
		memset(bytes->p + bytes->n, 0, n - bytes->n);
	bytes->n = n;
}

static void put(struct bytes *bytes, size_t at, const uint8_t *p, size_t n)
{
	if (n == 0)
		return;
	if (at + n > bytes->n)
		resize(bytes, at + n);
	memcpy(bytes->p + at, p, n);
}

static void apply(struct bytes *bytes, const struct change *change)
{
	if (change->n == 0)
		resize(bytes, change->at);
	else
		put(bytes, change->at, change->p, change->n);
}

/* Each of its sectors comes to the disk, or does not. */
static void apply_torn(struct bytes *bytes, const struct change *change, uint64_t *seed)
{
	const size_t end = change->at + change->n;

	for (size_t from = change->at, to; from < end; from = to) {
		const size_t sector_end = (from / SECTOR + 1) * SECTOR;
		to = sector_end < end ? sector_end : end;
		if (check_random(seed) % 2)
			put(bytes, from, change->p + (from - change->at), to - from);
	}
}

/* Of WHOLE_ODDS changes about odds come to the disk. */
static void apply_perhaps(struct bytes *bytes, const struct change *change, unsigned odds, uint64_t *seed)
{
	if (check_random(seed) % WHOLE_ODDS >= odds)
		return;
	if (odds < WHOLE_ODDS && change->n > 0 && check_random(seed) % 3 == 0)
		apply_torn(bytes, change, seed);
	else
		apply(bytes, change);
}

/* Often all or nothing: what goes wrong then needs one file ahead of the other. */
static unsigned some_odds(uint64_t *seed)
{
	static const unsigned odds[] = {0, 0, 1, WHOLE_ODDS / 2, WHOLE_ODDS - 1, WHOLE_ODDS};

	return odds[check_random(seed) % COUNT(odds)];
}

static void change(struct content *content, size_t at, const void *p, size_t n)
{
	struct change *new = malloc(sizeof *new + n);

	MUST(new != NULL);
	*new = (struct change){.number = ++disk.steps, .at = at, .n = n};
	if (n > 0)
		memcpy(new->p, p, n);
	*content->end = new;
	content->end = &new->next;
}

/* The changes up to a number are decided: all are durable, or a part of them is, and the others never will be. */
static void settle(struct content *content, uint64_t number, unsigned odds)
{
	for (struct change *first; (first = content->changes) && first->number <= number; free(first)) {
		apply_perhaps(&content->durable, first, odds, &disk.seed);
		content->changes = first->next;
	}
	if (!content->changes)
		content->end = &content->changes;
}

static void load(struct bytes *bytes, const char *path)
{
	uint8_t part[65536];
	ssize_t n;
	const int fd = open(path, O_RDONLY | O_CLOEXEC);

	MUST(fd >= 0);
	while ((n = read(fd, part, sizeof part)) > 0)
		put(bytes, bytes->n, part, (size_t)n);
	close(fd);
}

static struct content *content_new(const char *path, bool exists)
{
	struct content *content = calloc(1, sizeof *content);

	MUST(content != NULL);
	content->end = &content->changes;
	content->older = disk.contents;
	disk.contents = content;
	if (exists)
		load(&content->durable, path);
	return content;
}

/* ---- points ---- */

static void point(enum lossy_file file, enum lossy_step step, bool after, int64_t at)
{
	const struct lossy_point point = {file, step, after, disk.syncing > 0, disk.failed, at};

	disk.steps++;
	disk.at_point(disk.context, &point);
}

static void folder_synced(void)
{
	for (size_t i = 0; i < LOSSY_FILES; i++)
		disk.names[i].durable = disk.names[i].now;
}

/* Lets others go on, until they took so many steps, or none for so long. */
static void linger(uint64_t steps, long ns)
{
	const struct timespec moment = {.tv_nsec = ns};
	const uint64_t end = disk.steps + steps;

	for (uint64_t seen = disk.steps - 1; seen != disk.steps && disk.steps < end;) {
		seen = disk.steps;
		pthread_mutex_unlock(&disk.lock);
		nanosleep(&moment, NULL);
		pthread_mutex_lock(&disk.lock);
	}
}

/* ---- files ---- */

static struct handle *of(sqlite3_file *file)
{
	return (struct handle *)file;
}

static sqlite3_file *real(sqlite3_file *file)
{
	return (sqlite3_file *)(of(file) + 1);
}

#define PASS(name, parameters, ...)                                                                                    \
	static int name parameters                                                                                     \
	{                                                                                                              \
		return real(file)->pMethods->name(real(file), ##__VA_ARGS__);                                          \
	}
PASS(xClose, (sqlite3_file * file))
PASS(xRead, (sqlite3_file * file, void *p, int n, sqlite3_int64 at), p, n, at)
PASS(xFileSize, (sqlite3_file * file, sqlite3_int64 *size_r), size_r)
PASS(xLock, (sqlite3_file * file, int lock), lock)
PASS(xUnlock, (sqlite3_file * file, int lock), lock)
PASS(xCheckReservedLock, (sqlite3_file * file, int *reserved_r), reserved_r)
PASS(xFileControl, (sqlite3_file * file, int op, void *p), op, p)
PASS(xSectorSize, (sqlite3_file * file))
PASS(xDeviceCharacteristics, (sqlite3_file * file))
PASS(xShmMap, (sqlite3_file * file, int page, int size, int extend, void volatile **p_r), page, size, extend, p_r)
PASS(xShmLock, (sqlite3_file * file, int offset, int n, int flags), offset, n, flags)
PASS(xShmUnmap, (sqlite3_file * file, int delete), delete)

static void xShmBarrier(sqlite3_file *file)
{
	real(file)->pMethods->xShmBarrier(real(file));
}

static int xWrite(sqlite3_file *file, const void *p, int n, sqlite3_int64 at)
{
	struct handle *handle = of(file);

	if (!handle->content)
		return real(file)->pMethods->xWrite(real(file), p, n, at);
	pthread_mutex_lock(&disk.lock);
	point(handle->kind, LOSSY_WRITE, false, at);
	const int rc = real(file)->pMethods->xWrite(real(file), p, n, at);
	if (rc == SQLITE_OK)
		change(handle->content, (size_t)at, p, (size_t)n);
	point(handle->kind, LOSSY_WRITE, true, at);
	pthread_mutex_unlock(&disk.lock);
	return rc;
}

static int xTruncate(sqlite3_file *file, sqlite3_int64 size)
{
	struct handle *handle = of(file);

	if (!handle->content)
		return real(file)->pMethods->xTruncate(real(file), size);
	pthread_mutex_lock(&disk.lock);
	point(handle->kind, LOSSY_TRUNCATE, false, size);
	const int rc = real(file)->pMethods->xTruncate(real(file), size);
	if (rc == SQLITE_OK)
		change(handle->content, (size_t)size, NULL, 0);
	point(handle->kind, LOSSY_TRUNCATE, true, size);
	pthread_mutex_unlock(&disk.lock);
	return rc;
}

/* Others may take steps while it runs. What they write then is not part of it. */
static int real_sync(sqlite3_file *file, int flags)
{
	const bool counts = disk.fail_of == LOSSY_FILES || disk.fail_of == of(file)->kind;
	const bool fails = counts && disk.fail_in > 0 && --disk.fail_in == 0;

	disk.failed |= fails;
	disk.syncing += of(file)->kind == LOSSY_MAIN;
	pthread_mutex_unlock(&disk.lock);
	const int rc = fails ? SQLITE_IOERR_FSYNC : real(file)->pMethods->xSync(real(file), flags);
	pthread_mutex_lock(&disk.lock);
	if (of(file)->kind == LOSSY_MAIN) {
		linger(check_random(&disk.seed) % LINGER_STEPS, LINGER_NS);
		disk.syncing--;
	}
	return rc;
}

static int xSync(sqlite3_file *file, int flags)
{
	struct handle *handle = of(file);

	if (!handle->content)
		return real(file)->pMethods->xSync(real(file), flags);
	pthread_mutex_lock(&disk.lock);
	point(handle->kind, LOSSY_SYNC, false, 0);
	const uint64_t number = disk.steps;
	const int rc = real_sync(file, flags);
	if (rc != SQLITE_OK)
		settle(handle->content, number, some_odds(&disk.seed));
	else if (disk.lies != handle->kind)
		settle(handle->content, number, WHOLE_ODDS);
	if (rc == SQLITE_OK && handle->syncs_folder) {
		folder_synced();
		handle->syncs_folder = false;
	}
	point(handle->kind, LOSSY_SYNC, true, 0);
	pthread_mutex_unlock(&disk.lock);
	return rc;
}

/* What came before xFetch. */
static const sqlite3_io_methods methods = {2, xClose, xRead, xWrite, xTruncate, xSync, xFileSize, xLock, xUnlock,
	xCheckReservedLock, xFileControl, xSectorSize, xDeviceCharacteristics, xShmMap, xShmLock, xShmBarrier,
	xShmUnmap};

/* ---- the folder ---- */

/* LOSSY_FILES: none that is watched. */
static enum lossy_file kind_of(const char *path)
{
	size_t kind = 0;

	while (kind < LOSSY_FILES && (!path || strcmp(path, disk.names[kind].path) != 0))
		kind++;
	return kind;
}

static int xOpen(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *flags_r)
{
	struct handle *handle = of(file);
	const bool existed = path && access(path, F_OK) == 0;

	*handle = (struct handle){.kind = kind_of(path)};
	const int rc = disk.real->xOpen(disk.real, path, real(file), flags, flags_r);
	if (rc != SQLITE_OK)
		return rc;
	handle->file.pMethods = &methods;
	if (handle->kind == LOSSY_FILES)
		return rc;

	pthread_mutex_lock(&disk.lock);
	struct name *name = &disk.names[handle->kind];
	if (!name->now) {
		name->now = content_new(path, existed);
		if (existed)
			name->durable = name->now;
	}
	handle->content = name->now;
	handle->syncs_folder = handle->kind != LOSSY_MAIN && (flags & SQLITE_OPEN_CREATE) != 0;
	pthread_mutex_unlock(&disk.lock);
	return rc;
}

static int xDelete(sqlite3_vfs *vfs, const char *path, int sync_folder)
{
	const enum lossy_file kind = kind_of(path);

	if (kind == LOSSY_FILES)
		return disk.real->xDelete(disk.real, path, sync_folder);
	pthread_mutex_lock(&disk.lock);
	point(kind, LOSSY_DELETE, false, 0);
	const int rc = disk.real->xDelete(disk.real, path, sync_folder);
	if (rc == SQLITE_OK)
		disk.names[kind].now = NULL;
	if (rc == SQLITE_OK && sync_folder)
		folder_synced();
	point(kind, LOSSY_DELETE, true, 0);
	pthread_mutex_unlock(&disk.lock);
	return rc;
}

void lossy_disk_use(void)
{
	disk.real = sqlite3_vfs_find(NULL);
	MUST(disk.real != NULL);
	/* The unix VFS's other functions do not look at the VFS they are called with. */
	disk.vfs = *disk.real;
	disk.vfs.pNext = NULL;
	disk.vfs.zName = "lossy";
	disk.vfs.szOsFile += (int)sizeof(struct handle);
	disk.vfs.xOpen = xOpen;
	disk.vfs.xDelete = xDelete;
	MUST(sqlite3_vfs_register(&disk.vfs, 1) == SQLITE_OK);
}

/* ---- what a test does with it ---- */

static void forget(void)
{
	for (struct content *content = disk.contents, *older; content; content = older) {
		older = content->older;
		settle(content, UINT64_MAX, 0);
		free(content->durable.p);
		free(content);
	}
	free(disk.image.p);
	disk.image = (struct bytes){0};
	disk.contents = NULL;
	memset(disk.names, 0, sizeof disk.names);
	disk.fail_in = 0;
	disk.failed = false;
	disk.lies = LOSSY_FILES;
}

static const char *const suffixes[] = {[LOSSY_MAIN] = "", [LOSSY_LOG] = "-wal", [LOSSY_JOURNAL] = "-journal"};

void lossy_disk_watch(
	const char *database, void (*at_point)(void *context, const struct lossy_point *point), void *context)
{
	pthread_mutex_lock(&disk.lock);
	forget();
	disk.at_point = at_point;
	disk.context = context;
	for (size_t i = 0; database && i < LOSSY_FILES; i++) {
		struct name *name = &disk.names[i];
		snprintf(name->path, sizeof name->path, "%s%s", database, suffixes[i]);
		if (access(name->path, F_OK) == 0)
			name->now = name->durable = content_new(name->path, true);
	}
	pthread_mutex_unlock(&disk.lock);
}

void lossy_disk_rest(void)
{
	pthread_mutex_lock(&disk.lock);
	linger(UINT64_MAX / 2, REST_NS);
	pthread_mutex_unlock(&disk.lock);
}

static void save(const struct bytes *bytes, const char *path)
{
	const int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	MUST(fd >= 0);
	for (size_t done = 0; done < bytes->n;) {
		const ssize_t n = write(fd, bytes->p + done, bytes->n - done);
		MUST(n > 0);
		done += (size_t)n;
	}
	MUST(ftruncate(fd, (off_t)bytes->n) == 0);
	close(fd);
}

static void save_image(const struct content *content, const char *path, uint64_t *seed)
{
	const unsigned odds = some_odds(seed);

	disk.image.n = 0;
	put(&disk.image, 0, content->durable.p, content->durable.n);
	for (const struct change *change = content->changes; change; change = change->next)
		apply_perhaps(&disk.image, change, odds, seed);
	save(&disk.image, path);
}

/* Which of a name's files is found under it. */
static const struct content *found(const struct name *name, uint64_t *seed)
{
	const struct content *const candidates[] = {name->now, name->durable, NULL};

	if (name->now == name->durable)
		return name->now;
	return candidates[check_random(seed) % COUNT(candidates)];
}

void lossy_disk_image(uint64_t seed, const char *database)
{
	for (size_t i = 0; i < LOSSY_FILES; i++) {
		char path[256];
		snprintf(path, sizeof path, "%s%s", database, suffixes[i]);
		const struct content *content = found(&disk.names[i], &seed);
		if (content)
			save_image(content, path, &seed);
		else
			unlink(path);
	}
}

void lossy_disk_lie(enum lossy_file file)
{
	pthread_mutex_lock(&disk.lock);
	disk.lies = file;
	pthread_mutex_unlock(&disk.lock);
}

void lossy_disk_fail_sync(enum lossy_file file, unsigned number)
{
	pthread_mutex_lock(&disk.lock);
	disk.fail_of = file;
	disk.fail_in = number;
	pthread_mutex_unlock(&disk.lock);
}
