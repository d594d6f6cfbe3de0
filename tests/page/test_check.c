/* Codes as people type them. */
#include "../check.h"

#include "page/check.h"

static void blanks_and_dashes_do_not_matter_and_nothing_else_is_forgiven(void **state)
{
	static const struct {
		const char *typed, *digits;
	} ROWS[] = {
		{"12345678", "12345678"},
		{"1234 5678", "12345678"},
		{" 12-34-56 ", "123456"},
		{"7", "7"},
		{"", NULL},
		{" - ", NULL},
		{"12a4", NULL},
		{"+1234", NULL},
		{"12.34", NULL},
		{"\xd9\xa1\xd9\xa2", NULL},
	};
	for (size_t i = 0; i < COUNT(ROWS); i++)
		CHECK_TEXT(check_digits(*state, text_of(ROWS[i].typed)), text_of(ROWS[i].digits));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CHECK_WITH_ARENA(blanks_and_dashes_do_not_matter_and_nothing_else_is_forgiven),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
