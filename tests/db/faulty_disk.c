#include "faulty_disk.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static _Atomic int disk_now, failures, log_writes;

void faulty_disk(enum disk disk)
{
	failures = 0;
	disk_now = disk;
}

int faulty_disk_failures(void)
{
	return failures;
}

int faulty_disk_log_writes(void)
{
	return log_writes;
}

static bool is_called(int fd, const char *end)
{
	char link[32], name[4096];

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	const ssize_t n = readlink(link, name, sizeof name - 1);
	name[n > 0 ? n : 0] = '\0';
	return (size_t)n > strlen(end) && strcmp(name + n - strlen(end), end) == 0;
}

static int fail(int error)
{
	failures++;
	errno = error;
	return -1;
}

static void wait_while(int disk)
{
	const struct timespec moment = {.tv_nsec = 1000 * 1000};

	while (disk_now == disk)
		nanosleep(&moment, NULL);
}

static int sync_or_fail(int fd, const char *name)
{
	int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
	const int disk = disk_now;

	if (disk == DISK_SYNC_FAILS || (disk == DATABASE_SYNC_FAILS && is_called(fd, ".db")))
		return fail(EIO);
	if (disk == DATABASE_SYNC_WAITS && is_called(fd, ".db"))
		wait_while(disk);
	return real(fd);
}

int fdatasync(int fd)
{
	return sync_or_fail(fd, "fdatasync");
}

int fsync(int fd)
{
	return sync_or_fail(fd, "fsync");
}

ssize_t pwrite64(int fd, const void *p, size_t n, off64_t at)
{
	ssize_t (*real)(int, const void *, size_t, off64_t) =
		(ssize_t(*)(int, const void *, size_t, off64_t))dlsym(RTLD_NEXT, "pwrite64");

	if (disk_now == DISK_FULL)
		return fail(ENOSPC);
	log_writes += is_called(fd, "-wal");
	return real(fd, p, n, at);
}
