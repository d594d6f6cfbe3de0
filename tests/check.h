/*
 * What every unit test includes: cmocka with the headers it wants before it, and comparisons of our own types.
 */
#ifndef KW_TESTS_CHECK_H
#define KW_TESTS_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"

#define CHECK_TEXT(actual, expected) check_text((actual), (expected), __FILE__, __LINE__)
static inline void check_text(struct text actual, struct text expected, const char *file, int line)
{
	if (text_equal(actual, expected) && text_absent(actual) == text_absent(expected))
		return;
	print_error("expected \"%.*s\"\n     got \"%.*s\"\n", TEXT_ARG(expected), TEXT_ARG(actual));
	_fail(file, line);
}
#define CHECK_STRING(actual, expected) CHECK_TEXT((actual), TEXT(expected))

/* A test whose *state is an arena. */
#define CHECK_WITH_ARENA(test) cmocka_unit_test_setup_teardown(test, check_new_arena, check_free_arena)
static inline int check_new_arena(void **state)
{
	*state = arena_new();
	return 0;
}
static inline int check_free_arena(void **state)
{
	arena_free(*state);
	return 0;
}

/* A small generator for loops over many inputs: the same numbers in every run. */
static inline uint32_t check_random(uint64_t *state)
{
	*state = *state * 6364136223846793005U + 1442695040888963407U;
	return (uint32_t)(*state >> 33);
}

#endif
