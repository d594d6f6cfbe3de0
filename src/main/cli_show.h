/*
 * A value of an answer as people read it, in a terminal or a pipe. Whatever a terminal would obey instead of show is escaped:
 * some of it was written by strangers. Texts live in the arena.
 */
#ifndef KW_MAIN_CLI_SHOW_H
#define KW_MAIN_CLI_SHOW_H

#include <jansson.h>

#include "base/buf.h"

/* In one line: "-" for what is null or empty, a list with commas, an object as JSON. What has more than most characters (0: no
 * limit) ends in "...". */
struct text cli_show(struct arena *arena, const json_t *value, size_t most);
/* An object as JSON, a member a line. */
struct text cli_show_lines(struct arena *arena, const json_t *object);
/* How many columns of a terminal it takes: its characters. */
size_t cli_show_width(struct text shown);

#endif
