#include "base/log.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/num.h"

#define COLLECTED_MAX (256 * 1024)
#define GATHER_MS 5      /* how long the collector waits for company of the first line */
#define POLL_MS 100      /* how often a blocked sink is looked at */
#define GIVE_UP_POLLS 10 /* after so many without a byte taken, when nobody collects (start, stop) */
#define PIECE_MAX 4096   /* PIPE_BUF: a pipe that is ready takes so much without blocking, and whole */

static const char *const level_names[] = {
	[LOG_DEBUG] = "debug", [LOG_INFO] = "info", [LOG_WARN] = "warn", [LOG_ERROR] = "error"};

static _Atomic int lowest_level = LOG_INFO;
static _Atomic uint64_t dropped;
static atomic_bool collecting;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* Under lock: lines wait in halves[filling] for the collector, which writes the other half. */
static struct {
	char halves[2][COLLECTED_MAX];
	unsigned filling;
	size_t n;
} collected;
static pthread_cond_t arrived = PTHREAD_COND_INITIALIZER;
static pthread_t collector;

/* ---- writing ---- */

static uint64_t count_lines(const char *p, size_t n)
{
	uint64_t count = 0;
	for (size_t i = 0; i < n; i++)
		count += p[i] == '\n';
	return count;
}

/* Waits until stderr takes bytes; false when there is no hope. */
static bool wait_for_sink(void)
{
	struct pollfd sink = {.fd = STDERR_FILENO, .events = POLLOUT};
	for (int polls = 0; atomic_load(&collecting) || polls < GIVE_UP_POLLS; polls++)
		if (poll(&sink, 1, POLL_MS) > 0)
			return true;
	return false;
}

/* As many whole lines as one piece may have. */
static size_t next_piece(const char *p, size_t n)
{
	if (n <= PIECE_MAX)
		return n;
	const char *last = memrchr(p, '\n', PIECE_MAX);
	return last != NULL ? (size_t)(last - p) + 1 : PIECE_MAX;
}

static void write_lines(const char *p, size_t n)
{
	while (n > 0 && wait_for_sink()) {
		const ssize_t written = write(STDERR_FILENO, p, next_piece(p, n));
		if (written < 0 && errno != EINTR && errno != EAGAIN)
			break;
		if (written > 0) {
			p += written;
			n -= (size_t)written;
		}
	}
	atomic_fetch_add(&dropped, count_lines(p, n));
}

/* ---- collecting ---- */

/* Under the lock: lets more lines arrive, so that a busy server pays for one write per many lines. */
static void gather(void)
{
	struct timespec until;
	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += GATHER_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	if (atomic_load(&collecting))
		(void)pthread_cond_timedwait(&arrived, &lock, &until);
}

static void *collect(void *unused)
{
	pthread_setname_np(pthread_self(), "log");
	pthread_mutex_lock(&lock);
	for (;;) {
		while (collected.n == 0 && atomic_load(&collecting))
			pthread_cond_wait(&arrived, &lock);
		if (collected.n == 0)
			break;
		gather();
		const char *p = collected.halves[collected.filling];
		const size_t n = collected.n;
		collected.filling ^= 1;
		collected.n = 0;
		pthread_mutex_unlock(&lock);
		write_lines(p, n);
		pthread_mutex_lock(&lock);
	}
	pthread_mutex_unlock(&lock);
	return NULL;
}

void log_lowest(enum log_level lowest)
{
	atomic_store(&lowest_level, lowest);
}

enum log_level log_level_named(const char *name)
{
	for (size_t i = 0; i < COUNT(level_names); i++)
		if (strcmp(name, level_names[i]) == 0)
			return (enum log_level)i;
	return LOG_INFO;
}

