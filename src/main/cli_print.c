#include "main/cli_print.h"

#include <jansson.h>
#include <stdio.h>

#include "main/cli.h"
#include "main/cli_table.h"

/* {success, user: {…}, …}; what was created has its members at top level. */
static bool begins_with_noun(const json_t *answer)
{
	void *first = json_object_iter((json_t *)answer);
	if (first && strcmp(json_object_iter_key(first), "success") == 0)
		first = json_object_iter_next((json_t *)answer, first);
	return first && json_is_object(json_object_iter_value(first));
}

/* The list that an answer is about, under its name; NULL when it is about something else. */
static const json_t *list_of(const json_t *answer, const char **noun_r)
{
	const bool is_page = json_object_get(answer, "next_cursor") != NULL;
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)answer, key, value)
	{
		if (!json_is_array(value) || !(is_page || json_is_object(json_array_get(value, 0))))
			continue;
		*noun_r = key;
		return value;
	}
	return NULL;
}

/* What is no row goes to stderr, so that pipes get rows alone. */
static void print_list(struct arena *arena, const json_t *answer, const json_t *list, const char *noun)
{
	const char *cursor = json_string_value(json_object_get(answer, "next_cursor"));
	if (json_array_size(list))
		cli_table_rows(arena, list);
	else
		fprintf(stderr, "no %s%s\n", noun, cursor ? " on this page" : "");
	fflush(stdout);
	if (cursor)
		fprintf(stderr, "there are more: the same with --cursor %s\n", cursor);
}

static void print_success(struct arena *arena, const json_t *answer)
{
	const char *noun = NULL;
	const json_t *list = list_of(answer, &noun);
	if (list)
		print_list(arena, answer, list, noun);
	else if (cli_table_object(arena, answer, begins_with_noun(answer)) == 0)
		puts("done");
}

static void print_refusal(const json_t *answer)
{
	const json_t *details = json_object_get(answer, "details");
	size_t i;
	json_t *detail;
	fprintf(stderr, "keywright: %s: %s\n", json_string_value(json_object_get(answer, "error")),
		json_array_size(details) ? "these are missing or malformed:"
					 : json_string_value(json_object_get(answer, "message")));
	json_array_foreach(details, i, detail)
		fprintf(stderr, "  %s: %s\n", json_string_value(json_object_get(detail, "field")),
			json_string_value(json_object_get(detail, "message")));
}

int cli_print(int status, struct text answer, bool machine)
{
	struct arena *arena = arena_new();
	json_t *json = json_loadb(answer.p, answer.n, 0, NULL);
	bool done = status < 300 && json;
	if (done && !machine)
		print_success(arena, json);
	else if (done)
		printf("%.*s\n", TEXT_ARG(answer));
	else if (json)
		print_refusal(json);
	else
		fputs("keywright: the server's answer could not be read\n", stderr);
	json_decref(json);
	arena_free(arena);
	return done ? EXIT_DONE : json && status < 500 ? EXIT_REFUSED : EXIT_OUR_FAULT;
}
