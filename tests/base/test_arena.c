#include "../check.h"

#include "base/arena.h"

static void memory_is_zeroed_and_aligned_for_any_size(void **state)
{
	struct arena *arena = arena_new();
	for (size_t n = 0; n < 3000; n += 7) {
		char *p = arena_alloc(arena, n);
		assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xaa, n);
	}
	arena_free(arena);
}

static void memory_is_zeroed_again_after_clear(void **state)
{
	struct arena *arena = arena_new();
	char *first = arena_alloc(arena, 100);
	for (int round = 0; round < 10; round++) {
		arena_clear(arena);
		char *p = arena_alloc(arena, 100);
		assert_ptr_equal(p, first);
		for (size_t i = 0; i < 100; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xaa, 100);
		memset(arena_alloc(arena, 20000), 0xbb, 20000);
	}
	arena_free(arena);
}

static void allocations_do_not_overlap(void **state)
{
	enum { NUMBER = 500 };
	struct arena *arena = arena_new();
	unsigned char *p[NUMBER];
	uint64_t seed = 1;
	size_t n[NUMBER];
	for (size_t i = 0; i < NUMBER; i++) {
		n[i] = check_random(&seed) % 2000;
		p[i] = arena_alloc(arena, n[i]);
		memset(p[i], (int)(i % 256), n[i]);
	}
	for (size_t i = 0; i < NUMBER; i++)
		for (size_t k = 0; k < n[i]; k++)
			assert_int_equal(p[i][k], i % 256);
	arena_free(arena);
}

static void larger_things_than_a_block_have_room(void **state)
{
	struct arena *arena = arena_new();
	char *p = arena_alloc(arena, 1 << 20);
	p[(1 << 20) - 1] = 1;
	assert_non_null(ARENA_NEW(arena, int64_t));
	arena_free(arena);
}

static void copies_end_with_a_nul_that_is_not_counted(void **state)
{
	struct arena *arena = arena_new();
	const struct text copy = arena_copy(arena, text_bytes("abcdef", 3));
	CHECK_STRING(copy, "abc");
	assert_int_equal(copy.p[3], '\0');
	assert_string_equal(arena_string(arena, text_bytes("abcdef", 2)), "ab");
	assert_string_equal(arena_string(arena, TEXT_NONE), "");
	arena_free(arena);
}

static void absent_stays_absent_and_empty_stays_empty(void **state)
{
	struct arena *arena = arena_new();
	assert_true(text_absent(arena_copy(arena, TEXT_NONE)));
	CHECK_STRING(arena_copy(arena, TEXT("")), "");
	arena_free(arena);
}

static void printf_takes_what_it_needs(void **state)
{
	struct arena *arena = arena_new();
	CHECK_STRING(arena_printf(arena, "%s-%d", "x", 5), "x-5");
	const struct text wide = arena_printf(arena, "%10000d", 1);
	assert_int_equal(wide.n, 10000);
	assert_int_equal(wide.p[10000], '\0');
	arena_free(arena);
}

static void freeing_nothing_is_fine(void **state)
{
	arena_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_zeroed_and_aligned_for_any_size),
		cmocka_unit_test(memory_is_zeroed_again_after_clear),
		cmocka_unit_test(allocations_do_not_overlap),
		cmocka_unit_test(larger_things_than_a_block_have_room),
		cmocka_unit_test(copies_end_with_a_nul_that_is_not_counted),
		cmocka_unit_test(absent_stays_absent_and_empty_stays_empty),
		cmocka_unit_test(printf_takes_what_it_needs),
		cmocka_unit_test(freeing_nothing_is_fine),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
