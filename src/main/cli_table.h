/*
 * Objects of an answer as people read them: one below the other, or as the rows of a table.
 */
#ifndef KW_MAIN_CLI_TABLE_H
#define KW_MAIN_CLI_TABLE_H

#include <jansson.h>

#include "base/arena.h"

/* Prints its members, a line each. nouns: members that are objects stand for what the answer is about, and are shown member by
 * member. Returns how many lines there were. */
size_t cli_table_object(struct arena *arena, const json_t *object, bool nouns);
/* Prints objects (at least one) as a table; the first one's keys are the titles. For a terminal that is too narrow, columns go in
 * which no row has anything, and where that is not enough each row is printed by itself. */
void cli_table_rows(struct arena *arena, const json_t *rows);

#endif
