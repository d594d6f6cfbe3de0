#include "db/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- start ---- */

static void prepare_files(posix_spawn_file_actions_t *files, int in, int out, int said)
{
	if (in >= 0)
		MUST(posix_spawn_file_actions_adddup2(files, in, 0) == 0);
	else
		MUST(posix_spawn_file_actions_addopen(files, 0, "/dev/null", O_RDONLY, 0) == 0);
	if (out >= 0)
		MUST(posix_spawn_file_actions_adddup2(files, out, 1) == 0);
	else
		MUST(posix_spawn_file_actions_addopen(files, 1, "/dev/null", O_WRONLY, 0) == 0);
	MUST(posix_spawn_file_actions_adddup2(files, said, 2) == 0);
	MUST(posix_spawn_file_actions_addclosefrom_np(files, 3) == 0);
}

/* What a server blocks or ignores would stay so in its children. */
static void prepare_signals(posix_spawnattr_t *how)
{
	sigset_t none, all;

	sigemptyset(&none);
	sigfillset(&all);
	MUST(posix_spawnattr_setsigmask(how, &none) == 0 && posix_spawnattr_setsigdefault(how, &all) == 0 &&
		posix_spawnattr_setflags(how, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF) == 0);
}

static int spawn(struct child *child, const char *const *argv, char *const *env, int in, int out)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t how;

	MUST(posix_spawn_file_actions_init(&files) == 0 && posix_spawnattr_init(&how) == 0);
	prepare_files(&files, in, out, child->said);
	prepare_signals(&how);
	const int rc = posix_spawnp(&child->pid, argv[0], &files, &how, (char *const *)argv, env);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&how);
	return rc;
}

int child_start(struct child *child, const char *const *argv, char *const *env, int in, int out,
	char why[static CHILD_WHY_SIZE])
{
	*child = (struct child){.name = argv[0], .said = memfd_create("said", MFD_CLOEXEC)};
	const int rc = child->said < 0 ? errno : spawn(child, argv, env, in, out);
	if (rc == 0)
		return 0;
	if (rc == ENOENT)
		snprintf(why, CHILD_WHY_SIZE, "%s is not installed (Debian: apt install postgresql-client)", argv[0]);
	else
		snprintf(why, CHILD_WHY_SIZE, "%s cannot be started: %s", argv[0], strerror(rc));
	child->pid = 0;
	close(child->said);
	return -1;
}

/* ---- end ---- */

bool child_runs(struct child *child, int wait_ms)
{
	siginfo_t info = {0};
	struct pollfd end = {.fd = (int)syscall(SYS_pidfd_open, child->pid, 0), .events = POLLIN};

	if (end.fd >= 0) {
		(void)poll(&end, 1, wait_ms);
		close(end.fd);
	}
	return waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == 0;
}

static int await(struct child *child)
{
	int status = -1;

	while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	child->pid = 0;
	return status;
}

int child_end(struct child *child, char why[static CHILD_WHY_SIZE])
{
	char said[CHILD_WHY_SIZE - 40] = "";

	if (child->pid == 0)
		return 0;
	const int status = await(child);
	const ssize_t n = pread(child->said, said, sizeof said - 1, 0);
	said[n > 0 ? n : 0] = '\0';
	close(child->said);
	if (status == 0)
		return 0;
	said[strcspn(said, "\n")] = '\0';
	if (*said)
		snprintf(why, CHILD_WHY_SIZE, "%s", said);
	else
		snprintf(why, CHILD_WHY_SIZE, "%s failed (%d)", child->name, status);
	return -1;
}

void child_kill(struct child *child)
{
	char why[CHILD_WHY_SIZE];

	if (child->pid == 0)
		return;
	(void)kill(child->pid, SIGKILL);
	(void)!child_end(child, why);
}
