#include "main/cli_rows.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "main/cli_value.h"

enum { COLUMNS_MAX = 32 };

struct cli_rows {
	FILE *file;
	const struct action *action;
	int64_t size, read; /* bytes */
	int64_t line;       /* that is read next, from 1 */
	/* of CSV */
	bool is_csv;
	char separator;
	const struct field *columns[COLUMNS_MAX];
	size_t column_count;
};

/* ---- characters ---- */

static int take(struct cli_rows *rows)
{
	const int c = getc(rows->file);
	rows->read += c != EOF;
	rows->line += c == '\n';
	return c;
}

static int peek(struct cli_rows *rows)
{
	const int c = getc(rows->file);
	if (c != EOF)
		ungetc(c, rows->file);
	return c;
}

static void skip_rest_of_line(struct cli_rows *rows)
{
	int c;
	while ((c = take(rows)) != EOF && c != '\n')
		;
}

/* Passes over empty lines; false at the end. */
static bool find_row(struct cli_rows *rows)
{
	int c;
	while ((c = peek(rows)) == '\n' || c == '\r')
		(void)take(rows);
	return c != EOF;
}

/* ---- values of CSV ---- */

enum ended { ENDED_VALUE, ENDED_ROW, BROKEN };

/* What stands in quotes; a doubled one is one. */
static int read_quoted(struct cli_rows *rows, struct buf *value)
{
	for (;;) {
		const int c = take(rows);
		if (c == EOF || value->n > CLI_ROWS_SIZE_MAX)
			return -1;
		if (c != '"')
			buf_add_char(value, (char)c);
		else if (peek(rows) == '"')
			buf_add_char(value, (char)take(rows));
		else
			return 0;
	}
}

/* The next value of a row and what stands behind it. BROKEN: the row is no good, and was read to the end of its line. */
static enum ended read_value(struct cli_rows *rows, struct buf *value)
{
	const bool quoted = peek(rows) == '"';
	if (quoted && (take(rows), read_quoted(rows, value)) != 0) {
		skip_rest_of_line(rows);
		return BROKEN;
	}
	for (;;) {
		const int c = take(rows);
		if (c == EOF || c == '\n')
			return ENDED_ROW;
		if (c == rows->separator)
			return ENDED_VALUE;
		if (c == '\r' && (peek(rows) == '\n' || peek(rows) == EOF))
			continue;
		if (quoted || c == '"' || value->n > CLI_ROWS_SIZE_MAX) {
			skip_rest_of_line(rows);
			return BROKEN;
		}
		buf_add_char(value, (char)c);
	}
}

/* ---- rows ---- */

static const char *names_of(struct arena *arena, const struct action *action)
{
	struct buf out;
	buf_init(&out, arena, 128);
	for (size_t i = 0; i < action->field_count; i++)
		if (action->fields[i].place == IN_BODY)
			buf_printf(&out, "%s%s", out.n ? ", " : "", action->fields[i].name);
	return buf_text(&out).p;
}

/* A field that rows may have; NULL, and why, when there is none of that name. */
static const struct field *column(
	const struct cli_rows *rows, struct arena *arena, struct text name, struct text *why_r)
{
	const struct field *field = cli_value_field(rows->action, name);
	if (field && field->place == IN_BODY)
		return field;
	*why_r = arena_printf(arena, "\"%.*s\" is none of: %s", TEXT_ARG(name), names_of(arena, rows->action));
	return NULL;
}

static bool put(struct cli_rows *rows, struct arena *arena, size_t place, struct text value, struct cli_row *row)
{
	if (value.n == 0)
		return true;
	if (place >= rows->column_count) {
		row->why = TEXT("has more values than the first line has names");
		return false;
	}
	const struct field *field = rows->columns[place];
	if (!memchr(value.p, '\0', value.n) && text_is_utf8(value) &&
		json_object_set_new(row->object, field->name, cli_value_of(field, value.p)) == 0)
		return true;
	row->why = arena_printf(arena, "%s is not UTF-8", field->name);
	return false;
}

static bool read_csv_row(struct cli_rows *rows, struct arena *arena, struct cli_row *row)
{
	enum ended ended = ENDED_VALUE;
	bool good = true;
	row->object = json_object();
	for (size_t place = 0; ended == ENDED_VALUE; place++) {
		struct buf value;
		buf_init(&value, arena, 64);
		ended = read_value(rows, &value);
		good = ended != BROKEN && good && put(rows, arena, place, buf_text(&value), row);
	}
	if (ended == BROKEN)
		row->why = TEXT("is no row of CSV: quotes stand around a whole value, and are doubled within it");
	return good;
}

