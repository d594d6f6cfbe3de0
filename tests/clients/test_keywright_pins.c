/* Which keys a program takes from its copy of the JWKS. */
#include "../check.h"

#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>

#include "keywright_license.h"
#include "maker.h"

static int set_up(void **state)
{
	static struct maker maker;
	maker_init(&maker);
	*state = &maker;
	return 0;
}

static int tear_down(void **state)
{
	maker_done(*state);
	return 0;
}

/* How many keys are taken; 0: refused, and *pins is as it was. Frees the text. */
static size_t taken(char *jwks, struct keywright_pins *pins)
{
	struct keywright_pins before;
	memset(pins, 0x5a, sizeof *pins);
	before = *pins;
	const bool read = keywright_pins_read(jwks, strlen(jwks), pins);
	free(jwks);
	if (read) {
		assert_in_range(pins->count, 1, KEYWRIGHT_PINS_MAX);
		return pins->count;
	}
	assert_memory_equal(pins, &before, sizeof before);
	return 0;
}

static char *keys(const char *jwk, const char *more)
{
	char *jwks;
	assert_true(asprintf(&jwks, "{\"keys\":[%s%s]}", jwk, more) > 0);
	return jwks;
}

static void keys_of_leases_are_taken_and_others_passed_over(void **state)
{
	struct keywright_pins pins;
	char *signin = maker_jwk(*state, "key_7"), *first = maker_jwk(*state, "lic_1"),
	     *second = maker_jwk(*state, "lic_2");
	char *jwks;
	assert_true(
		asprintf(&jwks,
			" {\"keys\": [%s,\n%s, {\"kty\":\"OKP\"}, {\"kty\":\"RSA\",\"kid\":\"LIC_3\"}, {}, %s ] }\n",
			signin, first, second) > 0);
	assert_int_equal(taken(jwks, &pins), 2);
	assert_string_equal(pins.pin[0].kid, "lic_1");
	assert_string_equal(pins.pin[1].kid, "lic_2");
	assert_memory_equal(pins.pin[0].x, pins.pin[1].x, 32);
	assert_memory_not_equal(pins.pin[0].x, pins.pin[0].y, 32);
	assert_int_equal(taken(keys(signin, ""), &pins), 0);
	free(signin);
	free(first);
	free(second);
}

static void a_key_that_is_odd_refuses_the_whole(void **state)
{
	static const struct {
		const char *piece, *by;
	} ROWS[] = {
		{"\"EC\"", "\"RSA\""}, {"\"P-256\"", "\"P-384\""}, {"\"sig\"", "\"enc\""}, {"\"ES256\"", "\"ES384\""},
		{"\"kty\":\"EC\",", ""}, {"\"alg\":\"ES256\",", ""}, {"\"x\":\"", "\"x\":\"A"},
		{"\"x\":\"", "\"x\":1,\"z\":\""}, {"\"y\":\"", "\"y\":\"\",\"z\":\""},
		{"\"lic_1\"", "\"lic_1\",\"kid\":\"lic_1\""}, {"\"lic_1\"", "\"lic_1\",\"a\":[]"},
		{"\"lic_1\"", "\"lic_1\",\"a\":{}"},
		{"\"lic_1\"", "\"lic_01234567890123456789012345678901234567\""}, /* 42 characters */
	};
	struct keywright_pins pins;
	char *jwk = maker_jwk(*state, "lic_1");
	assert_int_equal(taken(keys(jwk, ""), &pins), 1);
	for (size_t i = 0; i < COUNT(ROWS); i++) {
		const char *found = strstr(jwk, ROWS[i].piece);
		char *changed;
		assert_non_null(found);
		assert_true(asprintf(&changed, "%.*s%s%s", (int)(found - jwk), jwk, ROWS[i].by,
				    found + strlen(ROWS[i].piece)) > 0);
		if (taken(keys(changed, ""), &pins) != 0)
			fail_msg("row %zu", i);
		free(changed);
	}
	/* twice the same kid */
	char *again;
	assert_true(asprintf(&again, ",%s", jwk) > 0);
	assert_int_equal(taken(keys(jwk, again), &pins), 0);
	free(again);
	free(jwk);
}

