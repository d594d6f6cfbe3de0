/* What a lease must look like inside: headers, claims, entitlements. Everything here is rightly signed. */
#include "../check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "desk.h"

#define ALG "\"alg\":\"ES256\""
#define TYP "\"typ\":\"license+jwt\""
#define KID "\"kid\":\"lic_1\""

static enum keywright_result with_header(struct desk *desk, const char *header)
{
	return desk_judge_token(desk, maker_token(&desk->maker, header, MAKER_CLAIMS, strlen(MAKER_CLAIMS)));
}

static void a_header_says_what_the_server_would_have_written(void **state)
{
	static const char *const GOOD[] = {
		"{" ALG "," TYP "," KID "}",
		"{" KID "," TYP "," ALG "}",
		" { \"alg\" : \"ES256\" ,\n" TYP ",\t" KID "\r}\n",
		"{\"al\\u0067\":\"ES256\"," TYP "," KID "}",
	};
	static const char *const BAD[] = {"", "{}", "[]", "null", "\"ES256\"", "{" ALG "," TYP "}", "{" ALG "," KID "}",
		"{" TYP "," KID "}", "{\"alg\":\"none\"," TYP "," KID "}", "{\"alg\":\"HS256\"," TYP "," KID "}",
		"{\"alg\":\"ES384\"," TYP "," KID "}", "{\"alg\":\"es256\"," TYP "," KID "}",
		"{\"alg\":null," TYP "," KID "}", "{" ALG ",\"typ\":\"at+jwt\"," KID "}",
		"{" ALG ",\"typ\":\"JWT\"," KID "}", "{" ALG ",\"typ\":\"LICENSE+JWT\"," KID "}",
		"{" ALG "," TYP ",\"kid\":1}", "{" ALG "," TYP "," KID ",\"crit\":\"exp\"}",
		"{" ALG "," TYP "," KID ",\"jku\":\"https://example.com\"}", "{" ALG "," TYP "," KID ",\"jwk\":{}}",
		"{" ALG "," TYP "," KID ",\"b64\":false}", "{" ALG "," TYP "," KID "," KID "}",
		"{" ALG "," ALG "," KID "}", "{" ALG "," TYP "," KID "} {}", "{" ALG "," TYP "," KID "}x",
		"{" ALG "," TYP "," KID ",}", "{" ALG " " TYP "," KID "}", "\xef\xbb\xbf{" ALG "," TYP "," KID "}",
		"{\"x\":{" ALG "," TYP "," KID "}}"};
	struct desk *desk = *state;
	for (size_t i = 0; i < COUNT(GOOD); i++)
		assert_int_equal(with_header(desk, GOOD[i]), KEYWRIGHT_OK);
	for (size_t i = 0; i < COUNT(BAD); i++)
		if (with_header(desk, BAD[i]) != KEYWRIGHT_MALFORMED)
			fail_msg("row %zu: %s", i, BAD[i]);
	assert_int_equal(with_header(desk, "{" ALG "," TYP ",\"kid\":\"\"}"), KEYWRIGHT_UNKNOWN_KEY);
	assert_int_equal(with_header(desk, "{" ALG "," TYP ",\"kid\":\"lic_\"}"), KEYWRIGHT_UNKNOWN_KEY);
	assert_int_equal(with_header(desk, "{" ALG "," TYP ",\"kid\":\"lic_11\"}"), KEYWRIGHT_UNKNOWN_KEY);
}

static void a_header_of_more_than_256_bytes_is_none(void **state)
{
	struct desk *desk = *state;
	char header[258];
	for (size_t n = 255; n <= 257; n++) {
		assert_int_equal(snprintf(header, sizeof header, "%-*s", (int)n, MAKER_HEADER), n);
		assert_int_equal(with_header(desk, header), n <= 256 ? KEYWRIGHT_OK : KEYWRIGHT_MALFORMED);
	}
}