static bool read_json_row(struct cli_rows *rows, struct arena *arena, struct cli_row *row)
{
	struct buf line;
	const char *key;
	json_t *value;
	int c;
	buf_init(&line, arena, 512);
	while ((c = take(rows)) != EOF && c != '\n')
		if (line.n <= CLI_ROWS_SIZE_MAX)
			buf_add_char(&line, (char)c);
	row->object = json_loadb(line.p, line.n, JSON_REJECT_DUPLICATES, NULL);
	if (line.n > CLI_ROWS_SIZE_MAX || !json_is_object(row->object)) {
		row->why = TEXT("is no JSON object");
		return false;
	}
	json_object_foreach(row->object, key, value) if (!column(rows, arena, text_of(key), &row->why)) return false;
	return true;
}

bool cli_rows_next(struct cli_rows *rows, struct arena *arena, struct cli_row *row_r)
{
	if (!find_row(rows))
		return false;
	*row_r = (struct cli_row){.line = rows->line};
	if (rows->is_csv ? read_csv_row(rows, arena, row_r) : read_json_row(rows, arena, row_r))
		return true;
	json_decref(row_r->object);
	row_r->object = NULL;
	return true;
}

int cli_rows_percent(const struct cli_rows *rows)
{
	return (int)(rows->read * 100 / rows->size);
}

/* ---- opening ---- */

/* The first of the three that stands outside quotes in the first line. */
static char separator_in(const char *line, size_t n)
{
	static const char SEPARATORS[] = {',', ';', '\t'};
	bool quoted = false;
	for (size_t i = 0; i < n && line[i] != '\n'; i++) {
		quoted ^= line[i] == '"';
		if (!quoted && memchr(SEPARATORS, line[i], sizeof SEPARATORS))
			return line[i];
	}
	return ',';
}

static int read_names(struct cli_rows *rows, struct arena *arena, struct text *why_r)
{
	enum ended ended = ENDED_VALUE;
	while (ended == ENDED_VALUE) {
		struct buf name;
		buf_init(&name, arena, 64);
		ended = read_value(rows, &name);
		if (ended == BROKEN || rows->column_count == COLUMNS_MAX) {
			*why_r = TEXT("the first line is no row of CSV");
			return -1;
		}
		const struct field *field = column(rows, arena, text_trim(buf_text(&name)), why_r);
		if (!field)
			return -1;
		rows->columns[rows->column_count++] = field;
	}
	for (size_t i = 0; i < rows->column_count; i++)
		for (size_t j = 0; j < i; j++)
			if (rows->columns[i] == rows->columns[j]) {
				*why_r = arena_printf(arena, "\"%s\" stands twice", rows->columns[i]->name);
				return -1;
			}
	return 0;
}

/* What editors put in front of UTF-8 says nothing. */
static void skip_mark(struct cli_rows *rows)
{
	static const char MARK[] = "\xef\xbb\xbf";
	char begins[3];
	rows->read = (int64_t)fread(begins, 1, sizeof begins, rows->file);
	if (rows->read == sizeof begins && memcmp(begins, MARK, sizeof begins) == 0)
		return;
	rows->read = 0;
	rewind(rows->file);
}

static void find_separator(struct cli_rows *rows)
{
	const off_t at = ftello(rows->file);
	char *line = NULL;
	size_t room = 0;
	const ssize_t n = getline(&line, &room, rows->file);
	rows->separator = separator_in(line, n > 0 ? (size_t)n : 0);
	free(line);
	MUST(fseeko(rows->file, at, SEEK_SET) == 0);
}

static int begin(struct cli_rows *rows, struct arena *arena, struct text *why_r)
{
	struct stat status;
	if (fstat(fileno(rows->file), &status) != 0 || !S_ISREG(status.st_mode)) {
		*why_r = TEXT("is no file");
		return -1;
	}
	rows->size = status.st_size;
	skip_mark(rows);
	if (!find_row(rows)) {
		*why_r = TEXT("there is nothing in it");
		return -1;
	}
	rows->is_csv = peek(rows) != '{';
	if (!rows->is_csv)
		return 0;
	find_separator(rows);
	return read_names(rows, arena, why_r);
}

struct cli_rows *cli_rows_open(struct arena *arena, const char *path, const struct action *action, struct text *why_r)
{
	struct cli_rows *rows = calloc(1, sizeof *rows);
	MUST(rows);
	rows->action = action;
	rows->line = 1;
	rows->file = fopen(path, "re");
	if (!rows->file)
		*why_r = text_of(strerror(errno));
	else if (begin(rows, arena, why_r) == 0)
		return rows;
	cli_rows_close(rows);
	return NULL;
}

void cli_rows_close(struct cli_rows *rows)
{
	if (!rows)
		return;
	if (rows->file)
		fclose(rows->file);
	free(rows);
}
