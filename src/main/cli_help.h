/*
 * Help for people, on stdout.
 */
#ifndef KW_MAIN_CLI_HELP_H
#define KW_MAIN_CLI_HELP_H

#include "main/cli.h"

/* On the command of these words; on all that begin with them; on everything. Returns the exit code. */
int cli_help_on(const char *const *words, size_t count);

#endif
