#include "main/cli.h"

#include <stdarg.h>
#include <stdio.h>

#include "main/cli_complete.h"
#include "main/cli_help.h"
#include "main/cli_meant.h"
#include "main/cli_remote.h"
#include "main/command.h"
#include "main/endpoints.h"

/* The one that was asked for, once that is known. */
static const struct command *running;

/* ---- what is wrong with words ---- */

static int end_usage(const char *help_on)
{
	fprintf(stderr, "; try keywright help%s%s\n", *help_on ? " " : "", help_on);
	return EXIT_USAGE;
}

int cli_usage(const char *format, ...)
{
	va_list args;
	fputs("keywright: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	return end_usage(running ? running->words : "");
}

int cli_unknown(const char *const *words, size_t count)
{
	struct arena *arena = arena_new();
	const bool is_group = command_begins_any(words, 1);
	const struct text typed = count == 1 ? text_of(words[0]) : arena_printf(arena, "%s %s", words[0], words[1]);
	struct cli_meant meant = cli_meant_by(typed);
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		struct text rest = text_of(COMMANDS[i].words);
		if (count == 1)
			cli_meant_try(&meant, arena_string(arena, text_cut(&rest, ' ')));
		cli_meant_try(&meant, COMMANDS[i].words);
	}
	if (is_group && count == 1)
		fprintf(stderr, "keywright: %s is the beginning of several commands", words[0]);
	else
		fprintf(stderr, "keywright: unknown command %s%s", typed.p, cli_meant_hint(arena, &meant));
	const int code = end_usage(is_group ? words[0] : "");
	arena_free(arena);
	return code;
}

int cli_unfit(const char *word)
{
	struct arena *arena = arena_new();
	struct cli_meant meant = cli_meant_by(text_of(word));
	endpoints_bind();
	const struct command_parts parts = command_parts(arena, running);
	for (size_t i = 0; i < parts.count; i++)
		if (parts.list[i].kind != PART_ARGUMENT)
			cli_meant_try(&meant, parts.list[i].name);
	const int code = cli_usage("%s does not take %s%s", running->words, word, cli_meant_hint(arena, &meant));
	arena_free(arena);
	return code;
}

/* ---- flags that every command takes ---- */

/* Flags that set a setting. */
static const struct {
	const char *flag, *setting;
} SETTING_FLAGS[] = {
	{"--listen", "server.listen"},
	{"--public-url", "server.public_url"},
	{"--store", "store.url"},
};

/* Where a flag's value goes; NULL when the flag is not a common one. */
static const char **value_of_flag(struct cli *cli, const char *flag)
{
	struct boot_options *options = &cli->options;
	if (strcmp(flag, "--data") == 0)
		return &options->data;
	if (strcmp(flag, "--config") == 0)
		return &options->config;
	if (strcmp(flag, "--app") == 0)
		return &cli->app_id;
	for (size_t i = 0; i < COUNT(SETTING_FLAGS); i++)
		if (strcmp(flag, SETTING_FLAGS[i].flag) == 0 && options->flag_count < COUNT(options->flags)) {
			options->flags[options->flag_count].name = SETTING_FLAGS[i].setting;
			return &options->flags[options->flag_count++].value;
		}
	return NULL;
}

static int read_words(struct cli *cli, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const char **value = value_of_flag(cli, argv[i]);
		if (strcmp(argv[i], "--dev") == 0)
			cli->options.dev = true;
		else if (strcmp(argv[i], "--json") == 0)
			cli->json = true;
		else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			cli->help = true;
		else if (value && i + 1 == argc)
			return cli_usage("%s needs a value", argv[i]);
		else if (value)
			*value = argv[++i];
		else if (cli->count == CLI_WORDS_MAX)
			return cli_usage("too many words at %s", argv[i]);
		else
			cli->words[cli->count++] = argv[i];
	}
	return EXIT_DONE;
}

/* ---- which command ---- */

static bool takes(struct command_parts parts, const char *flag)
{
	for (size_t i = 0; i < parts.count; i++)
		if (parts.list[i].kind == PART_FLAG && strcmp(parts.list[i].name, flag) == 0)
			return true;
	return false;
}

/* `help` alone takes any number of words. */
static size_t count_arguments(struct command_parts parts)
{
	size_t count = 0;
	for (size_t i = 0; i < parts.count; i++) {
		if (parts.list[i].offers == OFFERS_COMMANDS)
			return CLI_WORDS_MAX;
		count += parts.list[i].kind == PART_ARGUMENT;
	}
	return count;
}

/* What is carried out here takes what flags.def says; the values of its flags are taken already. */
static int run_local(const struct cli *cli)
{
	struct arena *arena = arena_new();
	const struct command_parts parts = command_parts(arena, running);
	size_t arguments = count_arguments(parts);
	int code = EXIT_DONE;
	for (size_t i = cli->taken; i < cli->count && code == EXIT_DONE; i++) {
		const char *word = cli->words[i];
		const bool is_flag = strncmp(word, "--", 2) == 0;
		if (is_flag && !takes(parts, word))
			code = cli_unfit(word);
		else if (!is_flag && arguments-- == 0)
			code = cli_usage("%s is one word too many", word);
	}
	arena_free(arena);
	return code == EXIT_DONE ? running->local(cli) : code;
}

int cli_main(int argc, char **argv)
{
	struct cli cli = {0};
	running = NULL;
	if (argc > 1 && strcmp(argv[1], "__complete") == 0)
		return cli_complete((const char *const *)argv + 2, (size_t)argc - 2);
	if (read_words(&cli, argc, argv) != EXIT_DONE)
		return EXIT_USAGE;
	if (cli.help)
		return cli_help_on(cli.words, cli.count);
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		cli.taken = command_matches(&COMMANDS[i], cli.words, cli.count);
		if (!cli.taken)
			continue;
		running = &COMMANDS[i];
		if (COMMANDS[i].local)
			return run_local(&cli);
		return cli_remote(&cli, COMMANDS[i].endpoint, COMMANDS[i].arguments);
	}
	return cli.count ? cli_unknown(cli.words, cli.count) : cli_help_on(NULL, 0) + EXIT_USAGE;
}
