/* The hash that goes ahead of a secret. */
#include "../check.h"

#include "core/pkce.h"

/* RFC 7636, appendix B */
#define VERIFIER TEXT("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
#define CHALLENGE TEXT("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")

static void the_verifier_of_the_rfc_fits_its_challenge_and_no_other(void **state)
{
	assert_true(pkce_fits(CHALLENGE, VERIFIER));
	assert_false(pkce_fits(CHALLENGE, TEXT("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXK")));
	assert_false(pkce_fits(CHALLENGE, CHALLENGE)); /* "plain" */
	assert_false(pkce_fits(TEXT("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cE"), VERIFIER));
	assert_false(pkce_fits(text_bytes(CHALLENGE.p, CHALLENGE.n - 1), VERIFIER));
}

static void a_verifier_comes_with_a_challenge_and_a_challenge_with_a_verifier(void **state)
{
	assert_true(pkce_fits(TEXT_NONE, TEXT_NONE));
	assert_true(pkce_fits(TEXT(""), TEXT_NONE));
	assert_false(pkce_fits(CHALLENGE, TEXT_NONE));
	assert_false(pkce_fits(CHALLENGE, TEXT("")));
	assert_false(pkce_fits(TEXT(""), VERIFIER));
	assert_false(pkce_fits(TEXT_NONE, VERIFIER));
}

static void a_challenge_is_32_bytes_as_base64url(void **state)
{
	assert_true(pkce_is_challenge(CHALLENGE));
	static const char *const BAD[] = {"", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c",
		"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cMA",
		"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM=", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM",
		"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c ",
		/* the last character holds two bits of nothing */
		"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cN"};
	for (size_t i = 0; i < COUNT(BAD); i++)
		if (pkce_is_challenge(text_of(BAD[i])))
			fail_msg("row %zu: %s", i, BAD[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_verifier_of_the_rfc_fits_its_challenge_and_no_other),
		cmocka_unit_test(a_verifier_comes_with_a_challenge_and_a_challenge_with_a_verifier),
		cmocka_unit_test(a_challenge_is_32_bytes_as_base64url),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
