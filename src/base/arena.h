/*
 * Memory that dies with its owner: many allocations, one wipe and free. Used by one thread at a time.
 * Out of memory ends the process (logged); nothing here returns NULL.
 */
#ifndef KW_BASE_ARENA_H
#define KW_BASE_ARENA_H

#include "base/text.h"

struct arena;

struct arena *arena_new(void);
/* Overwrites every byte ever handed out, then frees. NULL is fine. */
void arena_free(struct arena *arena);
/* Overwrites and forgets all allocations, keeps the first block for the next use. */
void arena_clear(struct arena *arena);

/* n zeroed bytes, aligned for any type. */
void *arena_alloc(struct arena *arena, size_t n);
#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type)))

/* A copy with a NUL behind it that the length does not count. Absent stays absent. */
struct text arena_copy(struct arena *arena, struct text t);
struct text arena_printf(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);
/* A copy as a C string; the text must not hold NUL. */
char *arena_string(struct arena *arena, struct text t);

#endif
