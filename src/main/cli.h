/*
 * The command line: commands.def, parsed and carried out.
 */
#ifndef KW_MAIN_CLI_H
#define KW_MAIN_CLI_H

#include "main/boot.h"

/* Exit codes of every command. */
enum { EXIT_DONE = 0, EXIT_REFUSED = 1, EXIT_USAGE = 2, EXIT_OUR_FAULT = 3 };

enum { CLI_WORDS_MAX = 64 };

struct cli {
	struct boot_options options;
	const char *app_id; /* --app: which app it is about; NULL: the one there is */
	bool json, help;
	/* what is left when the common flags are taken: the command's words, arguments and own flags */
	const char *words[CLI_WORDS_MAX];
	size_t count;
	size_t taken; /* words of the command itself */
};

/* Runs argv and returns the exit code. */
int cli_main(int argc, char **argv);

/* A line on stderr about words that make no command, or not what one takes; returns EXIT_USAGE. */
int cli_usage(const char *format, ...) PRINTF_LIKE(1, 2);
/* The same about words (an array of count, at least one) that no command begins with: says which may have been meant. */
int cli_unknown(const char *const *words, size_t count);
/* The same about a word that the running command does not take: says which flag or key may have been meant. */
int cli_unfit(const char *word);

/* LOCAL rows of commands.def; their words are what flags.def says. */
int cli_serve(const struct cli *cli);
int cli_config_show(const struct cli *cli);
int cli_config_check(const struct cli *cli);
int cli_config_sample(const struct cli *cli);
int cli_audit_verify(const struct cli *cli);
int cli_user_import(const struct cli *cli);
int cli_license_import(const struct cli *cli);
int cli_backup(const struct cli *cli);
int cli_restore(const struct cli *cli);
int cli_doctor(const struct cli *cli);
int cli_explain(const struct cli *cli);
int cli_version(const struct cli *cli);
int cli_completion(const struct cli *cli);
int cli_help(const struct cli *cli);

#endif
