#include "../check.h"

#include "app/color.h"

static struct color of(const char *text)
{
	struct color color;
	assert_int_equal(color_read(text_of(text), &color), 0);
	return color;
}

static void check_contrast(const char *a, const char *b, double expected)
{
	double got = color_contrast(of(a), of(b));
	if (got < expected - 0.01 || got > expected + 0.01 || got != color_contrast(of(b), of(a)))
		fail_msg("%s on %s: %f", a, b, got);
}

/* Figures of the tools that everybody checks with. */
static void contrast_is_that_of_wcag(void **state)
{
	check_contrast("#000000", "#ffffff", 21);
	check_contrast("#ffffff", "#ffffff", 1);
	check_contrast("#777777", "#ffffff", 4.48);
	check_contrast("#767676", "#ffffff", 4.54);
	check_contrast("#ff0000", "#ffffff", 4.00);
	check_contrast("#0000ff", "#ffffff", 8.59);
	check_contrast("#ffff00", "#000000", 19.56);
}

static void what_is_readable_stays_as_it_is(void **state)
{
	struct color blue = of("#1f5fbf"), kept = color_readable(blue, of("#ffffff"), 4.5);
	assert_memory_equal(&kept, &blue, sizeof blue);
}

/* The whole cube in steps, against light and dark: as little as needed, and what stands on it is readable too. */
static void any_color_becomes_readable(void **state)
{
	static const char *const GROUNDS[] = {"#f2f3f5", "#262b31"}, *const ON[] = {"#ffffff", "#000000"};
	for (int at = 0; at < 16 * 16 * 16; at++) {
		const struct color color = {
			(uint8_t)(at / 256 * 17), (uint8_t)(at / 16 % 16 * 17), (uint8_t)(at % 16 * 17)};
		for (size_t i = 0; i < COUNT(GROUNDS); i++) {
			struct color made = color_readable(color, of(GROUNDS[i]), 4.5);
			if (color_contrast(made, of(GROUNDS[i])) < 4.5 || color_contrast(made, of(ON[i])) < 4.5)
				fail_msg("%02x%02x%02x on %s", color.r, color.g, color.b, GROUNDS[i]);
		}
	}
}

static void what_is_no_color_is_refused(void **state)
{
	static const char *const BAD[] = {"", "#", "#fff", "1f5fbf", "#1f5fbg", "#1f5fbf0"};
	struct color color;
	for (size_t i = 0; i < COUNT(BAD); i++)
		assert_int_not_equal(color_read(text_of(BAD[i]), &color), 0);
	assert_int_not_equal(color_read(TEXT_NONE, &color), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(contrast_is_that_of_wcag),
		cmocka_unit_test(what_is_readable_stays_as_it_is),
		cmocka_unit_test(any_color_becomes_readable),
		cmocka_unit_test(what_is_no_color_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
