#include "../check.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "db/child.h"

/* Runs a shell with that script and what stands on its stdin; its exit, and what it wrote. */
static int run(const char *script, const char *in, char *out, size_t room, char why[static CHILD_WHY_SIZE])
{
	const char *const command[] = {"sh", "-c", script, NULL};
	struct child child;
	int from[2], to[2];
	assert_int_equal(pipe2(from, O_CLOEXEC), 0);
	assert_int_equal(pipe2(to, O_CLOEXEC), 0);
	assert_int_equal(child_start(&child, command, environ, from[0], to[1], why), 0);
	close(from[0]);
	close(to[1]);
	assert_int_equal(write(from[1], in, strlen(in)), (ssize_t)strlen(in));
	close(from[1]);
	size_t n = 0;
	for (ssize_t more; (more = read(to[0], out + n, room - 1 - n)) > 0;)
		n += (size_t)more;
	out[n] = '\0';
	close(to[0]);
	return child_end(&child, why);
}

static void a_child_reads_writes_and_ends(void **state)
{
	char out[64], why[CHILD_WHY_SIZE] = "";
	assert_int_equal(run("tr a-z A-Z", "hello", out, sizeof out, why), 0);
	assert_string_equal(out, "HELLO");
	assert_string_equal(why, "");
}

static void why_it_failed_is_its_first_line(void **state)
{
	char out[64], why[CHILD_WHY_SIZE];
	assert_int_not_equal(run("echo 'no such table' >&2; echo more >&2; exit 3", "", out, sizeof out, why), 0);
	assert_string_equal(why, "no such table");
	assert_int_not_equal(run("exit 3", "", out, sizeof out, why), 0);
	assert_non_null(strstr(why, "sh failed"));
	assert_int_not_equal(run("head -c 100000 /dev/zero | tr '\\0' x >&2; exit 1", "", out, sizeof out, why), 0);
	assert_true(strlen(why) > 100);
}

static void a_program_that_is_not_there_is_named(void **state)
{
	const char *const command[] = {"pg_nonsense", NULL};
	struct child child;
	char why[CHILD_WHY_SIZE];
	assert_int_not_equal(child_start(&child, command, environ, -1, -1, why), 0);
	assert_non_null(strstr(why, "pg_nonsense is not installed"));
	child_kill(&child);
	assert_int_equal(child_end(&child, why), 0);
}

static void it_inherits_no_descriptor_and_no_blocked_signal(void **state)
{
	char out[64], why[CHILD_WHY_SIZE];
	sigset_t set, old;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &set, &old);
	signal(SIGPIPE, SIG_IGN);
	const int leaked = open("/dev/null", O_RDONLY); /* on purpose without O_CLOEXEC */
	/* the shell's own: 0, 1, 2 and the one that lists */
	assert_int_equal(
		run("ls /proc/self/fd | wc -l; grep -E 'Sig(Blk|Ign)' /proc/self/status", "", out, sizeof out, why), 0);
	close(leaked);
	signal(SIGPIPE, SIG_DFL);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	int fds;
	unsigned long blocked, ignored;
	assert_int_equal(sscanf(out, "%d SigBlk: %lx SigIgn: %lx", &fds, &blocked, &ignored), 3);
	assert_int_equal(fds, 4);
	assert_int_equal(blocked, 0);
	assert_int_equal(ignored & 1UL << (SIGPIPE - 1), 0);
}

static void one_that_takes_too_long_is_seen_and_ended(void **state)
{
	const char *const command[] = {"sleep", "600", NULL};
	struct child child;
	char why[CHILD_WHY_SIZE];
	assert_int_equal(child_start(&child, command, environ, -1, -1, why), 0);
	assert_true(child_runs(&child, 10));
	const pid_t pid = child.pid;
	child_kill(&child);
	assert_int_equal(kill(pid, 0), -1);
	const char *const quick[] = {"true", NULL};
	assert_int_equal(child_start(&child, quick, environ, -1, -1, why), 0);
	while (child_runs(&child, 1000))
		continue;
	assert_int_equal(child_end(&child, why), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_child_reads_writes_and_ends),
		cmocka_unit_test(why_it_failed_is_its_first_line),
		cmocka_unit_test(a_program_that_is_not_there_is_named),
		cmocka_unit_test(it_inherits_no_descriptor_and_no_blocked_signal),
		cmocka_unit_test(one_that_takes_too_long_is_seen_and_ended),
	};
	return cmocka_run_group_tests_name("child", tests, NULL, NULL);
}
