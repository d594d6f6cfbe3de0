#include "db/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static char why[512];

/* Says who holds the lock: its process id is the file's text. */
static const char *taken(int fd, const char *path)
{
	char pid[24] = "unknown";
	const ssize_t n = pread(fd, pid, sizeof pid - 1, 0);

	if (n > 0)
		pid[n] = '\0';
	snprintf(why, sizeof why, "%s is in use by another keywright (pid %s): stop it, or use another data folder",
		path, pid);
	return why;
}

static int write_pid(int fd)
{
	char pid[24];
	const int n = snprintf(pid, sizeof pid, "%ld", (long)getpid());

	return ftruncate(fd, 0) == 0 && pwrite(fd, pid, (size_t)n, 0) == n ? 0 : -1;
}

int owner_take(const char *path, const char **why_r)
{
	char name[PATH_MAX];

	if (snprintf(name, sizeof name, "%s.lock", path) >= (int)sizeof name) {
		*why_r = "the store's path is too long";
		return -1;
	}
	const int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0) {
		snprintf(why, sizeof why, "%.400s cannot be created: %s", name, strerror(errno));
		*why_r = why;
		return -1;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		*why_r = taken(fd, path);
		close(fd);
		return -1;
	}
	/* The number only helps people; a full disk must not keep the server from starting. */
	if (write_pid(fd) != 0)
		errno = 0;
	return fd;
}

void owner_release(int lock)
{
	if (lock >= 0)
		close(lock);
}
