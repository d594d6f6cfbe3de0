#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"

#ifdef __SANITIZE_ADDRESS__
#define ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ADDRESS_SANITIZER 1
#endif
#endif

/* Under AddressSanitizer, memory that is not handed out is poisoned and allocations have a gap between them. */
#ifdef ADDRESS_SANITIZER
#include <sanitizer/asan_interface.h>
#define POISON(p, n) ASAN_POISON_MEMORY_REGION((p), (n))
#define UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION((p), (n))
#define GAP ALIGNMENT
#else
#define POISON(p, n) ((void)0)
#define UNPOISON(p, n) ((void)0)
#define GAP 0
#endif

#define ALIGNMENT _Alignof(max_align_t)
#define FIRST_SIZE 8192
#define LATER_SIZE 32768

/* Bytes from next_free on are zero: that is how arena_alloc gets away without clearing. */
struct block {
	struct block *previous;
	char *next_free, *end;
	_Alignas(ALIGNMENT) char bytes[];
};

struct arena {
	struct block *current;
};

static struct block *block_new(size_t size, struct block *previous)
{
	struct block *block = calloc(1, size);
	if (block == NULL)
		log_abort("out_of_memory", "%zu bytes more are not to be had; the process ends", size);
	block->previous = previous;
	block->next_free = block->bytes;
	block->end = (char *)block + size;
	POISON(block->bytes, size - sizeof *block);
	return block;
}

static void block_wipe(struct block *block)
{
	const size_t used = (size_t)(block->next_free - block->bytes);
	UNPOISON(block->bytes, used);
	explicit_bzero(block->bytes, used);
	POISON(block->bytes, used);
	block->next_free = block->bytes;
}

static void block_free(struct block *block)
{
	block_wipe(block);
	UNPOISON(block->bytes, (size_t)(block->end - block->bytes));
	free(block);
}

struct arena *arena_new(void)
{
	struct arena *arena = calloc(1, sizeof *arena);
	if (arena == NULL)
		log_abort("out_of_memory", "no memory for an arena; the process ends");
	arena->current = block_new(FIRST_SIZE, NULL);
	return arena;
}

static void free_all_but_first(struct arena *arena)
{
	while (arena->current->previous != NULL) {
		struct block *block = arena->current;
		arena->current = block->previous;
		block_free(block);
	}
}

void arena_free(struct arena *arena)
{
	if (arena == NULL)
		return;
	free_all_but_first(arena);
	block_free(arena->current);
	free(arena);
}

void arena_clear(struct arena *arena)
{
	free_all_but_first(arena);
	block_wipe(arena->current);
}

static void *alloc_in_new_block(struct arena *arena, size_t size)
{
	const size_t whole = sizeof(struct block) + size;
	arena->current = block_new(whole > LATER_SIZE ? whole : LATER_SIZE, arena->current);
	void *p = arena->current->next_free;
	arena->current->next_free += size;
	return p;
}

void *arena_alloc(struct arena *arena, size_t n)
{
	MUST(n < PTRDIFF_MAX / 2);
	const size_t size = (n + GAP + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
	struct block *block = arena->current;
	void *p = block->next_free;
	if (size <= (size_t)(block->end - block->next_free))
		block->next_free += size;
	else
		p = alloc_in_new_block(arena, size);
	UNPOISON(p, n);
	return p;
}

struct text arena_copy(struct arena *arena, struct text t)
{
	if (text_absent(t))
		return TEXT_NONE;
	char *p = arena_alloc(arena, t.n + 1);
	memcpy(p, t.p, t.n);
	return (struct text){p, t.n};
}

struct text arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	const int n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	MUST(n >= 0);
	char *p = arena_alloc(arena, (size_t)n + 1);
	va_start(args, format);
	(void)vsnprintf(p, (size_t)n + 1, format, args);
	va_end(args);
	return (struct text){p, (size_t)n};
}

char *arena_string(struct arena *arena, struct text t)
{
	MUST(t.n == 0 || memchr(t.p, '\0', t.n) == NULL);
	char *p = arena_alloc(arena, t.n + 1);
	if (t.n > 0)
		memcpy(p, t.p, t.n);
	return p;
}
