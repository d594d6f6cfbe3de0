/*
 * The files that templates and languages are made of: the operator's folder first, then what is built in.
 */
#ifndef KW_TEMPLATE_SOURCE_H
#define KW_TEMPLATE_SOURCE_H

#include "base/arena.h"

struct source {
	const char *file; /* as people find it: "assets/mail/otp.en.txt", or the path in the operator's folder */
	struct text text; /* UTF-8, lines end in a line feed */
};
enum { SOURCE_MAX = 256 * 1024 };

/* name: below assets/ or folder ("": there is none). On failure *why_r is a sentence, or NULL: there is no such file. */
MUST_USE int source_read(
	struct arena *arena, const char *folder, struct text name, struct source *source_r, const char **why_r);
/* The tags of all files language/<tag>.ini, in alphabetical order. Fails with a sentence about one that is no tag, or about a
 * folder that is not there. */
MUST_USE int source_languages(
	struct arena *arena, const char *folder, const struct text **tags_r, size_t *count_r, const char **why_r);

#endif
