#include "main/cli_print.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "main/cli.h"

enum { COLUMNS_MAX = 16, STRING_SHOWN_MAX = 120 };

/* A logo is long: its beginning is enough. */
static char *shorten(const char *string)
{
	char *out = strdup(string);
	if (strlen(out) > STRING_SHOWN_MAX)
		memcpy(out + STRING_SHOWN_MAX - 3, "...", 4);
	return out;
}

/* A value in one line; to be freed. */
static char *shown(const json_t *value)
{
	if (json_is_string(value))
		return shorten(json_string_value(value));
	if (json_is_null(value))
		return strdup("-");
	if (!json_is_array(value))
		return json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(6));
	char *out = NULL;
	size_t n = 0, i;
	json_t *item;
	FILE *file = open_memstream(&out, &n);
	json_array_foreach(value, i, item)
	{
		char *one = shown(item);
		fprintf(file, "%s%s", i ? ", " : "", one);
		free(one);
	}
	if (json_array_size(value) == 0)
		fputs("-", file);
	fclose(file);
	return out;
}

/* nouns: members that are objects stand for what the answer is about, and are shown member by member. */
static void print_object(const json_t *object, bool nouns)
{
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)object, key, value)
	{
		if (strcmp(key, "success") == 0)
			continue;
		if (json_is_object(value) && nouns) {
			print_object(value, false);
			continue;
		}
		char *text = shown(value);
		printf("%-18s %s\n", key, text);
		free(text);
	}
}

/* {success, user: {…}, …}; what was created has its members at top level. */
static bool begins_with_noun(const json_t *answer)
{
	void *first = json_object_iter((json_t *)answer);
	if (first && strcmp(json_object_iter_key(first), "success") == 0)
		first = json_object_iter_next((json_t *)answer, first);
	return first && json_is_object(json_object_iter_value(first));
}

/* Column titles are the first row's keys. */
static void print_table(const json_t *rows)
{
	const char *keys[COLUMNS_MAX];
	size_t widths[COLUMNS_MAX], columns = 0, i;
	const char *key;
	json_t *value, *row;
	json_object_foreach(json_array_get(rows, 0), key, value) if (columns < COLUMNS_MAX)
	{
		widths[columns] = strlen(key);
		keys[columns++] = key;
	}
	json_array_foreach(rows, i, row) for (size_t c = 0; c < columns; c++)
	{
		char *text = shown(json_object_get(row, keys[c]));
		if (strlen(text) > widths[c])
			widths[c] = strlen(text);
		free(text);
	}
	for (size_t c = 0; c < columns; c++)
		printf("%-*s%s", (int)widths[c], keys[c], c + 1 < columns ? "  " : "\n");
	json_array_foreach(rows, i, row) for (size_t c = 0; c < columns; c++)
	{
		char *text = shown(json_object_get(row, keys[c]));
		printf("%-*s%s", (int)widths[c], text, c + 1 < columns ? "  " : "\n");
		free(text);
	}
}

static void print_success(const json_t *answer)
{
	const char *key;
	json_t *value;
	json_object_foreach(
		(json_t *)answer, key, value) if (json_is_array(value) && json_is_object(json_array_get(value, 0)))
	{
		print_table(value);
		return;
	}
	print_object(answer, begins_with_noun(answer));
}

static void print_refusal(const json_t *answer)
{
	size_t i;
	json_t *detail;
	fprintf(stderr, "keywright: %s: %s\n", json_string_value(json_object_get(answer, "error")),
		json_string_value(json_object_get(answer, "message")));
	json_array_foreach(json_object_get(answer, "details"), i, detail)
		fprintf(stderr, "  %s: %s\n", json_string_value(json_object_get(detail, "field")),
			json_string_value(json_object_get(detail, "message")));
}

int cli_print(int status, struct text answer, bool machine)
{
	json_t *json = json_loadb(answer.p, answer.n, 0, NULL);
	bool done = status < 300 && json;
	if (done && !machine)
		print_success(json);
	else if (done)
		printf("%.*s\n", TEXT_ARG(answer));
	else if (json)
		print_refusal(json);
	else
		fputs("keywright: the server's answer could not be read\n", stderr);
	json_decref(json);
	return done ? EXIT_DONE : json && status < 500 ? EXIT_REFUSED : EXIT_OUR_FAULT;
}
