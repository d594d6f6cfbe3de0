#include "main/cli_import.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "main/cli_print.h"
#include "main/cli_remote.h"
#include "main/cli_rows.h"
#include "main/endpoints.h"

enum { SHOW_MS = 100, BAR_WIDTH = 30 };

struct import {
	const struct cli *cli;
	const struct endpoint *endpoint;
	const char *key; /* every row has this field; NULL: any row will do */
	struct cli_rows *rows;
	struct boot boot;    /* of a store that nobody serves */
	struct arena *arena; /* of one row */
	int64_t created, existing, bad;
	json_t *bad_lines; /* for machines */
	bool has_bar;
	int64_t shown_at;
};

/* ---- what people see meanwhile ---- */

static void show_bar(struct import *import)
{
	const int percent = cli_rows_percent(import->rows), done = percent * BAR_WIDTH / 100;
	if (!import->has_bar || clock_steady() - import->shown_at < SHOW_MS)
		return;
	import->shown_at = clock_steady();
	fprintf(stderr, "\r[%.*s%*s] %d %%  %lld created, %lld there before, %lld bad\033[K", done,
		"##############################", BAR_WIDTH - done, "", percent, (long long)import->created,
		(long long)import->existing, (long long)import->bad);
}

static void clear_bar(const struct import *import)
{
	if (import->has_bar)
		fputs("\r\033[K", stderr);
}

/* ---- a row ---- */

static void note_bad(struct import *import, int64_t line, const char *error, const char *why)
{
	import->bad++;
	if (import->cli->json) {
		json_array_append_new(import->bad_lines,
			json_pack("{s:I, s:s, s:s}", "line", (json_int_t)line, "error", error, "message", why));
		return;
	}
	clear_bar(import);
	fprintf(stderr, "line %lld: %s: %s\n", (long long)line, error, why);
}

static const json_t *first_detail(const json_t *answer)
{
	return json_array_get(json_object_get(answer, "details"), 0);
}

/* "field: what is wrong with it; …" */
static const char *refusal(struct arena *arena, const json_t *answer)
{
	struct buf out;
	size_t i;
	json_t *detail;
	buf_init(&out, arena, 128);
	json_array_foreach(json_object_get(answer, "details"), i, detail)
		buf_printf(&out, "%s%s: %s", i ? "; " : "", json_string_value(json_object_get(detail, "field")),
			json_string_value(json_object_get(detail, "message")));
	if (!first_detail(answer))
		buf_printf(&out, "%s", json_string_value(json_object_get(answer, "message")));
	return buf_text(&out).p;
}

/* Whatever row it is: there is no such app, or several to choose from. */
static bool is_about_the_app(const char *error, const json_t *answer)
{
	const char *field = json_string_value(json_object_get(first_detail(answer), "field"));
	return strcmp(error, "APP_NOT_FOUND") == 0 || (field && strcmp(field, "app_id") == 0);
}

/* EXIT_DONE to go on; else the exit code, when what stands against this row stands against all. */
static int judge(struct import *import, int64_t line, int status, struct text text)
{
	json_t *answer = json_loadb(text.p, text.n, 0, NULL);
	const char *error = json_string_value(json_object_get(answer, "error"));
	int code = EXIT_DONE;
	if (status == 201)
		import->created++;
	else if (error && strcmp(error, "ALREADY_EXISTS") == 0)
		import->existing++;
	else if (!error || status >= 500 || is_about_the_app(error, answer)) {
		clear_bar(import);
		code = cli_print(status, text, import->cli->json);
	} else {
		note_bad(import, line, error, refusal(import->arena, answer));
	}
	json_decref(answer);
	return code;
}

static int ask(struct import *import, const struct cli_row *row)
{
	char *body = json_dumps(row->object, JSON_COMPACT);
	struct text answer = TEXT_NONE;
	const struct api_local request = {.method = import->endpoint->method,
		.path = text_of(import->endpoint->path),
		.app_id = text_of(import->cli->app_id),
		.body = text_of(body)};
	const int status = cli_remote_ask(import->cli, &import->boot, import->arena, &request, &answer);
	free(body);
	return status <= 0 ? EXIT_OUR_FAULT : judge(import, row->line, status, answer);
}

/* What is wrong with a row before anybody is asked; NULL: nothing. */
static const char *find_fault(const struct import *import, const struct cli_row *row)
{
	if (!row->object)
		return arena_string(import->arena, row->why);
	if (!import->key)
		return NULL;
	const json_t *value = json_object_get(row->object, import->key);
	return value && !json_is_null(value) ? NULL : arena_printf(import->arena, "%s: Is required.", import->key).p;
}

/* All rows, or until one is answered that there is no going on. */
static int ask_all(struct import *import)
{
	struct cli_row row;
	int code = EXIT_DONE;
	while (code == EXIT_DONE && cli_rows_next(import->rows, import->arena, &row)) {
		const char *fault = find_fault(import, &row);
		if (fault)
			note_bad(import, row.line, "VALIDATION_ERROR", fault);
		else
			code = ask(import, &row);
		json_decref(row.object);
		if (code != EXIT_DONE)
			fprintf(stderr, "keywright: stopped at line %lld; run it again: what exists is passed over\n",
				(long long)row.line);
		arena_clear(import->arena);
		show_bar(import);
	}
	clear_bar(import);
	return code;
}

/* ---- the whole ---- */

/* code: how it ended. Returns the exit code of the whole. */
static int print_counts(const struct import *import, int code)
{
	const bool success = code == EXIT_DONE && !import->bad;
	json_t *counts = json_pack("{s:b, s:I, s:I}", "success", success, "created", (json_int_t)import->created,
		"existing", (json_int_t)import->existing);
	if (import->cli->json)
		json_object_set(counts, "bad", import->bad_lines);
	else
		json_object_set_new(counts, "bad", json_integer(import->bad));
	char *text = json_dumps(counts, JSON_COMPACT);
	(void)cli_print(200, text_of(text), import->cli->json);
	free(text);
	json_decref(counts);
	return success || code != EXIT_DONE ? code : EXIT_REFUSED;
}

int cli_import(const struct cli *cli, enum endpoint_id endpoint, const char *key)
{
	if (cli->count != cli->taken + 1)
		return cli_usage("needs one FILE");
	const char *path = cli->words[cli->taken];
	endpoints_bind();
	struct import import = {.cli = cli,
		.endpoint = router_endpoint(endpoint),
		.key = key,
		.arena = arena_new(),
		.has_bar = isatty(STDERR_FILENO) && !cli->json};
	struct text why = TEXT_NONE;
	import.rows = cli_rows_open(import.arena, path, import.endpoint->action, &why);
	int code = EXIT_REFUSED;
	if (!import.rows) {
		fprintf(stderr, "keywright: %s: %.*s\n", path, TEXT_ARG(why));
	} else {
		import.bad_lines = json_array();
		code = print_counts(&import, ask_all(&import));
		boot_stop(&import.boot);
		json_decref(import.bad_lines);
	}
	cli_rows_close(import.rows);
	arena_free(import.arena);
	return code;
}
