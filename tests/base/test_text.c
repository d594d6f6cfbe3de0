#include "../check.h"

#include <stdio.h>

static void equality_is_byte_for_byte(void **state)
{
	assert_true(text_equal(TEXT("a\0b"), TEXT("a\0b")));
	assert_false(text_equal(TEXT("a\0b"), TEXT("a\0c")));
	assert_false(text_equal(TEXT("a"), TEXT("ab")));
	assert_true(text_equal(TEXT_NONE, TEXT("")));
}

static void only_ascii_letters_are_folded(void **state)
{
	assert_true(text_equal_nocase(TEXT("Content-LENGTH"), TEXT("content-length")));
	assert_false(text_equal_nocase(TEXT("["), TEXT("{")));
	assert_false(text_equal_nocase(TEXT("\xc3\x84"), TEXT("\xc3\xa4")));
	assert_false(text_equal_nocase(TEXT("a"), TEXT("ab")));
}

static void a_prefix_is_found_at_the_start_only(void **state)
{
	assert_true(text_starts(TEXT("Bearer x"), TEXT("Bearer ")));
	assert_true(text_starts(TEXT("x"), TEXT("")));
	assert_false(text_starts(TEXT("Bear"), TEXT("Bearer")));
	assert_false(text_starts(TEXT(" Bearer"), TEXT("Bearer")));
}

static void cutting_walks_over_the_parts(void **state)
{
	struct text rest = TEXT("a,,b");
	CHECK_STRING(text_cut(&rest, ','), "a");
	CHECK_STRING(text_cut(&rest, ','), "");
	CHECK_STRING(text_cut(&rest, ','), "b");
	assert_true(text_absent(rest));
	assert_true(text_absent(text_cut(&rest, ',')));
}

static void a_separator_at_the_end_leaves_an_empty_rest(void **state)
{
	struct text rest = TEXT("a.");
	CHECK_STRING(text_cut(&rest, '.'), "a");
	CHECK_STRING(rest, "");
}

static void trimming_takes_spaces_and_tabs_only(void **state)
{
	CHECK_STRING(text_trim(TEXT(" \t a b \t")), "a b");
	CHECK_STRING(text_trim(TEXT("\r\n")), "\r\n");
	CHECK_STRING(text_trim(TEXT("  ")), "");
}

/* Encodes without asking whether one may. */
static size_t encode(uint32_t code, char out[static 4])
{
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	const size_t size = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	for (size_t i = size - 1; i > 0; i--, code >>= 6)
		out[i] = (char)(0x80 | (code & 0x3f));
	out[0] = (char)((0xf00U >> size & 0xff) | code);
	return size;
}

static void every_code_point_but_surrogates_is_utf8(void **state)
{
	for (uint32_t code = 0; code < 0x120000; code++) {
		char bytes[4];
		const struct text t = text_bytes(bytes, encode(code, bytes));
		uint32_t read = 0;
		const bool is_valid = code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
		assert_int_equal(text_utf8(t, &read), is_valid ? t.n : 0);
		assert_int_equal(read, is_valid ? code : 0);
		assert_int_equal(text_is_utf8(t), is_valid);
	}
}

static void cut_overlong_and_foreign_bytes_are_not_utf8(void **state)
{
	static const char *const bad[] = {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc3", "\xc3(", "\xe0\x80\x80",
		"\xe0\x9f\xbf", "\xe2\x82", "\xe2(\xa1", "\xed\xa0\x80", "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf",
		"\xf0\x9f\x98", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xfe", "\xff", "ok\xff", "ok\xc3"};
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(text_is_utf8(text_of(bad[i])));
}

static void ordinary_text_is_utf8(void **state)
{
	assert_true(text_is_utf8(TEXT_NONE));
	assert_true(text_is_utf8(TEXT("Gr\xc3\xbc\xc3\x9f Gott \xe2\x82\xac \xf0\x9f\x98\x80")));
	assert_true(text_is_utf8(TEXT("nul \0 too")));
}

static void printable_means_ascii_without_controls(void **state)
{
	for (int c = 0; c < 256; c++) {
		const char byte = (char)c;
		assert_int_equal(text_is_printable(text_bytes(&byte, 1)), c >= 0x20 && c <= 0x7e);
	}
}

static void what_would_upset_a_terminal_becomes_question_marks(void **state)
{
	static const char *const ROWS[][2] = {{"", ""}, {"plain", "plain"}, {"B\303\244ckerei", "B\303\244ckerei"},
		{"a\033[2Jb\nc\177", "a?[2Jb?c?"}, {"\377\303)", "?\?)"}, {"\302\2331m", "?\?1m"}, {"\342\202", "?\?"},
		{"\342\200\256txt", "?\?\?txt"}};
	for (size_t i = 0; i < COUNT(ROWS); i++) {
		char z[32];
		snprintf(z, sizeof z, "%s", ROWS[i][0]);
		text_tame(z);
		assert_string_equal(z, ROWS[i][1]);
	}
}

static void a_distance_counts_what_was_mistyped(void **state)
{
	assert_int_equal(text_distance(TEXT("--email"), TEXT("--email")), 0);
	assert_int_equal(text_distance(TEXT("OTP_INVALID"), TEXT("otp_invalid")), 0);
	assert_int_equal(text_distance(TEXT("usr list"), TEXT("user list")), 1);
	assert_int_equal(text_distance(TEXT("--emial"), TEXT("--email")), 2);
	assert_int_equal(text_distance(TEXT("kitten"), TEXT("sitting")), 3);
	assert_int_equal(text_distance(TEXT(""), TEXT("abc")), 3);
	assert_int_equal(text_distance(TEXT("abc"), TEXT("")), 3);
	char longest[TEXT_DISTANCE_MAX] = {0};
	assert_int_equal(text_distance(TEXT("abc"), text_bytes(longest, sizeof longest)), 3);
	assert_int_equal(text_distance(TEXT("abc"), text_bytes(longest, sizeof longest - 1)), sizeof longest - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equality_is_byte_for_byte),
		cmocka_unit_test(only_ascii_letters_are_folded),
		cmocka_unit_test(a_prefix_is_found_at_the_start_only),
		cmocka_unit_test(cutting_walks_over_the_parts),
		cmocka_unit_test(a_separator_at_the_end_leaves_an_empty_rest),
		cmocka_unit_test(trimming_takes_spaces_and_tabs_only),
		cmocka_unit_test(a_distance_counts_what_was_mistyped),
		cmocka_unit_test(every_code_point_but_surrogates_is_utf8),
		cmocka_unit_test(cut_overlong_and_foreign_bytes_are_not_utf8),
		cmocka_unit_test(ordinary_text_is_utf8),
		cmocka_unit_test(printable_means_ascii_without_controls),
		cmocka_unit_test(what_would_upset_a_terminal_becomes_question_marks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
