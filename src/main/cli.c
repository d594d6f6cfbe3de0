#include "main/cli.h"

#include <stdarg.h>
#include <stdio.h>

#include "main/cli_remote.h"

struct command {
	const char *words;
	int (*local)(const struct cli *cli); /* or NULL: remote */
	enum endpoint_id endpoint;
	const char *arguments, *help;
};

static const struct command COMMANDS[] = {
#define LOCAL(words, function, arguments, help) {words, function, 0, arguments, help},
#define REMOTE(words, endpoint, arguments, help) {words, NULL, ENDPOINT_##endpoint, arguments, help},
#include "tables/commands.def"
#undef LOCAL
#undef REMOTE
};

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

/* How many of the cli's words the command's words are; 0 when they are others. */
static size_t matches(const struct command *command, const struct cli *cli)
{
	struct text rest = text_of(command->words);
	size_t n = 0;
	for (; !text_absent(rest); n++)
		if (n == cli->count || !text_equal(text_cut(&rest, ' '), text_of(cli->words[n])))
			return 0;
	return n;
}

int cli_main(int argc, char **argv)
{
	struct cli cli = {0};
	if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
		return cli_help(&cli);
	if (read_words(&cli, argc, argv) != EXIT_DONE)
		return EXIT_USAGE;
	for (size_t i = 0; i < COUNT(COMMANDS); i++) {
		cli.taken = matches(&COMMANDS[i], &cli);
		if (!cli.taken)
			continue;
		if (COMMANDS[i].local)
			return COMMANDS[i].local(&cli);
		return cli_remote(&cli, COMMANDS[i].endpoint, COMMANDS[i].arguments);
	}
	return cli.count ? cli_usage("unknown command %s", cli.words[0]) : cli_help(&cli) + EXIT_USAGE;
}

int cli_help(const struct cli *cli)
{
	puts("Keywright: passwordless sign-in and software licenses, in one program.\n\nUsage: keywright COMMAND "
	     "[arguments]"
	     " [--data DIR | --store URL] [--config FILE] [--app APP_ID] [--json]\n");
	for (size_t i = 0; i < COUNT(COMMANDS); i++) {
		char left[80];
		snprintf(left, sizeof left, "%s %s", COMMANDS[i].words, COMMANDS[i].arguments);
		printf("  %-58s %s\n", left, COMMANDS[i].help);
	}
	puts("\nExit codes: 0 done, 1 refused (the code is on stderr), 2 usage, 3 our fault.");
	return EXIT_DONE;
}
