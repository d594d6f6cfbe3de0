/* Where in HTML a value may stand: in content and in quoted attributes. */
#include "../check.h"

#include "template/markup.h"

static const char *refused(const char *html)
{
	struct markup markup = {0};
	markup_read(&markup, text_of(html));
	return markup_refuses_value(&markup);
}

static void values_stand_in_content_and_quoted_attributes(void **state)
{
	static const char *const GOOD[] = {"", "text ", "<p>", "<p>text", "<p title=\"", "<p title='", "<p title= \"a ",
		"<p title=\"it's ", "<p title='a\"", "<p title=\"\">", "<input checked>", "<br/>", "<br>a < b ", "1 <2",
		"<!doctype html>", "</p>", "<script src=\"x\"></script>", "<style>a > b { }</style>", "<scripted>",
		"<p data-x=\"<script>\">", "<SCRIPT>x</SCRIPT>", "<script>a < b</ script>"};
	for (size_t i = 0; i < COUNT(GOOD); i++)
		if (refused(GOOD[i]))
			fail_msg("%s: %s", GOOD[i], refused(GOOD[i]));
}

static void values_stand_nowhere_else(void **state)
{
	static const char *const BAD[] = {"<", "<p ", "<p", "</", "<p title=", "<p title= ", "<p title=a",
		"<p title=\"\" ", "<p 'a", "<p \"", "<!-- ", "<script>", "<script src=\"x\">", "<SCRIPT >x < y",
		"<style>", "<style>a > b", "<script>\"</p", "<script>'<"};
	for (size_t i = 0; i < COUNT(BAD); i++)
		if (!refused(BAD[i]))
			fail_msg("%s", BAD[i]);
	assert_string_equal(refused("<p title="), "a value in a tag must stand in quotes");
	assert_string_equal(refused("<script>"), "a value cannot stand in <script> or <style>");
}

static void text_may_come_in_pieces(void **state)
{
	static const char HTML[] = "<p title=\"a\" class='b'><script>c</script><em>";
	struct markup whole = {0}, pieces = {0};
	markup_read(&whole, text_of(HTML));
	for (size_t i = 0; i < sizeof HTML - 1; i++)
		markup_read(&pieces, text_bytes(HTML + i, 1));
	assert_int_equal(whole.state, MARKUP_CONTENT);
	assert_memory_equal(&whole, &pieces, sizeof whole);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_stand_in_content_and_quoted_attributes),
		cmocka_unit_test(values_stand_nowhere_else),
		cmocka_unit_test(text_may_come_in_pieces),
	};
	return cmocka_run_group_tests_name("template/markup", tests, NULL, NULL);
}
