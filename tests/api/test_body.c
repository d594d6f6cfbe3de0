/* What counts as one JSON object, or as a form; THREATS F6 to F8. */
#include "../check.h"

#include "api/body.h"
#include "base/buf.h"

#define ROW(literal)                                                                                                   \
	{                                                                                                              \
		literal, sizeof(literal) - 1                                                                           \
	}

static int enter(void **state)
{
	*state = arena_new();
	body_enter(*state);
	return 0;
}

static int leave(void **state)
{
	body_leave();
	arena_free(*state);
	return 0;
}
#define WITH_BODY(test) cmocka_unit_test_setup_teardown(test, enter, leave)

static const char *refusal(struct text body)
{
	json_t *json = NULL;
	const char *why = NULL;
	if (body_parse(body, &json, &why) == 0)
		fail_msg("accepted: %.*s", TEXT_ARG(body));
	assert_null(json);
	assert_non_null(why);
	return why;
}

static void one_object_is_taken_with_white_space_around_it(void **state)
{
	static const struct text GOOD[] = {ROW("{}"), ROW(" \r\n\t{ } \n"), ROW("{\"a\":1}"), ROW("{\"\":null}"),
		ROW("{\"a\":{\"b\":[1,2,{}]}}"), ROW("{\"a\":\"\\u00e9\\n\\\\\\\"\"}"),
		ROW("{\"a\":-0,\"b\":1e3,\"c\":1.5}"), ROW("{\"a\":\"\xc3\xa9\xf0\x9f\x98\x80\"}"),
		ROW("{\"a\":\"\\ud83d\\ude00\"}"), ROW("{\"a\":\"[[[[[[[[[[[[[[[[[[\"}")};
	for (size_t i = 0; i < COUNT(GOOD); i++) {
		json_t *json;
		const char *why = "";
		if (body_parse(GOOD[i], &json, &why) != 0)
			fail_msg("%.*s: %s", TEXT_ARG(GOOD[i]), why);
		assert_true(json_is_object(json));
	}
}

static void what_is_no_json_is_refused(void **state)
{
	static const struct text BAD[] = {ROW(""), ROW(" "), ROW("{"), ROW("}"), ROW("{\"a\"}"), ROW("{\"a\":}"),
		ROW("{\"a\":1,}"), ROW("{,}"), ROW("{a:1}"), ROW("{'a':1}"), ROW("{\"a\":01}"), ROW("{\"a\":+1}"),
		ROW("{\"a\":.5}"), ROW("{\"a\":1.}"), ROW("{\"a\":0x1}"), ROW("{\"a\":NaN}"), ROW("{\"a\":Infinity}"),
		ROW("{\"a\":1e999}"), ROW("{\"a\":99999999999999999999}"), ROW("{\"a\":True}"), ROW("{\"a\":\"\n\"}"),
		ROW("{\"a\":\"\\x\"}"), ROW("{\"a\":\"\\ud800\"}"), ROW("{\"a\":\"\\udc00\\ud800\"}"),
		ROW("{\"a\":\"\\u12\"}"), ROW("/**/{}"), ROW("{}//"), ROW("{} {}"), ROW("{}x"), ROW("{}\0"),
		ROW("{\0}"), ROW("{\"a\":\"\0\"}"), ROW("{\"a\0\":1}"), ROW("{\"a\":\"\\u0000\"}"),
		ROW("{\"\\u0000\":1}"), ROW("\xef\xbb\xbf{}"), ROW("{\"a\":\"\x80\"}"), ROW("{\"a\":\"\xc0\xaf\"}"),
		ROW("{\"a\":\"\xed\xa0\x80\"}"), ROW("{\"a\":\"\xf4\x90\x80\x80\"}"), ROW("{\"a\":\"\xe2\x82\"}"),
		ROW("{\"\xff\":1}")};
	for (size_t i = 0; i < COUNT(BAD); i++)
		(void)refusal(BAD[i]);
}

static void json_that_is_no_object_is_refused(void **state)
{
	static const struct text BAD[] = {ROW("[]"), ROW("[{}]"), ROW("\"a\""), ROW("1"), ROW("null"), ROW("true")};
	for (size_t i = 0; i < COUNT(BAD); i++)
		(void)refusal(BAD[i]);
	assert_string_equal(refusal(TEXT("[]")), "Must be a JSON object.");
}

