#include "faulty_disk.h"

#include <dlfcn.h>
#include <errno.h>
#include <sys/types.h>
#include <unistd.h>

static _Atomic int disk_now, failures;

void faulty_disk(enum disk disk)
{
	failures = 0;
	disk_now = disk;
}

int faulty_disk_failures(void)
{
	return failures;
}

static int fail(int error)
{
	failures++;
	errno = error;
	return -1;
}

int fdatasync(int fd)
{
	int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");

	return disk_now == DISK_SYNC_FAILS ? fail(EIO) : real(fd);
}

int fsync(int fd)
{
	int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");

	return disk_now == DISK_SYNC_FAILS ? fail(EIO) : real(fd);
}

ssize_t pwrite64(int fd, const void *p, size_t n, off64_t at)
{
	ssize_t (*real)(int, const void *, size_t, off64_t) =
		(ssize_t(*)(int, const void *, size_t, off64_t))dlsym(RTLD_NEXT, "pwrite64");

	return disk_now == DISK_FULL ? fail(ENOSPC) : real(fd, p, n, at);
}
