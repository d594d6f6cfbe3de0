/* What is built in compiles in every language; values fill templates and stay values: they add no markup and no line. */
#include "../check.h"

#include "template/template.h"

static struct arena *arena;

static int start(void **state)
{
	const char *why = NULL;
	arena = arena_new();
	if (template_start("", &why) == 0)
		return 0;
	print_error("%s\n", why);
	return -1;
}

static int stop(void **state)
{
	template_stop();
	arena_free(arena);
	return 0;
}

static struct text render_app(enum template_id id, const char *language, struct text app)
{
	const struct template_value values[] = {{"code", TEXT("123456")}, {"app", app}};
	return template_render(arena, id, template_language(text_of(language)), values, COUNT(values));
}

static bool holds(struct text t, struct text part)
{
	return memmem(t.p, t.n, part.p, part.n) != NULL;
}

static void a_value_that_looks_like_a_name_stays_as_it_is(void **state)
{
	assert_true(
		holds(render_app(TEMPLATE_sms_otp, "en", TEXT("{{code}}")), TEXT("123456 is your code for {{code}},")));
}

static void values_in_html_are_no_markup(void **state)
{
	const struct text app = TEXT("<svg onload='x'>\"&");
	assert_true(holds(render_app(TEMPLATE_mail_otp_html, "en", app),
		TEXT("<title>Your code for &lt;svg onload=&#39;x&#39;&gt;&quot;&amp;</title>")));
	assert_true(holds(render_app(TEMPLATE_sms_otp, "en", app), TEXT("for <svg onload='x'>\"&,")));
}

static void a_value_adds_no_line(void **state)
{
	static const char *const ENDS[] = {"\r\n", "\n", "\r", "\v", "\f", "\x1b", "\x7f", "\xc2\x85", "\xe2\x80\xa8",
		"\xe2\x80\xa9", "\xe2\x80\xae", "\xe2\x81\xa6", "\xff", "\xc3"};
	for (size_t i = 0; i < COUNT(ENDS); i++) {
		const struct text value = arena_printf(arena, "a%sb", ENDS[i]), line = template_line(arena, value);
		assert_true(text_is_printable(line));
		assert_true(text_starts(line, TEXT("a ")));
		assert_int_equal(line.p[line.n - 1], 'b');
		assert_true(holds(render_app(TEMPLATE_sms_otp, "en", value), line));
		assert_true(holds(render_app(TEMPLATE_mail_otp_html, "en", value), line));
	}
	CHECK_STRING(template_line(arena, text_bytes("a\0b", 3)), "a b");
}

static void letters_of_all_scripts_are_kept(void **state)
{
	CHECK_STRING(template_line(arena, TEXT("Bäckerei „Krümel“ 日本 🍞")), "Bäckerei „Krümel“ 日本 🍞");
}

static void a_language_is_found_by_its_tags_first_part(void **state)
{
	static const char *const GERMAN[] = {"de", "DE", "de-AT", "de_CH", "de-Latn-DE-1996"};
	static const char *const ENGLISH[] = {"en", "en-GB", "d", "den", "fr", "x", "", "-", "de "};
	for (size_t i = 0; i < COUNT(GERMAN); i++)
		CHECK_STRING(template_tag(template_language(text_of(GERMAN[i]))), "de");
	for (size_t i = 0; i < COUNT(ENGLISH); i++)
		CHECK_STRING(template_tag(template_language(text_of(ENGLISH[i]))), "en");
	CHECK_STRING(template_tag(template_language(TEXT_NONE)), "en");
}

static void a_browser_gets_the_language_it_likes_best_of_ours(void **state)
{
	static const struct {
		const char *accept, *tag;
	} CASES[] = {
		{"de", "de"},
		{"de-AT,en;q=0.9", "de"},
		{"en;q=0.9,de", "de"},
		{"fr, de;q=0.5, en;q=0.4", "de"},
		{"fr, de;q=0.4, en;q=0.5", "en"},
		{"de;q=0", "en"},
		{"de;q=0.001, en;q=0", "de"},
		{"*, de;q=0.5", "en"},
		{"de ; q=1.000 , *;q=0.5", "de"},
		{"de, en", "de"},
		{"en, de", "en"},
		{"de;q=2, en;q=0.1", "en"},
		{"de;q=x, en;q=0.1", "en"},
		{"de;x=1, en;q=0.1", "en"},
		{",,;;,=", "en"},
		{"", "en"},
	};
	for (size_t i = 0; i < COUNT(CASES); i++)
		CHECK_TEXT(template_tag(template_accept(text_of(CASES[i].accept))), text_of(CASES[i].tag));
	CHECK_STRING(template_tag(template_accept(TEXT_NONE)), "en");
}

static void words_are_those_of_the_language(void **state)
{
	CHECK_STRING(template_words(template_language(TEXT("en")), "message_minutes"), "minutes");
	CHECK_STRING(template_words(template_language(TEXT("de")), "message_minutes"), "Minuten");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_that_looks_like_a_name_stays_as_it_is),
		cmocka_unit_test(values_in_html_are_no_markup),
		cmocka_unit_test(a_value_adds_no_line),
		cmocka_unit_test(letters_of_all_scripts_are_kept),
		cmocka_unit_test(a_language_is_found_by_its_tags_first_part),
		cmocka_unit_test(a_browser_gets_the_language_it_likes_best_of_ours),
		cmocka_unit_test(words_are_those_of_the_language),
	};
	return cmocka_run_group_tests_name("template/template", tests, start, stop);
}
