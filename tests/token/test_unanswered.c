/* What the process remembers of refreshes whose commit got no answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "token/unanswered.h"

static const int64_t NOW = 1800000000000, MINUTE = 60 * 1000;

static void an_unanswered_request_is_known_for_ten_minutes(void **state)
{
	unanswered_add("req_01ARZ3NDEKTSV4RRFFQ69G5FAV", NOW);
	assert_true(unanswered_has(TEXT("req_01ARZ3NDEKTSV4RRFFQ69G5FAV"), NOW + 9 * MINUTE));
	assert_false(unanswered_has(TEXT("req_01ARZ3NDEKTSV4RRFFQ69G5FAV"), NOW + 10 * MINUTE));
}

static void nothing_else_is_known(void **state)
{
	assert_false(unanswered_has(TEXT("req_01ARZ3NDEKTSV4RRFFQ69G5FAW"), NOW));
	assert_false(unanswered_has(TEXT(""), NOW));
	assert_false(unanswered_has(TEXT_NONE, NOW));
}

static void the_memory_is_bounded_and_keeps_the_latest(void **state)
{
	char id[32];
	unanswered_add("req_first", NOW);
	for (int i = 0; i < 1024; i++) {
		snprintf(id, sizeof id, "req_%d", i);
		unanswered_add(id, NOW);
	}
	assert_false(unanswered_has(TEXT("req_first"), NOW));
	assert_true(unanswered_has(TEXT("req_0"), NOW));
	assert_true(unanswered_has(TEXT("req_1023"), NOW));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_unanswered_request_is_known_for_ten_minutes),
		cmocka_unit_test(nothing_else_is_known),
		cmocka_unit_test(the_memory_is_bounded_and_keeps_the_latest),
	};
	return cmocka_run_group_tests_name("unanswered", tests, NULL, NULL);
}