static void a_point_that_is_not_on_the_curve_is_refused_and_leaves_no_error(void **state)
{
	struct keywright_pins pins;
	char *jwk = maker_jwk(*state, "lic_1"), *x = strstr(jwk, "\"x\":\"") + 5;
	ERR_clear_error();
	*x = *x == 'A' ? 'B' : 'A';
	/* about half of all x have a point, but never this y */
	assert_int_equal(taken(keys(jwk, ""), &pins), 0);
	memset(x, 'A', 43);
	memset(strstr(jwk, "\"y\":\"") + 5, 'A', 43);
	assert_int_equal(taken(keys(jwk, ""), &pins), 0);
	assert_int_equal(ERR_get_error(), 0);
	free(jwk);
}

static void what_is_no_jwks_is_refused(void **state)
{
	static const char *const BAD[] = {"", " ", "{}", "[]", "{\"keys\":[]}", "{\"keys\":{}}", "{\"keys\":[{}]}",
		"{\"keys\":[", "{\"key\":[%s]}", "{\"keys\":[%s]", "{\"keys\":[%s}", "{\"keys\":[%s,]}",
		"{\"keys\":[%s]}x", "{\"keys\":[%s],\"a\":1}", "{\"keys\":[%s]}{}", "{\"keys\":[[%s]]}", "%s", "[%s]"};
	struct keywright_pins pins;
	char *jwk = maker_jwk(*state, "lic_1");
	for (size_t i = 0; i < COUNT(BAD); i++) {
		const char *place = strstr(BAD[i], "%s");
		const int n = (int)(place ? (size_t)(place - BAD[i]) : strlen(BAD[i]));
		char *jwks;
		assert_true(asprintf(&jwks, "%.*s%s%s", n, BAD[i], place ? jwk : "", place ? place + 2 : "") >= 0);
		if (taken(jwks, &pins) != 0)
			fail_msg("row %zu: %s", i, BAD[i]);
	}
	char *jwks = keys(jwk, "");
	assert_false(keywright_pins_read(jwks, strlen(jwks) + 1, &pins)); /* its NUL */
	assert_false(keywright_pins_read(NULL, 0, &pins));
	free(jwks);
	free(jwk);
}

static void sixteen_keys_are_taken_and_no_more(void **state)
{
	struct keywright_pins pins;
	for (int n = KEYWRIGHT_PINS_MAX; n <= KEYWRIGHT_PINS_MAX + 1; n++) {
		char *jwks = keys("{}", "");
		for (int i = 0; i < n; i++) {
			char kid[16], *longer;
			snprintf(kid, sizeof kid, "lic_%d", i);
			char *jwk = maker_jwk(*state, kid);
			assert_true(asprintf(&longer, "%.*s,%s]}", (int)strlen(jwks) - 2, jwks, jwk) > 0);
			free(jwk);
			free(jwks);
			jwks = longer;
		}
		assert_int_equal(taken(jwks, &pins), n <= KEYWRIGHT_PINS_MAX ? n : 0);
	}
	/* 8192 bytes of text, blanks included */
	for (int n = KEYWRIGHT_JWKS_MAX; n <= KEYWRIGHT_JWKS_MAX + 1; n++) {
		char *jwk = maker_jwk(*state, "lic_1"), *jwks = keys(jwk, ""), *padded;
		assert_true(asprintf(&padded, "%-*s", n, jwks) == n);
		assert_int_equal(taken(padded, &pins), n <= KEYWRIGHT_JWKS_MAX);
		free(jwk);
		free(jwks);
	}
}

#define WITH_KEY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_KEY(keys_of_leases_are_taken_and_others_passed_over),
		WITH_KEY(a_key_that_is_odd_refuses_the_whole),
		WITH_KEY(a_point_that_is_not_on_the_curve_is_refused_and_leaves_no_error),
		WITH_KEY(what_is_no_jwks_is_refused),
		WITH_KEY(sixteen_keys_are_taken_and_no_more),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
