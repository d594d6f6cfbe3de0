/*
 * Commands that are rows of endpoints.def: words to a request, carried out over the socket of a running server or on the
 * store directly, and the answer as a table or as JSON.
 */
#ifndef KW_MAIN_CLI_REMOTE_H
#define KW_MAIN_CLI_REMOTE_H

#include "api/api.h"
#include "main/cli.h"
#include "tables/tables.h"

/* arguments as in commands.def. Returns the exit code. */
int cli_remote(const struct cli *cli, enum endpoint_id endpoint, const char *arguments);

/* One request of a command: to the server of the data folder, or where none runs on the store itself, which stays open in
 * *boot for the next one (zeroed before the first; boot_stop after the last). Returns the answer's HTTP status and its body in
 * the arena, or less than 1 after a line on stderr. */
int cli_remote_ask(const struct cli *cli, struct boot *boot, struct arena *arena, const struct api_local *request,
	struct text *answer_r);

#endif
