/*
 * Slices of bytes that somebody else owns. A text is not NUL-terminated unless its maker says so; {NULL, 0} is "absent",
 * any other p with n == 0 is the empty text. Nothing here allocates or fails.
 */
#ifndef KW_BASE_TEXT_H
#define KW_BASE_TEXT_H

#include <string.h>

#include "base/def.h"

struct text {
	const char *p;
	size_t n;
};

#define TEXT(literal) ((struct text){"" literal, sizeof(literal) - 1})
#define TEXT_NONE ((struct text){NULL, 0})
/* For printf's "%.*s". */
#define TEXT_ARG(t) (int)(t).n, (t).p

static inline struct text text_of(const char *z)
{
	return (struct text){z, z ? strlen(z) : 0};
}
static inline struct text text_bytes(const void *p, size_t n)
{
	return (struct text){p, n};
}
static inline bool text_absent(struct text t)
{
	return t.p == NULL;
}

/* Byte for byte; absent and empty are equal. Never for secrets: those go through mac.h's secret_equal. */
bool text_equal(struct text a, struct text b);
/* The same with ASCII letters folded. */
bool text_equal_nocase(struct text a, struct text b);
bool text_starts(struct text t, struct text prefix);

/* Cuts *rest at the first sep: returns what stood before it and moves *rest behind it. Without a sep: all of *rest, and
 * *rest becomes absent. */
struct text text_cut(struct text *rest, char sep);
/* Without spaces and tabs at both ends. */
struct text text_trim(struct text t);

enum { TEXT_DISTANCE_MAX = 64 };
/* Edit distance (Levenshtein) of two short names: how many bytes to insert, remove or change, ASCII letters folded. The length of
 * a when b has TEXT_DISTANCE_MAX bytes or more. */
size_t text_distance(struct text a, struct text b);

/* How many bytes (1 to 4) the well-formed UTF-8 character at the start of t has; 0 when there is none. */
size_t text_utf8(struct text t, uint32_t *code_point_r);
/* Well-formed UTF-8 (RFC 3629: no overlongs, no surrogates, at most U+10FFFF). */
bool text_is_utf8(struct text t);
/* Whether a terminal obeys that character instead of showing it: controls, and what turns the direction of writing. */
bool text_is_order(uint32_t code_point);
/* Puts "?" in place of each such character and each byte that is not UTF-8: for what a damaged file made us say. */
void text_tame(char *z);
/* Only bytes 0x20..0x7e. */
bool text_is_printable(struct text t);

#endif
