#include "db/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

int backup_fail(struct db_backup *backup, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(backup->why, sizeof backup->why, format, args);
	va_end(args);
	return -1;
}

int backup_sync_folder_of(const char *path)
{
	char copy[PATH_MAX];

	snprintf(copy, sizeof copy, "%s", path);
	const int folder = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return -1;
	const int rc = fsync(folder);
	close(folder);
	return rc;
}

/* One of an earlier try that was killed goes; nobody's link is followed. */
static int open_part(const char *part)
{
	(void)unlink(part);
	return open(part, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

/* A link, unlike a rename, replaces nothing that came meanwhile. */
static int put_in_place(const struct backup_order *order, bool replace)
{
	if (replace)
		return rename(order->part, order->file);
	TRY(link(order->part, order->file));
	return unlink(order->part);
}

static int finish(const struct backup_order *order, bool replace)
{
	struct stat status;

	if (fsync(order->fd) != 0 || fstat(order->fd, &status) != 0 || put_in_place(order, replace) != 0 ||
		backup_sync_folder_of(order->file) != 0)
		return backup_fail(order->backup, "%.300s cannot be written: %s", order->file, strerror(errno));
	order->backup->bytes = status.st_size;
	return 0;
}

int backup_write(struct conn *first, struct backup_order *order, bool replace)
{
	char part[PATH_MAX];

	if (snprintf(part, sizeof part, "%s.part", order->file) >= (int)sizeof part)
		return backup_fail(order->backup, "the file's path is too long");
	if (!replace && access(order->file, F_OK) == 0)
		return backup_fail(
			order->backup, "%.300s is there already: take another name, or --force", order->file);
	order->part = part;
	order->fd = open_part(part);
	if (order->fd < 0)
		return backup_fail(order->backup, "%.300s cannot be written: %s", part, strerror(errno));
	int failed = first->engine->backup(first, order);
	if (!failed)
		failed = finish(order, replace);
	if (failed)
		(void)unlink(part);
	close(order->fd);
	return failed;
}