static void no_claim_may_be_missing_or_odd(void **state)
{
	static const char *const CLAIMS[] = {"sub", "aud", "device", "aid", "iat", "nbf", "exp", "refresh_after"};
	static const char *const TIMES[] = {"-1", "1.5", "1e6", "1000000.0", "\"1000000\"", "253402300800",
		"9007199254740993", "1000000000000000000000", "true", "null", "01000000", "+1", "0x10", "1000000 0"};
	struct desk *desk = *state;
	char piece[40], by[80];
	for (size_t i = 0; i < COUNT(CLAIMS); i++) {
		snprintf(piece, sizeof piece, "\"%s\":", CLAIMS[i]);
		/* under another name it is an unknown one, which is passed over */
		snprintf(by, sizeof by, "\"%s2\":", CLAIMS[i]);
		assert_int_equal(desk_judge_changed(desk, piece, by), KEYWRIGHT_MALFORMED);
		snprintf(by, sizeof by, "\"%s\":null,\"%s\":", CLAIMS[i], CLAIMS[i]);
		assert_int_equal(desk_judge_changed(desk, piece, by), KEYWRIGHT_MALFORMED);
	}
	for (size_t i = 0; i < COUNT(TIMES); i++) {
		snprintf(by, sizeof by, "\"iat\":%s,", TIMES[i]);
		if (desk_judge_changed(desk, "\"iat\":1000000,", by) != KEYWRIGHT_MALFORMED)
			fail_msg("row %zu: %s", i, by);
	}
	assert_int_equal(desk_judge_changed(desk, "\"exp\":1604800", "\"exp\":253402300799"), KEYWRIGHT_OK);
	assert_int_equal(desk->lease.expires_at, 253402300799);
	assert_int_equal(desk_judge_changed(desk, "\"aud\":\"app-1\"", "\"aud\":[\"app-1\"]"), KEYWRIGHT_MALFORMED);
	assert_int_equal(desk_judge_changed(desk, "0197a1c2-0000-7000-8000-000000000001", ""), KEYWRIGHT_MALFORMED);
	assert_int_equal(desk_judge_changed(desk, "0197a1c2-0000-7000-8000-000000000002",
				 "0197a1c2-0000-7000-8000-000000000002-7890"),
		KEYWRIGHT_MALFORMED);
	assert_int_equal(desk_judge_changed(desk, "\"iss\":\"https://auth.example.com\",", ""), KEYWRIGHT_OK);
	assert_int_equal(desk_judge_changed(desk, "\"iss\":", "\"new\":false,\"iss\":"), KEYWRIGHT_OK);
}

static void claims_that_are_not_one_json_object_are_refused(void **state)
{
	static const char *const BAD[] = {"", " ", "{", "}", "[]", "[{}]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}",
		"{a:1}", "{'a':1}", "{\"a\":1}}", "{\"a\":1} x", "{\"a\":1 \"b\":2}", "{\"a\":tru}", "{\"a\":True}",
		"{\"a\":nul}", "{\"a\":NaN}", "{\"a\":-}", "{\"a\":.5}", "{\"a\":1.}", "{\"a\":1e}", "{\"a\":1e+}",
		"{\"a\":00}", "{\"a\":-01}", "{\"a\":1e999}", "{\"a\":\"x}", "{\"a\":\"\\x\"}", "{\"a\":\"\\u12\"}",
		"{\"a\":\"\\ud800\"}", "{\"a\":\"\\udc00\"}", "{\"a\":\"\\ud800\\u0041\"}", "{\"a\":\"\\u0000\"}",
		"{\"a\":\"\n\"}", "{\"a\":\"\x1f\"}", "{\"a\":\"\x80\"}", "{\"a\":\"\xc0\xaf\"}", "{\"a\":\"\xc3\"}",
		"{\"a\":\"\xe0\x80\x80\"}", "{\"a\":\"\xed\xa0\x80\"}", "{\"a\":\"\xf0\x8f\xbf\xbf\"}",
		"{\"a\":\"\xf4\x90\x80\x80\"}", "{\"a\":\"\xf8\x88\x80\x80\x80\"}", "{\"a\":[]}", "{\"a\":{}}",
		"{\"a\":1}/**/", "\xef\xbb\xbf{}"};
	struct desk *desk = *state;
	for (size_t i = 0; i < COUNT(BAD); i++) {
		if (desk_judge_token(desk, maker_lease(&desk->maker, BAD[i])) != KEYWRIGHT_MALFORMED)
			fail_msg("row %zu: %s", i, BAD[i]);
		/* the same in a lease where nothing else is wrong */
		char *member, *claims;
		const size_t n = strlen(BAD[i]);
		if (n < 6 || strncmp(BAD[i], "{\"a\":", 5) != 0 || BAD[i][n - 1] != '}')
			continue;
		assert_true(asprintf(&member, "%.*s,\"iss\":", (int)n - 2, BAD[i] + 1) > 0);
		claims = maker_claims("\"iss\":", member);
		if (desk_judge_token(desk, maker_lease(&desk->maker, claims)) != KEYWRIGHT_MALFORMED)
			fail_msg("row %zu: %s", i, claims);
		free(member);
		free(claims);
	}
	assert_int_equal(
		desk_judge_changed(desk, "\"iss\":", "\"a\":\"\\ud83d\\ude00 \\\"\\\\\\/\\b\\f\\n\\r\\t\",\"iss\":"),
		KEYWRIGHT_OK);
}

