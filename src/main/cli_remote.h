/*
 * Commands that are rows of endpoints.def: words to a request, carried out over the socket of a running server or on the
 * store directly, and the answer as a table or as JSON.
 */
#ifndef KW_MAIN_CLI_REMOTE_H
#define KW_MAIN_CLI_REMOTE_H

#include "main/cli.h"
#include "tables/tables.h"

/* arguments as in commands.def. Returns the exit code. */
int cli_remote(const struct cli *cli, enum endpoint_id endpoint, const char *arguments);

#endif
