#include "../check.h"

#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

/* stderr goes to a file between capture_begin and capture_end, which returns what was written (to be freed). */
static int real_stderr = -1, file = -1;

static void capture_begin(void)
{
	char name[] = "/tmp/keywright_test_log_XXXXXX";
	file = mkstemp(name);
	assert_true(file >= 0);
	unlink(name);
	real_stderr = dup(STDERR_FILENO);
	assert_true(dup2(file, STDERR_FILENO) >= 0);
}

static char *capture_end(void)
{
	assert_true(dup2(real_stderr, STDERR_FILENO) >= 0);
	close(real_stderr);
	const off_t size = lseek(file, 0, SEEK_END);
	char *written = calloc(1, (size_t)size + 1);
	assert_non_null(written);
	assert_int_equal(pread(file, written, (size_t)size, 0), size);
	close(file);
	return written;
}

/* Each line is an object; calls check with it. Returns the number of lines. */
static size_t each_line(char *written, void (*check)(const json_t *line))
{
	size_t count = 0;
	struct text rest = text_of(written);
	while (rest.n > 0) {
		const struct text line = text_cut(&rest, '\n');
		assert_true(text_is_printable(line));
		json_t *parsed = json_loadb(line.p, line.n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
		assert_true(json_is_object(parsed));
		if (check != NULL)
			check(parsed);
		json_decref(parsed);
		count++;
	}
	return count;
}

static const char *member(const json_t *line, const char *key)
{
	const char *value = json_string_value(json_object_get(line, key));
	assert_non_null(value);
	return value;
}

static void check_request(const json_t *line)
{
	const struct text time = text_of(member(line, "time"));
	int64_t ms;
	assert_int_equal(clock_rfc3339_read(time.p, time.n, &ms), 0);
	assert_int_equal(time.n, strlen("2026-05-25T12:34:56.789Z"));
	assert_string_equal(member(line, "level"), "warn");
	assert_string_equal(member(line, "event"), "request");
	assert_string_equal(member(line, "request_id"), "req_1");
	assert_int_equal(json_integer_value(json_object_get(line, "status")), -200);
	assert_true(json_is_null(json_object_get(line, "app")));
}

static void write_request(void)
{
	struct log_line line;
	log_begin(&line, LOG_WARN, "request");
	log_string(&line, "request_id", "req_1");
	log_int(&line, "status", -200);
	log_text(&line, "app", TEXT_NONE);
	log_end(&line);
}

static void a_line_has_time_level_event_and_what_was_added(void **state)
{
	capture_begin();
	write_request();
	log_start(LOG_INFO);
	write_request();
	log_stop();
	write_request();
	char *written = capture_end();
	assert_int_equal(each_line(written, check_request), 3);
	free(written);
}

static void lines_below_the_level_are_not_written(void **state)
{
	capture_begin();
	log_start(LOG_WARN);
	log_say(LOG_INFO, "quiet", "nobody reads this");
	log_say(LOG_WARN, "loud", "somebody should");
	log_stop();
	log_start(LOG_INFO);
	log_stop();
	char *written = capture_end();
	assert_int_equal(each_line(written, NULL), 1);
	assert_non_null(strstr(written, "loud"));
	free(written);
}

static void check_value(const json_t *line)
{
	const char *expected =
		"a\r\n{\"level\":\"error\"}\n\x1b[2J\xc2\x9b\xe2\x80\xae \xc3\xa4 \xf0\x9f\x98\x80 \\ \" \x7f";
	assert_memory_equal(member(line, "message"), expected, strlen(expected));
}

static void no_value_can_forge_a_line_or_reach_the_terminal(void **state)
{
	capture_begin();
	log_say(LOG_WARN, "message", "%s",
		"a\r\n{\"level\":\"error\"}\n\x1b[2J\xc2\x9b\xe2\x80\xae \xc3\xa4 \xf0\x9f\x98\x80 \\ \" \x7f");
	char *written = capture_end();
	assert_int_equal(each_line(written, check_value), 1);
	free(written);
}

static void any_bytes_of_any_length_give_one_whole_line(void **state)
{
	enum { ROUNDS = 3000 };
	uint64_t seed = 3;
	capture_begin();
	for (int round = 0; round < ROUNDS; round++) {
		char bytes[4000];
		const size_t n = check_random(&seed) % sizeof bytes;
		const uint32_t kind = check_random(&seed) % 3;
		for (size_t i = 0; i < n; i++)
			bytes[i] = kind == 0 ? 'x' : kind == 1 ? '\0' : (char)check_random(&seed);
		struct log_line line;
		log_begin(&line, LOG_ERROR, "bytes");
		for (int i = 0; i < 7; i++)
			log_text(&line, (const char *[]){"a", "b", "c", "d", "e", "f", "g"}[i], text_bytes(bytes, n));
		log_int(&line, "n", (int64_t)n);
		assert_true(line.n <= sizeof line.p - 2);
		log_end(&line);
	}
	char *written = capture_end();
	assert_int_equal(each_line(written, NULL), ROUNDS);
	free(written);
}

static void a_long_value_leaves_room_for_others(void **state)
{
	static char path[10000];
	memset(path, 'p', sizeof path);
	capture_begin();
	struct log_line line;
	log_begin(&line, LOG_WARN, "request");
	log_text(&line, "path", text_bytes(path, sizeof path));
	log_int(&line, "status", 404);
	log_end(&line);
	char *written = capture_end();
	assert_int_equal(each_line(written, NULL), 1);
	assert_non_null(strstr(written, "\"status\":404}"));
	free(written);
}

enum { WRITERS = 4, LINES = 2000 };

static void *write_many(void *unused)
{
	for (int i = 0; i < LINES; i++)
		log_say(LOG_WARN, "many", "%0*d", i % 400, i);
	return NULL;
}

static void every_line_of_many_threads_is_written_or_counted(void **state)
{
	const uint64_t dropped_before = log_dropped();
	capture_begin();
	log_start(LOG_INFO);
	pthread_t threads[WRITERS];
	for (size_t i = 0; i < WRITERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, write_many, NULL), 0);
	for (size_t i = 0; i < WRITERS; i++)
		pthread_join(threads[i], NULL);
	log_stop();
	char *written = capture_end();
	assert_int_equal(each_line(written, NULL) + (log_dropped() - dropped_before), WRITERS * LINES);
	free(written);
}

