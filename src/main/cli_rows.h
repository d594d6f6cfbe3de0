/*
 * A file of rows, each an object for one endpoint: CSV (RFC 4180), whose first line names fields of the endpoint, or JSON
 * Lines, an object a line. Which of them it is its first character says. In CSV a comma, a semicolon or a tab may stand
 * between values; an empty value is none.
 */
#ifndef KW_MAIN_CLI_ROWS_H
#define KW_MAIN_CLI_ROWS_H

#include "api/action.h"

enum { CLI_ROWS_SIZE_MAX = 64 * 1024 }; /* bytes of a row */

struct cli_row {
	int64_t line;    /* where it begins, from 1 */
	json_t *object;  /* the caller's; NULL: it is no good */
	struct text why; /* then; in the arena */
};

struct cli_rows;

/* For the body fields of the action. NULL when the file cannot be read, or its first line names other things; *why_r says so,
 * in the arena. */
struct cli_rows *cli_rows_open(struct arena *arena, const char *path, const struct action *action, struct text *why_r);
/* The next row; false: there is none. Lines without anything are passed over. */
bool cli_rows_next(struct cli_rows *rows, struct arena *arena, struct cli_row *row_r);
/* How much of the file was read, in hundredths. */
int cli_rows_percent(const struct cli_rows *rows);
/* NULL is fine. */
void cli_rows_close(struct cli_rows *rows);

#endif
