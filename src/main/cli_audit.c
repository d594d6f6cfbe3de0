/* keywright audit verify: asks for piece after piece, of one app after the other. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/enc.h"
#include "db/db.h"
#include "main/cli.h"
#include "main/cli_print.h"
#include "main/cli_remote.h"
#include "main/endpoints.h"

struct verifying {
	const struct cli *cli;
	struct boot boot;
	struct arena *arena; /* of one request */
	json_t *apps;        /* what was found of each */
	bool is_broken;
};

/* Members of a piece's answer that are sums over all pieces of an app; the others are the last piece's. */
static const char *const SUMS[] = {"records", "forgotten", "unproven"};
/* What is shown of an app, behind whether its chain holds. */
static const char *const SHOWN[] = {
	"records", "forgotten", "unproven", "unsealed", "oldest_unsealed_at", "begun_at", "broken"};

/* ---- one request ---- */

/* The answer, to be freed; NULL: *code_r says how the command ends. */
static json_t *ask(struct verifying *verifying, const char *path, const struct buf *query, int *code_r)
{
	struct text answer = TEXT_NONE;
	const struct api_local request = {.method = HTTP_GET,
		.path = text_of(path),
		.query = query->n ? text_bytes(query->p + 1, query->n - 1) : TEXT_NONE};
	const int status = cli_remote_ask(verifying->cli, &verifying->boot, verifying->arena, &request, &answer);
	json_t *json = status == 200 ? json_loadb(answer.p, answer.n, 0, NULL) : NULL;
	if (!json)
		*code_r = status < 1 ? EXIT_OUR_FAULT : cli_print(status, answer, verifying->cli->json);
	return json;
}

/* Members of an object as parts of a query. */
static void add_query(struct buf *query, const json_t *object)
{
	const char *key;
	json_t *value;
	char number[24];
	json_object_foreach((json_t *)object, key, value)
	{
		snprintf(number, sizeof number, "%lld", (long long)json_integer_value(value));
		enc_query_add(query, key, text_of(json_is_string(value) ? json_string_value(value) : number));
	}
}

/* ---- what people see ---- */

static void show_progress(const char *app, const json_t *sums)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r%s: %lld of %lld records\033[K", app,
			(long long)json_integer_value(json_object_get(sums, "records")),
			(long long)json_integer_value(json_object_get(sums, "length")));
}

static void end_progress(void)
{
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
}

/* A line for each app that is broken. */
static void complain(const char *app, const json_t *broken)
{
	const json_t *seq = json_object_get(broken, "seq");
	const char *event_id = json_string_value(json_object_get(broken, "event_id"));
	fprintf(stderr, "keywright: audit trail of %s: ", app);
	if (json_is_integer(seq))
		fprintf(stderr, "record %lld: ", (long long)json_integer_value(seq));
	if (event_id)
		fprintf(stderr, "event %s: ", event_id);
	fprintf(stderr, "%s: %s\n", json_string_value(json_object_get(broken, "what")),
		json_string_value(json_object_get(broken, "message")));
}

/* ---- an app ---- */

/* Takes over the piece. */
static json_t *add_piece(json_t *sums, json_t *piece)
{
	for (size_t i = 0; i < COUNT(SUMS); i++) {
		const json_int_t before = json_integer_value(json_object_get(sums, SUMS[i]));
		json_object_set_new(
			piece, SUMS[i], json_integer(before + json_integer_value(json_object_get(piece, SUMS[i]))));
	}
	json_decref(sums);
	return piece;
}

static void conclude(struct verifying *verifying, const char *app, const json_t *sums)
{
	json_t *broken = json_object_get(sums, "broken");
	end_progress();
	if (json_is_object(broken))
		complain(app, broken);
	verifying->is_broken |= json_is_object(broken);
	json_t *shown =
		json_pack("{s:O, s:b}", "app_id", json_object_get(sums, "app_id"), "holds", !json_is_object(broken));
	for (size_t i = 0; i < COUNT(SHOWN); i++)
		json_object_set(shown, SHOWN[i], json_object_get(sums, SHOWN[i]));
	/* people have read the rest on stderr */
	if (json_is_object(broken) && !verifying->cli->json)
		json_object_set(shown, "broken", json_object_get(broken, "what"));
	json_array_append_new(verifying->apps, shown);
}

/* app_id NULL: the house's own chain. */
static int verify_app(struct verifying *verifying, const char *app_id)
{
	const char *app = app_id ? app_id : "the house";
	json_t *sums = json_object(), *next = NULL;
	int code = EXIT_DONE;
	do {
		struct buf query;
		arena_clear(verifying->arena);
		buf_init(&query, verifying->arena, 256);
		if (app_id)
			enc_query_add(&query, "app_id", text_of(app_id));
		add_query(&query, next);
		json_t *piece = ask(verifying, "/operator/audit/verify", &query, &code);
		if (!piece)
			break;
		sums = add_piece(sums, piece);
		next = json_object_get(sums, "next");
		show_progress(app, sums);
	} while (json_is_object(next));
	if (code == EXIT_DONE)
		conclude(verifying, app, sums);
	json_decref(sums);
	return code;
}

/* ---- all apps ---- */

static int verify_page(struct verifying *verifying, const json_t *page)
{
	size_t i;
	json_t *app;
	json_array_foreach(json_object_get(page, "apps"), i, app)
	{
		const int code = verify_app(verifying, json_string_value(json_object_get(app, "app_id")));
		if (code != EXIT_DONE)
			return code;
	}
	return EXIT_DONE;
}

static int verify_all(struct verifying *verifying)
{
	json_t *page = NULL;
	const char *cursor = NULL;
	int code = EXIT_DONE;
	do {
		struct buf query;
		arena_clear(verifying->arena);
		buf_init(&query, verifying->arena, 64);
		if (cursor)
			enc_query_add(&query, "cursor", text_of(cursor));
		json_decref(page);
		page = ask(verifying, "/operator/audit/apps", &query, &code);
		if (page)
			code = verify_page(verifying, page);
		cursor = json_string_value(json_object_get(page, "next_cursor"));
	} while (code == EXIT_DONE && cursor);
	json_decref(page);
	return code;
}

static int print_found(const struct verifying *verifying)
{
	json_t *answer =
		json_pack("{s:b, s:b, s:O}", "success", 1, "holds", !verifying->is_broken, "apps", verifying->apps);
	char *text = json_dumps(answer, JSON_COMPACT);
	const int code = cli_print(200, text_of(text), verifying->cli->json);
	free(text);
	json_decref(answer);
	return code == EXIT_DONE && verifying->is_broken ? EXIT_REFUSED : code;
}

int cli_audit_verify(const struct cli *cli)
{
	struct verifying verifying = {.cli = cli, .arena = arena_new(), .apps = json_array()};
	endpoints_bind();
	int code = cli->app_id ? verify_app(&verifying, cli->app_id) : verify_all(&verifying);
	end_progress();
	if (code == EXIT_DONE)
		code = print_found(&verifying);
	boot_stop(&verifying.boot);
	json_decref(verifying.apps);
	arena_free(verifying.arena);
	return code;
}
