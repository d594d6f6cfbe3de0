#include "../check.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "net/tls.h"
#include "temporary.h"

static void a_certificate_says_until_when_it_holds(void **state)
{
	const char *why = NULL;
	const int64_t before = clock_now() / 1000 * 1000, day = 24 * 3600 * 1000LL;
	int64_t at = 0;
	assert_int_equal(tls_expires_at(temporary_cert(), &at, &why), 0);
	assert_in_range(at, before + day, clock_now() + day);
}

static void a_file_that_holds_none_is_named(void **state)
{
	const char *why = NULL;
	int64_t at = 7;
	assert_int_not_equal(tls_expires_at(temporary_path("nothing"), &at, &why), 0);
	assert_non_null(strstr(why, "nothing"));
	assert_int_not_equal(tls_expires_at(temporary_key(), &at, &why), 0);
	assert_int_equal(at, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_certificate_says_until_when_it_holds),
		cmocka_unit_test(a_file_that_holds_none_is_named),
	};
	return cmocka_run_group_tests_name("tls", tests, NULL, NULL);
}
