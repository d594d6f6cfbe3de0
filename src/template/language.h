/*
 * The words of a language: lines of "key = text", comments that begin with "#", empty lines. Keys are of a-z, 0-9 and
 * "_". Pure.
 */
#ifndef KW_TEMPLATE_LANGUAGE_H
#define KW_TEMPLATE_LANGUAGE_H

#include "template/source.h"

struct word {
	struct text key, text;
	unsigned line;
};
struct words {
	const char *file;
	const struct word *list; /* in the order of their keys */
	size_t count;
};

/* In the arena; the words point into the source. On failure *why_r is "<file>:<line>: …". */
MUST_USE int language_read(struct arena *arena, const struct source *source, struct words *words_r, const char **why_r);
/* NULL when there is none. */
const struct word *language_find(const struct words *words, struct text key);

#endif
