/* Files of "key = text". */
#include "../check.h"

#include "template/language.h"

static int read_words(struct arena *arena, struct text text, struct words *words_r, const char **why_r)
{
	const struct source source = {"language/xx.ini", text};
	return language_read(arena, &source, words_r, why_r);
}

static void keys_have_texts_of_any_length_and_content(void **state)
{
	struct words words;
	const char *why;
	char long_text[3000];
	memset(long_text, 'x', sizeof long_text);
	const struct text file = arena_printf(*state,
		"# comment\n"
		"\n"
		"  title =  Sign in; or: don't = # wait \n"
		"b_2=ü\n"
		"\t# = comment\n"
		"a = {{app}}\n"
		"long = %.*s",
		(int)sizeof long_text, long_text);
	assert_int_equal(read_words(*state, file, &words, &why), 0);
	assert_int_equal(words.count, 4);
	CHECK_STRING(language_find(&words, TEXT("title"))->text, "Sign in; or: don't = # wait");
	CHECK_STRING(language_find(&words, TEXT("b_2"))->text, "ü");
	CHECK_STRING(language_find(&words, TEXT("a"))->text, "{{app}}");
	CHECK_TEXT(language_find(&words, TEXT("long"))->text, text_bytes(long_text, sizeof long_text));
	assert_int_equal(language_find(&words, TEXT("title"))->line, 3);
	assert_int_equal(language_find(&words, TEXT("a"))->line, 6);
	assert_null(language_find(&words, TEXT("titl")));
	assert_null(language_find(&words, TEXT("")));
}

static void an_empty_file_has_no_words(void **state)
{
	struct words words;
	const char *why;
	assert_int_equal(read_words(*state, TEXT(""), &words, &why), 0);
	assert_null(language_find(&words, TEXT("a")));
}

static void what_is_no_line_of_words_is_named_with_its_line(void **state)
{
	static const struct {
		const char *text, *why;
	} CASES[] = {
		{"a = 1\nb\n", "language/xx.ini:2: a line must be \"key = text\", or begin with \"#\""},
		{"= 1", "language/xx.ini:1: a line must be \"key = text\", or begin with \"#\""},
		{"; a = 1", "language/xx.ini:1: a line must be \"key = text\", or begin with \"#\""},
		{"[a]", "language/xx.ini:1: a line must be \"key = text\", or begin with \"#\""},
		{"A = 1", "language/xx.ini:1: a line must be \"key = text\", or begin with \"#\""},
		{"a b = 1", "language/xx.ini:1: a line must be \"key = text\", or begin with \"#\""},
		{"\n\na =\n", "language/xx.ini:3: the key has no text"},
		{"a = 1\nb = 2\na = 3", "language/xx.ini:3: the key a stands in line 1 already"},
	};
	for (size_t i = 0; i < COUNT(CASES); i++) {
		struct words words;
		const char *why = NULL;
		assert_int_not_equal(read_words(*state, text_of(CASES[i].text), &words, &why), 0);
		assert_string_equal(why, CASES[i].why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CHECK_WITH_ARENA(keys_have_texts_of_any_length_and_content),
		CHECK_WITH_ARENA(an_empty_file_has_no_words),
		CHECK_WITH_ARENA(what_is_no_line_of_words_is_named_with_its_line),
	};
	return cmocka_run_group_tests_name("template/language", tests, NULL, NULL);
}