static void a_sink_that_takes_nothing_holds_nobody(void **state)
{
	enum { TRIED = 20000 };
	int blocked[2];
	assert_int_equal(pipe(blocked), 0);
	const int before = dup(STDERR_FILENO);
	const uint64_t dropped_before = log_dropped();
	dup2(blocked[1], STDERR_FILENO);
	log_start(LOG_INFO);
	for (int i = 0; i < TRIED; i++)
		log_say(LOG_WARN, "blocked", "%0100d", i);
	log_stop();
	dup2(before, STDERR_FILENO);
	close(before);
	close(blocked[1]);

	/* What went into the pipe before it was full, and what did not, is all there was. */
	static char taken[1 << 20];
	size_t n = 0;
	for (ssize_t got; (got = read(blocked[0], taken + n, sizeof taken - 1 - n)) > 0;)
		n += (size_t)got;
	close(blocked[0]);
	assert_true(log_dropped() > dropped_before);
	assert_int_equal(each_line(taken, NULL) + (log_dropped() - dropped_before), TRIED);
}

static void a_broken_promise_is_the_last_line_and_ends_the_process(void **state)
{
	capture_begin();
	const pid_t child = fork();
	if (child == 0) {
		log_start(LOG_INFO);
		log_say(LOG_INFO, "before", "still collected");
		MUST(1 + 1 == 3);
		_exit(0);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	char *written = capture_end();
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	assert_int_equal(each_line(written, NULL), 2);
	const char *before = strstr(written, "still collected"), *last = strstr(written, "1 + 1 == 3 does not hold");
	assert_true(before != NULL && last != NULL && before < last);
	free(written);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_has_time_level_event_and_what_was_added),
		cmocka_unit_test(lines_below_the_level_are_not_written),
		cmocka_unit_test(no_value_can_forge_a_line_or_reach_the_terminal),
		cmocka_unit_test(any_bytes_of_any_length_give_one_whole_line),
		cmocka_unit_test(a_long_value_leaves_room_for_others),
		cmocka_unit_test(every_line_of_many_threads_is_written_or_counted),
		cmocka_unit_test(a_sink_that_takes_nothing_holds_nobody),
		cmocka_unit_test(a_broken_promise_is_the_last_line_and_ends_the_process),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
