/*
 * What an app's server keeps with a user: a JSON object. Pure.
 */
#ifndef KW_USER_METADATA_H
#define KW_USER_METADATA_H

#include "base/arena.h"

enum { METADATA_MAX = 4096 };

/* The patch merged into the object (RFC 7396), member by member, where null removes; both are compact JSON objects, and so is
 * what comes of it, in the arena. Fails when that has more than METADATA_MAX bytes. */
MUST_USE int metadata_merge(struct arena *arena, struct text object, struct text patch, struct text *merged_r);
/* How many members a compact JSON object has, not counting those of its members. */
size_t metadata_count(struct arena *arena, struct text object);

#endif
