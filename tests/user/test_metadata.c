/* A patch merged into what is there (RFC 7396). */
#include "../check.h"

#include <stdio.h>

#include "api/body.h"
#include "user/metadata.h"

static const struct merged {
	const char *object, *patch, *wanted;
} MERGED[] = {
	/* RFC 7396, appendix A: those of objects */
	{"{\"a\":\"b\"}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
	{"{\"a\":\"b\"}", "{\"b\":\"c\"}", "{\"a\":\"b\",\"b\":\"c\"}"},
	{"{\"a\":\"b\"}", "{\"a\":null}", "{}"},
	{"{\"a\":\"b\",\"b\":\"c\"}", "{\"a\":null}", "{\"b\":\"c\"}"},
	{"{\"a\":[\"b\"]}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
	{"{\"a\":\"c\"}", "{\"a\":[\"b\"]}", "{\"a\":[\"b\"]}"},
	{"{\"a\":{\"b\":\"c\"}}", "{\"a\":{\"b\":\"d\",\"c\":null}}", "{\"a\":{\"b\":\"d\"}}"},
	{"{\"a\":[{\"b\":\"c\"}]}", "{\"a\":[1]}", "{\"a\":[1]}"},
	{"{\"e\":null}", "{\"a\":1}", "{\"e\":null,\"a\":1}"},
	{"{}", "{\"a\":{\"bb\":{\"ccc\":null}}}", "{\"a\":{\"bb\":{}}}"},
	/* ours */
	{"{\"a\":1}", "{}", "{\"a\":1}"},
	{"{\"a\":{\"b\":1}}", "{\"a\":{\"b\":null,\"c\":[null]}}", "{\"a\":{\"c\":[null]}}"},
	{"{\"a\":1}", "{\"a\":{\"b\":null}}", "{\"a\":{}}"},
	{"{}", "{\"\xc3\xa4\":\"\\u0001\",\"\":-9223372036854775808}",
		"{\"\xc3\xa4\":\"\\u0001\",\"\":-9223372036854775808}"},
};

static void a_patch_is_merged_member_by_member(void **state)
{
	for (size_t i = 0; i < COUNT(MERGED); i++) {
		struct text merged;
		assert_int_equal(
			metadata_merge(*state, text_of(MERGED[i].object), text_of(MERGED[i].patch), &merged), 0);
		CHECK_TEXT(merged, text_of(MERGED[i].wanted));
	}
}

/* An object whose only member has that name and a value of so many letters. */
static struct text object_of(struct arena *arena, const char *name, int letters)
{
	char *value = arena_alloc(arena, (size_t)letters + 1);
	memset(value, 'x', (size_t)letters);
	return arena_printf(arena, "{\"%s\":\"%s\"}", name, value);
}

static void what_comes_of_it_has_a_limit(void **state)
{
	struct text merged = TEXT_NONE;
	const int around = (int)strlen("{\"a\":\"\",\"b\":\"\"}");
	const struct text object = object_of(*state, "a", 2000);
	assert_int_equal(
		metadata_merge(*state, object, object_of(*state, "b", METADATA_MAX - around - 2000 + 1), &merged), -1);
	assert_true(text_absent(merged));
	assert_int_equal(
		metadata_merge(*state, object, object_of(*state, "b", METADATA_MAX - around - 2000), &merged), 0);
	assert_int_equal(merged.n, METADATA_MAX);
	assert_int_equal(metadata_merge(*state, merged, TEXT("{\"b\":null}"), &merged), 0);
	CHECK_TEXT(merged, object);
}

static void members_are_counted_at_the_top(void **state)
{
	assert_int_equal(metadata_count(*state, TEXT("{}")), 0);
	assert_int_equal(metadata_count(*state, TEXT("{\"a\":{\"b\":1,\"c\":2},\"d\":[1,2,3],\"\":null}")), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CHECK_WITH_ARENA(a_patch_is_merged_member_by_member),
		CHECK_WITH_ARENA(what_comes_of_it_has_a_limit),
		CHECK_WITH_ARENA(members_are_counted_at_the_top),
	};
	body_start();
	return cmocka_run_group_tests_name("metadata", tests, NULL, NULL);
}
