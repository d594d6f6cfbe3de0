/* The operator's files go before ours. */
#include "../check.h"

#include "folder.h"
#include "template/source.h"

static struct arena *arena;

static int start(void **state)
{
	arena = arena_new();
	return folder_make(arena);
}

static int stop(void **state)
{
	const int failed = folder_remove(arena);
	arena_free(arena);
	return failed;
}

static void a_file_of_ours_is_built_in(void **state)
{
	struct source source;
	const char *why;
	assert_int_equal(source_read(arena, "", TEXT("sms/otp.en.txt"), &source, &why), 0);
	assert_string_equal(source.file, "assets/sms/otp.en.txt");
	assert_true(text_starts(source.text, TEXT("{{code}} is your code")));
	assert_int_equal(source_read(arena, folder, TEXT("sms/otp.en.txt"), &source, &why), 0);
	assert_string_equal(source.file, "assets/sms/otp.en.txt");
}

static void a_file_of_the_same_name_takes_its_place(void **state)
{
	struct source source;
	const char *why;
	folder_write(arena, "sms/otp.en.txt", TEXT("{{code}}"));
	assert_int_equal(source_read(arena, folder, TEXT("sms/otp.en.txt"), &source, &why), 0);
	assert_string_equal(source.file, folder_path(arena, "sms/otp.en.txt"));
	CHECK_STRING(source.text, "{{code}}");
	assert_int_equal(source_read(arena, "", TEXT("sms/otp.en.txt"), &source, &why), 0);
	assert_string_equal(source.file, "assets/sms/otp.en.txt");
	folder_drop(arena, "sms/otp.en.txt");
}

static void a_file_that_is_nowhere_has_no_sentence(void **state)
{
	struct source source;
	const char *why = "x";
	assert_int_not_equal(source_read(arena, folder, TEXT("sms/nothing.txt"), &source, &why), 0);
	assert_null(why);
}

static void marks_and_line_ends_of_other_systems_are_left_out(void **state)
{
	struct source source;
	const char *why;
	folder_write(arena, "sms/x.txt", TEXT("\xef\xbb\xbfone\r\ntwo\rthree\r\n"));
	assert_int_equal(source_read(arena, folder, TEXT("sms/x.txt"), &source, &why), 0);
	CHECK_STRING(source.text, "one\ntwo\rthree\n");
	folder_drop(arena, "sms/x.txt");
}

static void what_is_no_text_is_named_with_its_line(void **state)
{
	static const struct text BAD[] = {
		{"a\n\xff\nb", 5}, {"a\nb\xc3", 4}, {"a\nb\0c", 5}, {"\n\xed\xa0\x80", 4}, {"a\nb\xc0\x80", 5}};
	const char *expected = arena_printf(arena, "%s/sms/x.txt:2: this is no UTF-8 text", folder).p;
	for (size_t i = 0; i < COUNT(BAD); i++) {
		struct source source;
		const char *why = NULL;
		folder_write(arena, "sms/x.txt", BAD[i]);
		assert_int_not_equal(source_read(arena, folder, TEXT("sms/x.txt"), &source, &why), 0);
		assert_string_equal(why, expected);
	}
	folder_drop(arena, "sms/x.txt");
}

static void what_cannot_be_read_is_said(void **state)
{
	struct source source;
	const char *why = NULL;
	assert_int_not_equal(source_read(arena, folder, TEXT("sms"), &source, &why), 0);
	assert_string_equal(why, arena_printf(arena, "%s/sms: cannot be read: Is a directory", folder).p);

	char *large = arena_alloc(arena, SOURCE_MAX + 1);
	memset(large, 'x', SOURCE_MAX + 1);
	folder_write(arena, "sms/x.txt", text_bytes(large, SOURCE_MAX));
	assert_int_equal(source_read(arena, folder, TEXT("sms/x.txt"), &source, &why), 0);
	folder_write(arena, "sms/x.txt", text_bytes(large, SOURCE_MAX + 1));
	assert_int_not_equal(source_read(arena, folder, TEXT("sms/x.txt"), &source, &why), 0);
	assert_string_equal(why, arena_printf(arena, "%s/sms/x.txt: has more than %d bytes", folder, SOURCE_MAX).p);
	folder_drop(arena, "sms/x.txt");
}

static void check_languages(const char *in, const char *expected)
{
	const struct text *tags;
	size_t count;
	const char *why, *spelt = "";
	assert_int_equal(source_languages(arena, in, &tags, &count, &why), 0);
	for (size_t i = 0; i < count; i++)
		spelt = arena_printf(arena, "%s %.*s", spelt, TEXT_ARG(tags[i])).p;
	assert_string_equal(spelt, expected);
}

static void languages_are_ours_and_the_operators(void **state)
{
	check_languages("", " de en");
	check_languages(folder, " de en");
	folder_write(arena, "language/fr.ini", TEXT(""));
	folder_write(arena, "language/en.ini", TEXT(""));
	folder_write(arena, "language/nds.ini", TEXT(""));
	folder_write(arena, "language/README", TEXT(""));
	check_languages(folder, " de en fr nds");
	folder_write(arena, "language/pt-BR.ini", TEXT(""));
	const struct text *tags;
	size_t count;
	const char *why = NULL;
	assert_int_not_equal(source_languages(arena, folder, &tags, &count, &why), 0);
	assert_string_equal(
		why, arena_printf(arena,
			     "%s/language/pt-BR.ini: a language is named by two or three small letters, as in "
			     "de.ini",
			     folder)
			     .p);
	static const char *const FILES[] = {"fr.ini", "en.ini", "nds.ini", "README", "pt-BR.ini"};
	for (size_t i = 0; i < COUNT(FILES); i++)
		folder_drop(arena, arena_printf(arena, "language/%s", FILES[i]).p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_of_ours_is_built_in),
		cmocka_unit_test(a_file_of_the_same_name_takes_its_place),
		cmocka_unit_test(a_file_that_is_nowhere_has_no_sentence),
		cmocka_unit_test(marks_and_line_ends_of_other_systems_are_left_out),
		cmocka_unit_test(what_is_no_text_is_named_with_its_line),
		cmocka_unit_test(what_cannot_be_read_is_said),
		cmocka_unit_test(languages_are_ours_and_the_operators),
	};
	return cmocka_run_group_tests_name("template/source", tests, start, stop);
}
