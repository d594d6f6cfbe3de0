/*
 * JSON that came in. jansson's memory is the operation's arena while body_enter holds: such values are never released one
 * by one, they are wiped with the arena.
 */
#ifndef KW_API_BODY_H
#define KW_API_BODY_H

#include <jansson.h>

#include "base/arena.h"

/* Once, before any thread. */
void body_start(void);
/* Between the two, this thread's jansson allocates in the arena, and frees nothing. */
void body_enter(struct arena *arena);
void body_leave(void);

enum { BODY_DEPTH_MAX = 16 };
/* One JSON object (RFC 8259): UTF-8, no duplicate keys, no NUL in strings, at most BODY_DEPTH_MAX deep, nothing behind it.
 * Within body_enter. Fails with a sentence. */
MUST_USE int body_parse(struct text body, json_t **json_r, const char **why_r);
/* A form (WHATWG URL, application/x-www-form-urlencoded) as an object of strings. */
MUST_USE int body_parse_form(struct arena *arena, struct text body, json_t **json_r, const char **why_r);

#endif
