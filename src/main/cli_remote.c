#include "main/cli_remote.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/enc.h"
#include "main/cli_print.h"
#include "main/cli_secret.h"
#include "main/cli_socket.h"
#include "main/cli_value.h"
#include "main/command.h"
#include "main/endpoints.h"

/* ---- words to a request ---- */

struct asked {
	struct arena *arena;
	const struct endpoint *endpoint;
	const struct action *action;
	struct text path;
	struct buf query;
	json_t *body;
};

/* Slashes would make another path of it. */
static int put_in_path(struct asked *asked, const struct field *field, const char *word)
{
	struct text hole = arena_printf(asked->arena, "{%s}", field->name);
	const char *at = memmem(asked->path.p, asked->path.n, hole.p, hole.n);
	if (!at || !*word || strpbrk(word, "/? \r\n"))
		return cli_usage("%s cannot be that", field->name);
	struct text behind = text_bytes(at + hole.n, (size_t)(asked->path.p + asked->path.n - at) - hole.n);
	asked->path = arena_printf(
		asked->arena, "%.*s%s%.*s", (int)(at - asked->path.p), asked->path.p, word, TEXT_ARG(behind));
	return EXIT_DONE;
}

/* Puts a word where its field belongs. */
static int put(struct asked *asked, const struct field *field, const char *word)
{
	if (field->type == &field_secret && strcmp(word, "-") == 0)
		word = cli_secret(asked->arena, field->name);
	if (!word)
		return cli_usage("no %s came by stdin", field->name);
	switch (field->place) {
	case IN_PATH: return put_in_path(asked, field, word);
	case IN_QUERY: enc_query_add(&asked->query, field->name, text_of(word)); return EXIT_DONE;
	case IN_BODY: break;
	}
	if (json_object_set_new(asked->body, field->name, cli_value_of(field, word)) != 0)
		return cli_usage("%s is not UTF-8", field->name);
	return EXIT_DONE;
}

/* --some-field VALUE, where next is the VALUE; what is true or false needs none to be true. *took_r: next was taken. */
static int put_flag(struct asked *asked, const char *flag, const char *next, bool *took_r)
{
	char *name = arena_string(asked->arena, text_of(flag + 2));
	for (char *p = name; *p; p++)
		if (*p == '-')
			*p = '_';
	const struct field *field = cli_value_field(asked->action, text_of(name));
	if (!field)
		return cli_unfit(flag);
	*took_r = !cli_value_is_flag(field) || (next && cli_value_says_flag(next));
	if (!*took_r)
		return put(asked, field, "true");
	return next ? put(asked, field, next) : cli_usage("%s needs a value", flag);
}

static int put_pair(struct asked *asked, const char *key, const char *value)
{
	const struct field *field = cli_value_field(asked->action, text_of(key));
	if (!field || field->place != IN_BODY)
		return cli_unfit(key);
	return value ? put(asked, field, value) : cli_usage("%s needs a value", key);
}

/* The first of the arguments left that must be given; absent when there is none. */
static struct text missing(struct text rest)
{
	const struct text name = text_cut(&rest, ' ');
	return !name.n || name.p[0] == '[' || text_equal(name, TEXT("KEY")) ? TEXT_NONE : name;
}

static int read_arguments(struct asked *asked, const struct cli *cli, struct text arguments)
{
	struct text rest = arguments;
	int result = EXIT_DONE;
	for (size_t i = cli->taken; i < cli->count && result == EXIT_DONE; i++) {
		const char *word = cli->words[i], *next = i + 1 < cli->count ? cli->words[i + 1] : NULL;
		const bool is_flag = strncmp(word, "--", 2) == 0, is_pair = text_starts(rest, TEXT("KEY "));
		const struct text name = is_flag || is_pair ? TEXT_NONE : command_argument(&rest);
		bool took = is_pair && !is_flag;
		if (is_flag)
			result = put_flag(asked, word, next, &took);
		else if (is_pair)
			result = put_pair(asked, word, next);
		else if (text_absent(name))
			result = cli_usage("%s is one word too many", word);
		else
			result = put(asked, cli_value_field(asked->action, name), word);
		i += took;
	}
	const struct text left = missing(rest);
	if (result == EXIT_DONE && !text_absent(left))
		return cli_usage("%s is missing", command_argument_name(asked->arena, left));
	return result;
}

/* ---- carried out ---- */

int cli_remote_ask(const struct cli *cli, struct boot *boot, struct arena *arena, const struct api_local *request,
	struct text *answer_r)
{
	const char *data = cli->options.data ? cli->options.data : "data";
	const struct text socket = arena_printf(arena, "%s/keywright.sock", data);
	struct boot_options options = cli->options;
	options.dev = true; /* no doors are opened: what only serving needs is not asked for */
	const int status = boot->house.db ? 0 : cli_socket_request(arena, socket.p, request, answer_r);
	if (status < 0)
		fprintf(stderr,
			"keywright: the server at %s broke off; look whether it was done before you repeat it\n",
			socket.p);
	if (status != 0)
		return status;
	if (!boot->house.db && boot_start(boot, &options) != 0)
		return -1;
	return api_run_local(arena, request, answer_r);
}

/* The answer's HTTP status, or less after a line on stderr. */
static int carry_out(const struct cli *cli, struct asked *asked, struct text *answer_r)
{
	const enum http_method method = asked->endpoint->method;
	char *dumped = json_dumps(asked->body, JSON_COMPACT);
	const struct text query = buf_text(&asked->query);
	const struct api_local request = {
		.method = method,
		.path = asked->path,
		.query = query.n ? text_bytes(query.p + 1, query.n - 1) : TEXT_NONE, /* without the question mark */
		.app_id = text_of(cli->app_id),
		.body = method == HTTP_GET || method == HTTP_DELETE ? TEXT_NONE : text_of(dumped),
	};
	struct boot boot = {0};
	const int status = cli_remote_ask(cli, &boot, asked->arena, &request, answer_r);
	boot_stop(&boot);
	free(dumped);
	return status;
}

int cli_remote(const struct cli *cli, enum endpoint_id endpoint, const char *arguments)
{
	struct arena *arena = arena_new();
	endpoints_bind();
	struct asked asked = {.arena = arena, .endpoint = router_endpoint(endpoint), .body = json_object()};
	asked.action = asked.endpoint->action;
	asked.path = text_of(asked.endpoint->path);
	buf_init(&asked.query, arena, 128);
	struct text answer = TEXT_NONE;
	int result = read_arguments(&asked, cli, text_of(arguments));
	if (result == EXIT_DONE) {
		int status = carry_out(cli, &asked, &answer);
		result = status <= 0 ? EXIT_OUR_FAULT : cli_print(status, answer, cli->json);
	}
	json_decref(asked.body);
	arena_free(arena);
	return result;
}