static void a_key_may_come_once_in_each_object(void **state)
{
	assert_string_equal(refusal(TEXT("{\"a\":1,\"a\":1}")), "Must not name a key twice.");
	assert_string_equal(refusal(TEXT("{\"a\":1,\"\\u0061\":2}")), "Must not name a key twice.");
	assert_string_equal(refusal(TEXT("{\"x\":{\"a\":1,\"a\":2}}")), "Must not name a key twice.");
	json_t *json;
	const char *why;
	assert_int_equal(body_parse(TEXT("{\"a\":{\"a\":1},\"A\":2}"), &json, &why), 0);
}

/* Brackets around a number, an object outermost. */
static struct text nested(struct arena *arena, size_t depth, const char *open, const char *close)
{
	struct buf out;
	buf_init(&out, arena, 8 * depth + 8);
	buf_add(&out, TEXT("{\"a\":"));
	for (size_t i = 1; i < depth; i++)
		buf_add(&out, text_of(open));
	buf_add_char(&out, '1');
	for (size_t i = 1; i < depth; i++)
		buf_add(&out, text_of(close));
	buf_add_char(&out, '}');
	return buf_text(&out);
}

static void sixteen_levels_are_taken_and_no_more(void **state)
{
	json_t *json;
	const char *why;
	assert_int_equal(body_parse(nested(*state, 16, "[", "]"), &json, &why), 0);
	assert_int_equal(body_parse(nested(*state, 16, "{\"b\":", "}"), &json, &why), 0);
	assert_string_equal(refusal(nested(*state, 17, "[", "]")), "Must not nest deeper than 16 levels.");
	assert_string_equal(refusal(nested(*state, 17, "{\"b\":", "}")), "Must not nest deeper than 16 levels.");
	assert_string_equal(refusal(nested(*state, 1000000, "[", "]")), "Must not nest deeper than 16 levels.");
}

static void brackets_in_strings_are_no_levels_and_strings_do_not_hide_levels(void **state)
{
	json_t *json;
	const char *why;
	assert_int_equal(body_parse(TEXT("{\"[[[[[[[[[[[[[[[[[[[[\":\"\\\"[[[[[[[[[[[[[[[[[[[[\"}"), &json, &why), 0);
	assert_string_equal(refusal(TEXT("{\"\\\\\":[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]}")),
		"Must not nest deeper than 16 levels.");
}

static void a_form_is_an_object_of_strings(void **state)
{
	json_t *json;
	const char *why;
	assert_int_equal(body_parse_form(*state, TEXT("token=a%2Bb+c&empty=&bare&%C3%A9=1"), &json, &why), 0);
	assert_string_equal(json_string_value(json_object_get(json, "token")), "a+b c");
	assert_string_equal(json_string_value(json_object_get(json, "empty")), "");
	assert_string_equal(json_string_value(json_object_get(json, "bare")), "");
	assert_string_equal(json_string_value(json_object_get(json, "\xc3\xa9")), "1");
	assert_int_equal(json_object_size(json), 4);
	assert_int_equal(body_parse_form(*state, TEXT(""), &json, &why), 0);
	assert_int_equal(json_object_size(json), 0);
}

static void a_malformed_form_is_refused(void **state)
{
	static const char *const BAD[] = {
		"a=%", "a=%4", "a=%zz", "a=%00", "%00=a", "a=%ff", "%ff=a", "a=%c0%af", "a=\x80"};
	json_t *json;
	const char *why;
	for (size_t i = 0; i < COUNT(BAD); i++) {
		if (body_parse_form(*state, text_of(BAD[i]), &json, &why) == 0)
			fail_msg("accepted: %s", BAD[i]);
		assert_string_equal(why, "Must be a well-formed form in UTF-8.");
	}
	assert_int_not_equal(body_parse_form(*state, TEXT("a=1&b=2&%61=3"), &json, &why), 0);
	assert_string_equal(why, "Must not name a key twice.");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_BODY(one_object_is_taken_with_white_space_around_it),
		WITH_BODY(what_is_no_json_is_refused),
		WITH_BODY(json_that_is_no_object_is_refused),
		WITH_BODY(a_key_may_come_once_in_each_object),
		WITH_BODY(sixteen_levels_are_taken_and_no_more),
		WITH_BODY(brackets_in_strings_are_no_levels_and_strings_do_not_hide_levels),
		WITH_BODY(a_form_is_an_object_of_strings),
		WITH_BODY(a_malformed_form_is_refused),
	};
	body_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
