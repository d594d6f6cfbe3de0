/*
 * JSON log lines on stderr, one event a line. Values come out as printable ASCII, all else escaped, so that nothing from
 * outside can forge a line or reach a terminal; event and key are literals of ours. Lines are collected and written by a thread of their
 * own, so that a slow or blocked sink never holds a request; what does not fit is dropped and counted. Never fails.
 * Secrets have no business here: log ids, codes of errors, sizes.
 *
 *	struct log_line line;
 *	log_begin(&line, LOG_INFO, "request");
 *	log_text(&line, "request_id", id);
 *	log_int(&line, "status", 200);
 *	log_end(&line);
 */
#ifndef KW_BASE_LOG_H
#define KW_BASE_LOG_H

#include "base/text.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* A line holds at most 2 KiB; a text is cut when it would take more than LOG_VALUE_MAX of it. */
#define LOG_VALUE_MAX 512
struct log_line {
	char p[2048];
	size_t n;
	bool skip; /* below the level: the rest of the calls do nothing */
};

/* Before log_start, and after log_stop, lines are written at once. log_stop writes what was collected, unless the sink
 * takes nothing for a second. */
void log_start(enum log_level lowest);
void log_stop(void);
/* Lines below it are skipped from now on. */
void log_lowest(enum log_level lowest);
/* Of "debug", "info", "warn", "error"; any other is LOG_INFO. */
enum log_level log_level_named(const char *name);
uint64_t log_dropped(void);

void log_begin(struct log_line *line, enum log_level level, const char *event);
void log_text(struct log_line *line, const char *key, struct text value);
void log_string(struct log_line *line, const char *key, const char *value);
void log_int(struct log_line *line, const char *key, int64_t value);
void log_end(struct log_line *line);

/* A line with a message only. */
void log_say(enum log_level level, const char *event, const char *format, ...) PRINTF_LIKE(3, 4);
/* Writes what was collected and a last line, then aborts. */
NORETURN void log_abort(const char *event, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
