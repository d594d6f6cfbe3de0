/*
 * Commands that make one thing for each row of a file (main/cli_rows.h), with a bar on stderr where that is a terminal, and a
 * count of what came of it. What exists is passed over, so an import that was broken off goes on when it is run again.
 */
#ifndef KW_MAIN_CLI_IMPORT_H
#define KW_MAIN_CLI_IMPORT_H

#include "main/cli.h"
#include "tables/tables.h"

/* Carries out "… FILE": each row goes to the endpoint, which answers 201 or ALREADY_EXISTS; whatever else it refuses is a bad
 * line, and so is a row without the field named key (NULL: none), by which the endpoint knows what exists. Returns the exit
 * code: EXIT_REFUSED when there were bad ones. */
int cli_import(const struct cli *cli, enum endpoint_id endpoint, const char *key);

#endif
