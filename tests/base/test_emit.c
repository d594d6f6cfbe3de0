#include "../check.h"

#include <jansson.h>

#include "base/emit.h"

static void commas_and_nesting_come_out_right(void **state)
{
	struct buf buf;
	buf_init(&buf, *state, 0);
	struct emit emit = emit_to(&buf);
	emit_object(&emit, NULL);
	emit_object(&emit, "empty");
	emit_end_object(&emit);
	emit_array(&emit, "list");
	emit_int(&emit, NULL, INT64_MIN);
	emit_array(&emit, NULL);
	emit_end_array(&emit);
	emit_object(&emit, NULL);
	emit_bool(&emit, "yes", true);
	emit_bool(&emit, "no", false);
	emit_end_object(&emit);
	emit_string(&emit, NULL, "s");
	emit_end_array(&emit);
	emit_null(&emit, "nothing");
	emit_raw(&emit, "raw", TEXT("[1,2]"));
	emit_end_object(&emit);
	CHECK_STRING(buf_text(&buf),
		"{\"empty\":{},\"list\":[-9223372036854775808,[],{\"yes\":true,\"no\":false},\"s\"],"
		"\"nothing\":null,\"raw\":[1,2]}");
}

static struct text written(struct arena *arena, struct text value)
{
	struct buf buf;
	buf_init(&buf, arena, 0);
	struct emit emit = emit_to(&buf);
	emit_text(&emit, NULL, value);
	return buf_text(&buf);
}

static void absent_is_null_and_empty_is_a_string(void **state)
{
	CHECK_STRING(written(*state, TEXT_NONE), "null");
	CHECK_STRING(written(*state, TEXT("")), "\"\"");
}

static void special_characters_are_escaped(void **state)
{
	CHECK_STRING(
		written(*state, TEXT("a\"b\\c\n\r\t\x01\x1f\x7f/")), "\"a\\\"b\\\\c\\n\\r\\t\\u0001\\u001f\\u007f/\"");
	CHECK_STRING(written(*state, TEXT("x\0y")), "\"x\\u0000y\"");
	CHECK_STRING(written(*state, TEXT("\xe2\x82\xac \xf0\x9f\x98\x80")), "\"\xe2\x82\xac \xf0\x9f\x98\x80\"");
}

static void each_bad_byte_becomes_a_replacement_character(void **state)
{
	CHECK_STRING(written(*state, TEXT("a\xff"
					  "b\xe2\x82"
					  "c")),
		"\"a\xef\xbf\xbd"
		"b\xef\xbf\xbd\xef\xbf\xbd"
		"c\"");
}

static void random_bytes_always_parse(void **state)
{
	uint64_t seed = 9;
	for (int round = 0; round < 20000; round++) {
		char bytes[24];
		const size_t n = check_random(&seed) % sizeof bytes;
		for (size_t i = 0; i < n; i++)
			bytes[i] = (char)check_random(&seed);
		const struct text value = text_bytes(bytes, n);
		const struct text json = written(*state, value);
		json_t *parsed = json_loadb(json.p, json.n, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
		assert_true(json_is_string(parsed));
		if (text_is_utf8(value))
			CHECK_TEXT(text_bytes(json_string_value(parsed), json_string_length(parsed)), value);
		json_decref(parsed);
		arena_clear(*state);
	}
}

static void times_are_rfc3339_or_null(void **state)
{
	struct buf buf;
	buf_init(&buf, *state, 0);
	struct emit emit = emit_to(&buf);
	emit_array(&emit, NULL);
	emit_time(&emit, NULL, 1779712496789);
	emit_time(&emit, NULL, 0);
	emit_time(&emit, NULL, -1);
	emit_end_array(&emit);
	CHECK_STRING(buf_text(&buf), "[\"2026-05-25T12:34:56Z\",null,null]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CHECK_WITH_ARENA(commas_and_nesting_come_out_right),
		CHECK_WITH_ARENA(absent_is_null_and_empty_is_a_string),
		CHECK_WITH_ARENA(special_characters_are_escaped),
		CHECK_WITH_ARENA(each_bad_byte_becomes_a_replacement_character),
		CHECK_WITH_ARENA(random_bytes_always_parse),
		CHECK_WITH_ARENA(times_are_rfc3339_or_null),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
