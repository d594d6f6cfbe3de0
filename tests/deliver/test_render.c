/* Values fill templates and stay values: they add no markup and no line. */
#include "../check.h"

#include "deliver/render.h"

static struct arena *arena;

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

static struct text render_app(struct text template, enum render_as as, struct text app)
{
	const struct render_value values[] = {{"code", TEXT("123456")}, {"app", app}};
	return render(arena, template, as, values, COUNT(values));
}

static void names_are_replaced_wherever_they_stand(void **state)
{
	CHECK_STRING(render_app(TEXT("{{app}}: {{code}}, {{app}}!"), RENDER_TEXT, TEXT("Shop")), "Shop: 123456, Shop!");
	CHECK_STRING(render_app(TEXT("{ no } names }}"), RENDER_TEXT, TEXT("Shop")), "{ no } names }}");
	CHECK_STRING(render_app(TEXT("{{app}}"), RENDER_TEXT, TEXT("")), "");
}

static void a_value_that_looks_like_a_name_stays_as_it_is(void **state)
{
	CHECK_STRING(render_app(TEXT("{{app}}"), RENDER_TEXT, TEXT("{{code}}")), "{{code}}");
}

static void values_in_html_are_no_markup(void **state)
{
	CHECK_STRING(render_app(TEXT("<b title=\"{{app}}\">{{code}}</b>"), RENDER_HTML, TEXT("<svg onload='x'>\"&")),
		"<b title=\"&lt;svg onload=&#39;x&#39;&gt;&quot;&amp;\">123456</b>");
	CHECK_STRING(render_app(TEXT("{{app}}"), RENDER_TEXT, TEXT("<b>&</b>")), "<b>&</b>");
}

static void a_value_adds_no_line(void **state)
{
	static const char *const ENDS[] = {"\r\n", "\n", "\r", "\v", "\f", "\x1b", "\x7f", "\xc2\x85", "\xe2\x80\xa8",
		"\xe2\x80\xa9", "\xe2\x80\xae", "\xe2\x81\xa6", "\xff", "\xc3"};
	for (size_t i = 0; i < COUNT(ENDS); i++) {
		const struct text line = render_line(arena, arena_printf(arena, "a%sb", ENDS[i]));
		assert_true(text_is_printable(line));
		assert_true(text_starts(line, TEXT("a ")));
		assert_int_equal(line.p[line.n - 1], 'b');
	}
	CHECK_STRING(render_line(arena, text_bytes("a\0b", 3)), "a b");
}

static void letters_of_all_scripts_are_kept(void **state)
{
	CHECK_STRING(render_line(arena, TEXT("Bäckerei „Krümel“ 日本 🍞")), "Bäckerei „Krümel“ 日本 🍞");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_replaced_wherever_they_stand),
		cmocka_unit_test(a_value_that_looks_like_a_name_stays_as_it_is),
		cmocka_unit_test(values_in_html_are_no_markup),
		cmocka_unit_test(a_value_adds_no_line),
		cmocka_unit_test(letters_of_all_scripts_are_kept),
	};
	return cmocka_run_group_tests_name("deliver/render", tests, make_arena, free_arena);
}
