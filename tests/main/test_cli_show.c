/* Values of answers as people read them. */
#include "../check.h"

#include <jansson.h>

#include "main/cli_show.h"

static struct arena *arena;

static void check_shown(const char *json, size_t most, const char *expected)
{
	json_t *value = json_loads(json, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	assert_non_null(value);
	assert_string_equal(cli_show(arena, value, most).p, expected);
	json_decref(value);
}

static void values_stand_in_one_line(void **state)
{
	check_shown("\"Ada\"", 0, "Ada");
	check_shown("7", 0, "7");
	check_shown("true", 0, "true");
	check_shown("0.005", 0, "0.005");
	check_shown("[\"login\", \"signup\"]", 0, "login, signup");
	check_shown("{\"plan\": {\"name\": \"pro\"}}", 0, "{\"plan\":{\"name\":\"pro\"}}");
}

static void what_is_nothing_is_a_dash(void **state)
{
	check_shown("null", 0, "-");
	check_shown("[]", 0, "-");
	check_shown("{}", 0, "-");
	check_shown("[null, 1]", 0, "-, 1");
	CHECK_STRING(cli_show(arena, NULL, 0), "-");
}

static void no_stranger_steers_the_terminal(void **state)
{
	check_shown("\"a\\u001b[31mred\"", 0, "a\\u001b[31mred");
	check_shown("\"a\\nb\\u0007\\u007f\\u009b\"", 0, "a\\u000ab\\u0007\\u007f\\u009b");
	check_shown("\"\\u202eoga\\u2066\\u200f\"", 0, "\\u202eoga\\u2066\\u200f");
	check_shown("{\"\\u009b\": \"\\u202e\\n\"}", 0, "{\"\\u009b\":\"\\u202e\\n\"}");
	check_shown("\"B\\u00e4ckerei \\ud83e\\udd50\"", 0,
		"B\xc3\xa4"
		"ckerei \xf0\x9f\xa5\x90");
}

static void a_long_value_is_cut_between_characters(void **state)
{
	check_shown("\"abcdef\"", 6, "abcdef");
	check_shown("\"abcdefg\"", 6, "abc...");
	check_shown("\"\\u00e4\\u00e4\\u00e4\\u00e4\\u00e4\"", 5, "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4");
	check_shown("\"\\u00e4\\u00e4\\u00e4\\u00e4\\u00e4\"", 4, "\xc3\xa4...");
}

static void an_object_may_take_a_line_for_each_member(void **state)
{
	json_t *object = json_loads("{\"a\": 1, \"b\": {\"c\": \"\\n\"}}", 0, NULL);
	CHECK_STRING(cli_show_lines(arena, object), "{\n  \"a\": 1,\n  \"b\": {\n    \"c\": \"\\n\"\n  }\n}");
	json_decref(object);
}

static void width_is_counted_in_characters(void **state)
{
	assert_int_equal(cli_show_width(TEXT("B\xc3\xa4"
					     "cker")),
		6);
	assert_int_equal(cli_show_width(TEXT("")), 0);
}

static int make_arena(void **state)
{
	arena = arena_new();
	return 0;
}

static int free_arena(void **state)
{
	arena_free(arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_stand_in_one_line),
		cmocka_unit_test(what_is_nothing_is_a_dash),
		cmocka_unit_test(no_stranger_steers_the_terminal),
		cmocka_unit_test(a_long_value_is_cut_between_characters),
		cmocka_unit_test(an_object_may_take_a_line_for_each_member),
		cmocka_unit_test(width_is_counted_in_characters),
	};
	return cmocka_run_group_tests(tests, make_arena, free_arena);
}