void log_start(enum log_level lowest)
{
	log_lowest(lowest);
	atomic_store(&collecting, true);
	/* Signals are for the threads that expect them. */
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	MUST(pthread_create(&collector, NULL, collect, NULL) == 0);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void log_stop(void)
{
	pthread_mutex_lock(&lock);
	const bool was_collecting = atomic_exchange(&collecting, false);
	pthread_cond_signal(&arrived);
	pthread_mutex_unlock(&lock);
	if (was_collecting)
		pthread_join(collector, NULL);
}

uint64_t log_dropped(void)
{
	return atomic_load(&dropped);
}

/* Hands the line to the collector; false when there is none. */
static bool hand_over(const char *p, size_t n)
{
	pthread_mutex_lock(&lock);
	const bool taken = atomic_load(&collecting);
	if (taken && n > COLLECTED_MAX - collected.n) {
		atomic_fetch_add(&dropped, 1);
	} else if (taken) {
		if (collected.n == 0)
			pthread_cond_signal(&arrived);
		memcpy(collected.halves[collected.filling] + collected.n, p, n);
		collected.n += n;
	}
	pthread_mutex_unlock(&lock);
	return taken;
}

/* ---- building a line ---- */

/* Each writer leaves room for the end of the line, so that what was begun is always closed. */
static const struct text line_end = {"}\n", 2};

static void put(struct log_line *line, struct text t)
{
	memcpy(line->p + line->n, t.p, t.n);
	line->n += t.n;
}

static size_t room(const struct log_line *line)
{
	return sizeof line->p - line->n - line_end.n;
}

/* Writes the key if it and at least value_size more have room. */
static bool put_key(struct log_line *line, const char *key, size_t value_size)
{
	const struct text name = text_of(key);
	if (line->skip || room(line) < name.n + strlen(",\"\":") + value_size)
		return false;
	put(line, TEXT(",\""));
	put(line, name);
	put(line, TEXT("\":"));
	return true;
}

#define ESCAPED_MAX sizeof("\\ud800\\udc00")

/* One code point as printable ASCII in a JSON string; returns its size. */
static size_t escape(uint32_t code_point, char out[static ESCAPED_MAX])
{
	if (code_point == '"' || code_point == '\\')
		return (size_t)snprintf(out, ESCAPED_MAX, "\\%c", (char)code_point);
	if (code_point >= 0x20 && code_point <= 0x7e) {
		out[0] = (char)code_point;
		return 1;
	}
	if (code_point <= 0xffff)
		return (size_t)snprintf(out, ESCAPED_MAX, "\\u%04x", code_point);
	const uint32_t rest = code_point - 0x10000;
	return (size_t)snprintf(out, ESCAPED_MAX, "\\u%04x\\u%04x", 0xd800 + (rest >> 10), 0xdc00 + (rest & 0x3ff));
}

/* How many characters at the start of value stand for themselves. */
static size_t plain(struct text value)
{
	size_t n = 0;
	while (n < value.n && value.p[n] >= 0x20 && value.p[n] <= 0x7e && value.p[n] != '"' && value.p[n] != '\\')
		n++;
	return n;
}

static void put_quoted(struct log_line *line, struct text value)
{
	put(line, TEXT("\""));
	const size_t most = room(line) < LOG_VALUE_MAX ? room(line) : LOG_VALUE_MAX;
	const size_t end = line->n + most - strlen("\"");
	while (value.n > 0) {
		const size_t as_is = plain(value), left = end - line->n;
		put(line, text_bytes(value.p, as_is < left ? as_is : left));
		value = text_bytes(value.p + as_is, value.n - as_is);
		if (as_is > left || value.n == 0)
			break;
		uint32_t code_point = 0xfffd;
		const size_t size = text_utf8(value, &code_point);
		char escaped[ESCAPED_MAX];
		const size_t n = escape(code_point, escaped);
		if (n > end - line->n)
			break;
		put(line, text_bytes(escaped, n));
		value.p += size > 0 ? size : 1;
		value.n -= size > 0 ? size : 1;
	}
	put(line, TEXT("\""));
}

static void begin(struct log_line *line, enum log_level level, const char *event)
{
	const int64_t now = clock_now();
	char time[CLOCK_RFC3339_SIZE];
	clock_rfc3339(now, time);
	line->skip = false;
	const int ms = (int)(now % 1000);
	const char fraction[] = {'.', (char)('0' + ms / 100), (char)('0' + ms / 10 % 10), (char)('0' + ms % 10)};
	line->n = 0;
	put(line, TEXT("{\"time\":\""));
	put(line, text_bytes(time, strlen("2026-05-25T12:34:56")));
	put(line, text_bytes(fraction, sizeof fraction));
	put(line, TEXT("Z\",\"level\":\""));
	put(line, text_of(level_names[level]));
	put(line, TEXT("\""));
	log_string(line, "event", event);
}

void log_begin(struct log_line *line, enum log_level level, const char *event)
{
	line->skip = (int)level < atomic_load_explicit(&lowest_level, memory_order_relaxed);
	if (!line->skip)
		begin(line, level, event);
}

void log_text(struct log_line *line, const char *key, struct text value)
{
	if (!put_key(line, key, ESCAPED_MAX + strlen("\"\"")))
		return;
	if (text_absent(value))
		put(line, TEXT("null"));
	else
		put_quoted(line, value);
}

void log_string(struct log_line *line, const char *key, const char *value)
{
	log_text(line, key, text_of(value));
}

void log_int(struct log_line *line, const char *key, int64_t value)
{
	if (put_key(line, key, NUM_SIZE))
		line->n += num_write(value, line->p + line->n);
}

void log_end(struct log_line *line)
{
	if (line->skip)
		return;
	put(line, line_end);
	if (!hand_over(line->p, line->n))
		write_lines(line->p, line->n);
}

PRINTF_LIKE(2, 0) static void put_message(struct log_line *line, const char *format, va_list args)
{
	char message[LOG_VALUE_MAX];
	if (vsnprintf(message, sizeof message, format, args) >= 0)
		log_string(line, "message", message);
}

void log_say(enum log_level level, const char *event, const char *format, ...)
{
	struct log_line line;
	log_begin(&line, level, event);
	if (line.skip)
		return;
	va_list args;
	va_start(args, format);
	put_message(&line, format, args);
	va_end(args);
	log_end(&line);
}

void log_abort(const char *event, const char *format, ...)
{
	struct log_line line;
	begin(&line, LOG_ERROR, event);
	va_list args;
	va_start(args, format);
	put_message(&line, format, args);
	va_end(args);
	log_stop();
	log_end(&line);
	abort();
}