/* The reader works up to a NUL: nothing may hide behind one. */
static void nothing_stands_behind_the_claims(void **state)
{
	static const char *const BEHIND[] = {" {}", "x", ",", "}", "\"", " \xff"};
	struct desk *desk = *state;
	char *claims;
	for (size_t i = 0; i < COUNT(BEHIND); i++) {
		assert_true(asprintf(&claims, "%s%s", MAKER_CLAIMS, BEHIND[i]) > 0);
		assert_int_equal(desk_judge_token(desk, maker_lease(&desk->maker, claims)), KEYWRIGHT_MALFORMED);
		free(claims);
	}
	const size_t n = strlen(MAKER_CLAIMS);
	assert_int_equal(desk_judge_token(desk, maker_token(&desk->maker, MAKER_HEADER, MAKER_CLAIMS, n + 1)),
		KEYWRIGHT_MALFORMED);
	assert_int_equal(
		desk_judge_token(desk, maker_token(&desk->maker, MAKER_HEADER, MAKER_CLAIMS, n)), KEYWRIGHT_OK);
}

/* Each lease has one spelling, even to who can sign others. */
static void base64url_is_read_in_its_canonical_form_alone(void **state)
{
	static const char *const BEHIND[] = {"A", "AA", "=", "==", "B", "\n", "+", "/"};
	struct desk *desk = *state;
	char *header = maker_base64url(MAKER_HEADER, strlen(MAKER_HEADER)), *data;
	/* blanks behind the claims, so that they end at each place of a group of four characters */
	for (int blanks = 0; blanks < 3; blanks++) {
		char *claims, *encoded;
		assert_true(asprintf(&claims, "%s%*s", MAKER_CLAIMS, blanks, "") > 0);
		encoded = maker_base64url(claims, strlen(claims));
		for (size_t i = 0; i < COUNT(BEHIND); i++) {
			assert_true(asprintf(&data, "%s.%s%s", header, encoded, BEHIND[i]) > 0);
			assert_int_equal(desk_judge_token(desk, maker_signed(&desk->maker, data)), KEYWRIGHT_MALFORMED);
			free(data);
		}
		/* bits of nothing in the last character; where it has none, another byte */
		char *last = encoded + strlen(encoded) - 1;
		*last = (char)(*last + 1);
		assert_true(asprintf(&data, "%s.%s", header, encoded) > 0);
		assert_int_equal(desk_judge_token(desk, maker_signed(&desk->maker, data)), KEYWRIGHT_MALFORMED);
		free(data);
		free(claims);
		free(encoded);
	}
	free(header);
}

