#include "main/cli_table.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "main/cli_show.h"

enum { COLUMNS_MAX = 32, KEY_WIDTH = 18, VALUE_MAX = 120, OBJECT_MAX = 60 };

/* How many columns there are to print into. */
static size_t room(void)
{
	struct winsize size;
	if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
		return SIZE_MAX;
	return size.ws_col;
}

/* ---- an object ---- */

/* An object that is long has a line for each of its members. */
static void print_member(struct arena *arena, const char *key, const json_t *value)
{
	const bool is_object = json_is_object(value);
	struct text text = cli_show(arena, value, is_object ? 0 : VALUE_MAX);
	if (is_object && cli_show_width(text) > OBJECT_MAX)
		text = cli_show_lines(arena, value);
	for (; !text_absent(text); key = "") {
		const struct text line = text_cut(&text, '\n');
		printf("%-*s %.*s\n", KEY_WIDTH, key, TEXT_ARG(line));
	}
}

size_t cli_table_object(struct arena *arena, const json_t *object, bool nouns)
{
	const char *key;
	json_t *value;
	size_t lines = 0;
	json_object_foreach((json_t *)object, key, value)
	{
		if (strcmp(key, "success") == 0)
			continue;
		lines++;
		if (json_is_object(value) && nouns)
			(void)cli_table_object(arena, value, false);
		else
			print_member(arena, key, value);
	}
	return lines;
}

/* ---- a table ---- */

struct table {
	struct arena *arena;
	const json_t *rows;
	const char *keys[COLUMNS_MAX];
	size_t widths[COLUMNS_MAX], count;
};

static struct text cell(const struct table *table, const json_t *row, size_t column)
{
	const json_t *value = json_object_get(row, table->keys[column]);
	return cli_show(table->arena, value, json_is_object(value) ? OBJECT_MAX : VALUE_MAX);
}

static void measure(struct table *table)
{
	size_t i;
	json_t *row;
	for (size_t c = 0; c < table->count; c++) {
		table->widths[c] = strlen(table->keys[c]);
		json_array_foreach(table->rows, i, row)
		{
			const size_t width = cli_show_width(cell(table, row, c));
			table->widths[c] = width > table->widths[c] ? width : table->widths[c];
		}
	}
}

static size_t whole_width(const struct table *table)
{
	size_t width = 0;
	for (size_t c = 0; c < table->count; c++)
		width += table->widths[c] + (c ? strlen("  ") : 0);
	return width;
}

static bool has_something(const struct table *table, size_t column)
{
	size_t i;
	json_t *row;
	json_array_foreach(table->rows, i, row) if (!text_equal(cell(table, row, column), TEXT("-"))) return true;
	return false;
}

static void leave_out_empty(struct table *table)
{
	size_t kept = 0;
	for (size_t c = 0; c < table->count; c++) {
		if (!has_something(table, c))
			continue;
		table->keys[kept] = table->keys[c];
		table->widths[kept++] = table->widths[c];
	}
	table->count = kept;
}

/* Filled up with blanks, unless it is the last of its line. */
static void print_cell(const struct table *table, size_t column, struct text text)
{
	const bool is_last = column + 1 == table->count;
	const size_t blanks = is_last ? 0 : table->widths[column] + 2 - cli_show_width(text);
	printf("%.*s%*s%s", TEXT_ARG(text), (int)blanks, "", is_last ? "\n" : "");
}

static void print_table(const struct table *table)
{
	size_t i;
	json_t *row;
	for (size_t c = 0; c < table->count; c++)
		print_cell(table, c, text_of(table->keys[c]));
	json_array_foreach(table->rows, i, row) for (size_t c = 0; c < table->count; c++)
		print_cell(table, c, cell(table, row, c));
}

static void print_one_by_one(const struct table *table)
{
	size_t i;
	json_t *row;
	json_array_foreach(table->rows, i, row)
	{
		fputs(i ? "\n" : "", stdout);
		for (size_t c = 0; c < table->count; c++)
			print_member(table->arena, table->keys[c], json_object_get(row, table->keys[c]));
	}
}

void cli_table_rows(struct arena *arena, const json_t *rows)
{
	struct table table = {.arena = arena, .rows = rows};
	const char *key;
	json_t *value;
	json_object_foreach(json_array_get(rows, 0), key, value) if (table.count < COLUMNS_MAX)
		table.keys[table.count++] = key;
	measure(&table);
	if (whole_width(&table) > room())
		leave_out_empty(&table);
	(whole_width(&table) > room() ? print_one_by_one : print_table)(&table);
}
