#include "main/cli.h"

#include <stdarg.h>
#include <stdio.h>

#include "main/cli_complete.h"
#include "main/cli_help.h"
#include "main/cli_remote.h"
#include "main/command.h"

/* ---- flags that every command takes ---- */

/* Flags that set a setting. */
static const struct {
	const char *flag, *setting;
} SETTING_FLAGS[] = {
	{"--listen", "server.listen"},
	{"--public-url", "server.public_url"},
	{"--store", "store.url"},
};

int cli_usage(const char *format, ...)
{
	va_list args;
	fputs("keywright: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputs("; try keywright help\n", stderr);
	return EXIT_USAGE;
}

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

int cli_main(int argc, char **argv)
{
	struct cli cli = {0};
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
		if (COMMANDS[i].local)
			return COMMANDS[i].local(&cli);
		return cli_remote(&cli, COMMANDS[i].endpoint, COMMANDS[i].arguments);
	}
	return cli.count ? cli_usage("unknown command %s", cli.words[0]) : cli_help_on(NULL, 0) + EXIT_USAGE;
}
