/*
 * Secrets that a command takes, where they would stand in `ps` and in the shell's history.
 */
#ifndef KW_MAIN_CLI_SECRET_H
#define KW_MAIN_CLI_SECRET_H

#include "base/arena.h"

/* What a word of "-" stands for: the next line of stdin, without its end; a terminal is asked for it by that name, and does
 * not show it. In the arena; NULL when there is none. */
const char *cli_secret(struct arena *arena, const char *name);

#endif