static void depth_is_no_bomb(void **state)
{
	struct desk *desk = *state;
	char deep[5001];
	for (const char *bracket = "[{"; *bracket; bracket++) {
		memset(deep, *bracket, sizeof deep - 1);
		deep[sizeof deep - 1] = '\0';
		assert_int_equal(desk_judge_token(desk, maker_lease(&desk->maker, deep)), KEYWRIGHT_MALFORMED);
	}
	assert_int_equal(desk_judge_changed(desk, "\"pro\":true", "\"pro\":{\"a\":1}"), KEYWRIGHT_MALFORMED);
	assert_int_equal(desk_judge_changed(desk, "\"pro\":true", "\"ent\":{}"), KEYWRIGHT_MALFORMED);
}

static void entitlements_are_read_by_name_and_type(void **state)
{
	struct desk *desk = *state;
	double number = 77;
	assert_int_equal(desk_judge_token(desk, maker_lease(&desk->maker, MAKER_CLAIMS)), KEYWRIGHT_OK);
	const struct keywright_lease copied = desk->lease, *lease = &copied;
	assert_true(keywright_lease_flag(lease, "pro"));
	assert_false(keywright_lease_flag(lease, "seats"));
	assert_false(keywright_lease_flag(lease, "tier"));
	assert_false(keywright_lease_flag(lease, "Pro"));
	assert_false(keywright_lease_flag(lease, ""));
	assert_false(keywright_lease_flag(lease, "sub")); /* a claim is no entitlement */
	assert_false(keywright_lease_number(lease, "pro", &number));
	assert_true(number == 77);
	assert_true(keywright_lease_number(lease, "seats", &number) && number == 5);
	assert_true(keywright_lease_number(lease, "ratio", &number) && number == 0.25);
	assert_string_equal(keywright_lease_text(lease, "tier"), "gold");
	assert_null(keywright_lease_text(lease, "pro"));
	assert_null(keywright_lease_text(lease, "license"));
	static const char *const NAMES[] = {"pro", "seats", "ratio", "tier"};
	for (size_t i = 0; i < COUNT(NAMES); i++)
		assert_string_equal(keywright_lease_name(lease, i), NAMES[i]);
	assert_null(keywright_lease_name(lease, COUNT(NAMES)));
}

static void a_lease_may_have_no_entitlements(void **state)
{
	struct desk *desk = *state;
	const char *ent = "\"ent\":{\"pro\":true,\"seats\":5,\"ratio\":0.25,\"tier\":\"gold\"},";
	assert_int_equal(desk_judge_changed(desk, ent, ""), KEYWRIGHT_OK);
	assert_null(keywright_lease_name(&desk->lease, 0));
	assert_int_equal(desk_judge_changed(desk, ent, "\"ent\":{ },"), KEYWRIGHT_OK);
	assert_null(keywright_lease_name(&desk->lease, 0));
	static const char *const BAD[] = {"\"ent\":null,", "\"ent\":[],", "\"ent\":true,", "\"ent\":\"{}\",",
		"\"ent\":{},\"ent\":{},", "\"ent\":{\"a\":false},", "\"ent\":{\"a\":null},", "\"ent\":{\"a\":[]},",
		"\"ent\":{\"a\":1,\"a\":1},", "\"ent\":{\"a\":1,\"\\u0061\":1},"};
	for (size_t i = 0; i < COUNT(BAD); i++)
		if (desk_judge_changed(desk, ent, BAD[i]) != KEYWRIGHT_MALFORMED)
			fail_msg("row %zu: %s", i, BAD[i]);
}

static void texts_are_decoded(void **state)
{
	struct desk *desk = *state;
	assert_int_equal(desk_judge_changed(desk, "\"gold\"",
				 "\"\\u00e4\\u20ac\\ud83d\\ude00 \\\"\\\\\\/\\b\\f\\n\\r\\t\xc3\xa4\""),
		KEYWRIGHT_OK);
	assert_string_equal(keywright_lease_text(&desk->lease, "tier"),
		"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80 \"\\/\b\f\n\r\t\xc3\xa4");
	assert_int_equal(desk_judge_changed(desk, "\"tier\"", "\"\\u0074ier\""), KEYWRIGHT_OK);
	assert_string_equal(keywright_lease_text(&desk->lease, "tier"), "gold");
}

