/*
 * What somebody may have meant who typed a word that is none.
 */
#ifndef KW_MAIN_CLI_MEANT_H
#define KW_MAIN_CLI_MEANT_H

#include "base/arena.h"

struct cli_meant {
	struct text typed;
	const char *name; /* the nearest of those tried, or NULL when none is near */
	size_t distance;
};

struct cli_meant cli_meant_by(struct text typed);
/* Compares one more name, which must outlive it. */
void cli_meant_try(struct cli_meant *meant, const char *name);
/* " (did you mean NAME?)" in the arena, or "". */
const char *cli_meant_hint(struct arena *arena, const struct cli_meant *meant);

#endif
