/* keywright backup: by the server that owns the store, or without one on the store itself. */
#include <jansson.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "db/db.h"
#include "main/cli.h"
#include "main/cli_print.h"
#include "main/cli_socket.h"

enum { LOOK_MS = 100, CALLED_OFF = -1 };

struct asked {
	struct arena *arena;
	const char *file; /* absolute */
	bool force;
};

/* What a backup came to. */
struct made {
	int64_t bytes, pages, milliseconds;
};

static const struct text PATH = {"/operator/backup", 16};
static const char KEY_NOTE[] = "not in this file: keep it apart, without it the backup is of no use";

/* ---- the words ---- */

static const char *absolute(struct arena *arena, const char *file)
{
	char folder[PATH_MAX];
	if (*file == '/' || !getcwd(folder, sizeof folder))
		return file;
	return arena_printf(arena, "%s/%s", folder, file).p;
}

static int read_words(const struct cli *cli, struct asked *asked)
{
	for (size_t i = cli->taken; i < cli->count; i++) {
		const char *word = cli->words[i];
		if (strcmp(word, "--force") == 0)
			asked->force = true;
		else
			asked->file = absolute(asked->arena, word);
	}
	return asked->file ? EXIT_DONE : cli_usage("needs a FILE");
}

/* ---- what people see meanwhile ---- */

static void show_progress(int64_t done, int64_t whole)
{
	if (!isatty(STDERR_FILENO))
		return;
	if (whole)
		fprintf(stderr, "\r%lld of %lld MiB\033[K", (long long)(done >> 20), (long long)(whole >> 20));
	else
		fprintf(stderr, "\r%lld MiB\033[K", (long long)(done >> 20));
}

static void end_progress(void)
{
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
}

static int fail(const char *why)
{
	end_progress();
	fprintf(stderr, "keywright: %s\n", why);
	return EXIT_REFUSED;
}

static int print_made(const struct cli *cli, const struct asked *asked, const struct made *made)
{
	end_progress();
	json_t *answer = json_pack("{s:b, s:s, s:I, s:I, s:f, s:s}", "success", 1, "file", asked->file, "bytes",
		(json_int_t)made->bytes, "pages", (json_int_t)made->pages, "seconds", (double)made->milliseconds / 1000,
		"master_key", KEY_NOTE);
	char *text = answer ? json_dumps(answer, JSON_COMPACT | JSON_REAL_PRECISION(6)) : NULL;
	int code = text ? cli_print(200, text_of(text), cli->json) : fail("the file's name is not UTF-8");
	free(text);
	json_decref(answer);
	return code;
}

/* ---- by the server ---- */

static int64_t number(const json_t *answer, const char *key)
{
	return json_integer_value(json_object_get(answer, key));
}

/* Judges one answer: whether it goes on, or the exit code. */
static int judge(const struct cli *cli, const struct asked *asked, const json_t *answer)
{
	const char *state = json_string_value(json_object_get(answer, "state"));
	const char *why = json_string_value(json_object_get(answer, "why"));
	const struct made made = {number(answer, "bytes"), number(answer, "pages"), number(answer, "milliseconds")};
	if (state && strcmp(state, "running") == 0) {
		show_progress(number(answer, "bytes"), number(answer, "bytes_expected"));
		return CALLED_OFF;
	}
	if (state && strcmp(state, "done") == 0)
		return print_made(cli, asked, &made);
	return fail(why ? why : "the backup was given up");
}

/* Begins, and looks again until it has ended. CALLED_OFF: nobody serves there. */
static int ask_server(const struct cli *cli, const struct asked *asked)
{
	json_t *body = json_pack("{s:s, s:b}", "file", asked->file, "force", (int)asked->force);
	char *dumped = body ? json_dumps(body, JSON_COMPACT) : NULL;
	const char *data = cli->options.data ? cli->options.data : "data";
	const struct text socket = arena_printf(asked->arena, "%s/keywright.sock", data);
	struct api_local request = {.method = HTTP_POST, .path = PATH, .body = text_of(dumped)};
	struct text answer = TEXT_NONE;
	int code = CALLED_OFF, status = dumped ? cli_socket_request(asked->arena, socket.p, &request, &answer) : -1;
	request = (struct api_local){.method = HTTP_GET, .path = PATH};
	while (code == CALLED_OFF && status > 0 && status < 300) {
		json_t *json = json_loadb(answer.p, answer.n, 0, NULL);
		code = judge(cli, asked, json);
		json_decref(json);
		if (code != CALLED_OFF)
			break;
		usleep(LOOK_MS * 1000);
		status = cli_socket_request(asked->arena, socket.p, &request, &answer);
		status = status == 0 ? -1 : status;
	}
	free(dumped);
	json_decref(body);
	if (status < 0)
		return fail("the server broke off; look whether the backup is there before you repeat it");
	return status >= 300 ? cli_print(status, answer, cli->json) : code;
}

/* ---- without a server ---- */

struct making {
	struct db *db;
	const struct asked *asked;
	struct db_backup backup;
	int failed;
	atomic_bool ended;
};

static void *make(void *context)
{
	struct making *making = context;
	making->failed = db_backup(making->db, making->asked->file, making->asked->force, &making->backup);
	making->ended = true;
	return NULL;
}

static int make_here(const struct cli *cli, const struct asked *asked, struct db *db)
{
	struct making making = {.db = db, .asked = asked};
	const int64_t began = clock_steady();
	pthread_t thread;
	if (pthread_create(&thread, NULL, make, &making) != 0)
		return fail("no thread can be started");
	while (!making.ended) {
		show_progress(making.backup.done, making.backup.whole);
		usleep(LOOK_MS * 1000 / 10);
	}
	pthread_join(thread, NULL);
	const struct made made = {making.backup.bytes, making.backup.pages, clock_steady() - began};
	return making.failed ? fail(making.backup.why) : print_made(cli, asked, &made);
}

static int open_and_make(const struct cli *cli, const struct asked *asked)
{
	struct boot boot = {0};
	struct boot_options options = cli->options;
	options.dev = true; /* no doors are opened: what only serving needs is not asked for */
	int code = EXIT_REFUSED;
	if (boot_look(&boot, &options) == 0)
		code = make_here(cli, asked, boot.house.db);
	boot_stop(&boot);
	return code;
}

int cli_backup(const struct cli *cli)
{
	struct asked asked = {.arena = arena_new()};
	int code = read_words(cli, &asked);
	if (code == EXIT_DONE) {
		code = ask_server(cli, &asked);
		if (code == CALLED_OFF)
			code = open_and_make(cli, &asked);
	}
	arena_free(asked.arena);
	return code;
}