static void numbers_are_right_to_15_digits(void **state)
{
	static const char *const NUMBERS[] = {"0", "-0", "1", "-1", "999999999999999", "-999999999999999",
		"9007199254740993", "123456789012345678901234567890", "0.1", "0.10000000000000001", "-2.5", "1e3",
		"1E+3", "1e-3", "123.456e-7", "1e22", "1e23", "2.2250738585072014e-250", "1.7976931348623157e250",
		"1e250", "0.000000000000000000000000000001", "1e00002", "3.141592653589793238462643383279"};
	struct desk *desk = *state;
	for (size_t i = 0; i < COUNT(NUMBERS); i++) {
		double number = 77;
		const double expected = strtod(NUMBERS[i], NULL);
		char by[80];
		snprintf(by, sizeof by, ":%s,", NUMBERS[i]);
		assert_int_equal(desk_judge_changed(desk, ":5,", by), KEYWRIGHT_OK);
		assert_true(keywright_lease_number(&desk->lease, "seats", &number));
		if (!(fabs(number - expected) <= fabs(expected) * 1e-15))
			fail_msg("%s is %.17g", NUMBERS[i], number);
	}
	static const char *const BAD[] = {":1e251,", ":1e-251,", ":1e99999999999999999999,", ":Infinity,"};
	for (size_t i = 0; i < COUNT(BAD); i++)
		assert_int_equal(desk_judge_changed(desk, ":5,", BAD[i]), KEYWRIGHT_MALFORMED);
}

/* MAKER_CLAIMS with n entitlements "000":1, "001":1, … */
static enum keywright_result with_entitlements(struct desk *desk, int n)
{
	char by[4096] = "";
	for (int i = 0; i < n; i++)
		snprintf(by + strlen(by), sizeof by - strlen(by), "\"%03d\":1,", i);
	strcat(by, "\"seats\":5");
	return desk_judge_changed(desk, "\"seats\":5", by);
}

static void there_may_be_192_entitlements_and_4096_characters(void **state)
{
	struct desk *desk = *state;
	double number;
	assert_int_equal(with_entitlements(desk, KEYWRIGHT_ENTITLEMENTS_MAX - 4), KEYWRIGHT_OK);
	assert_true(keywright_lease_number(&desk->lease, "187", &number));
	assert_int_equal(with_entitlements(desk, KEYWRIGHT_ENTITLEMENTS_MAX - 3), KEYWRIGHT_MALFORMED);

	size_t fitting = 0, others = 0;
	for (int n = 2000; n < 3000; n++) {
		char tier[3003];
		snprintf(tier, sizeof tier, "\"%0*d\"", n, 0);
		char *claims = maker_claims("\"gold\"", tier), *token = maker_lease(&desk->maker, claims);
		const bool fits = strlen(token) <= KEYWRIGHT_LEASE_MAX;
		assert_int_equal(desk_judge_token(desk, token), fits ? KEYWRIGHT_OK : KEYWRIGHT_MALFORMED);
		free(claims);
		fitting += fits;
		others += !fits;
	}
	assert_true(fitting > 100 && others > 100);
}

#define WITH_DESK(test) cmocka_unit_test_setup_teardown(test, desk_set_up, desk_tear_down)
int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_DESK(a_header_says_what_the_server_would_have_written),
		WITH_DESK(a_header_of_more_than_256_bytes_is_none),
		WITH_DESK(no_claim_may_be_missing_or_odd),
		WITH_DESK(claims_that_are_not_one_json_object_are_refused),
		WITH_DESK(nothing_stands_behind_the_claims),
		WITH_DESK(base64url_is_read_in_its_canonical_form_alone),
		WITH_DESK(depth_is_no_bomb),
		WITH_DESK(entitlements_are_read_by_name_and_type),
		WITH_DESK(a_lease_may_have_no_entitlements),
		WITH_DESK(texts_are_decoded),
		WITH_DESK(numbers_are_right_to_15_digits),
		WITH_DESK(there_may_be_192_entitlements_and_4096_characters),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
