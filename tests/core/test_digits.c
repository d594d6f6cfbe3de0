/* Codes as people type and read them. */
#include "../check.h"

#include "core/digits.h"

static void spaces_and_dashes_are_no_part_of_digits(void **state)
{
	static const struct {
		const char *typed, *digits;
	} ROWS[] = {
		{"12345678", "12345678"},
		{"1234 5678", "12345678"},
		{" 1234-5678 ", "12345678"},
		{"0", "0"},
		{"- 0 -", "0"},
		{"", NULL},
		{" - ", NULL},
		{"1234567a", NULL},
		{"+1234567", NULL},
		{"1234\t5678", NULL},
		{"12.34", NULL},
		{"\xef\xbc\x91", NULL}, /* a full-width 1 */
		{"kwx_12345678", NULL},
	};
	for (size_t i = 0; i < COUNT(ROWS); i++)
		CHECK_TEXT(digits_typed(*state, text_of(ROWS[i].typed)), text_of(ROWS[i].digits));
}

static void digits_are_shown_in_even_groups(void **state)
{
	CHECK_STRING(digits_grouped(*state, TEXT("12345678")), "1234 5678");
	CHECK_STRING(digits_grouped(*state, TEXT("123456789")), "123 456 789");
	CHECK_STRING(digits_grouped(*state, TEXT("1234567890")), "1234 567 890");
	CHECK_STRING(digits_grouped(*state, TEXT("12345678901")), "1234 5678 901");
	CHECK_STRING(digits_grouped(*state, TEXT("123456789012")), "1234 5678 9012");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CHECK_WITH_ARENA(spaces_and_dashes_are_no_part_of_digits),
		CHECK_WITH_ARENA(digits_are_shown_in_even_groups),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
