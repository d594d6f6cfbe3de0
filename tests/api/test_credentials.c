/* What a request says about who sends it: HTTP Basic, the body, a bearer token. */
#include "../check.h"
#include "basic.h"

#include "api/body.h"
#include "api/credentials.h"

static int enter(void **state)
{
	*state = arena_new();
	body_enter(*state);
	return 0;
}

static int leave(void **state)
{
	body_leave();
	arena_free(*state);
	return 0;
}
#define WITH_BODY(test) cmocka_unit_test_setup_teardown(test, enter, leave)

/* header and body may be NULL. */
static struct credentials read(struct arena *arena, const char *header, const char *body)
{
	const struct http_field field = {TEXT("authorization"), text_of(header)};
	struct http_request request = {.fields = &field, .field_count = header ? 1 : 0};
	struct op *op = op_new(arena);
	struct credentials credentials = {0};
	json_t *json = json_object();
	const char *why;
	if (body && body_parse(text_of(body), &json, &why) != 0)
		fail_msg("%s: %s", body, why);
	op->request = &request;
	credentials_read(op, json, &credentials);
	return credentials;
}

static void an_app_names_itself_in_the_body_or_by_basic_or_both(void **state)
{
	struct credentials body = read(*state, NULL, "{\"app_id\":\"a\",\"app_secret\":\"s:t\"}");
	struct credentials header = read(*state, basic(*state, "a:s:t"), NULL);
	struct credentials both = read(*state, basic(*state, "a:s:t"), "{\"app_id\":\"a\",\"app_secret\":\"s:t\"}");
	struct credentials halves = read(*state, basic(*state, "a:s:t"), "{\"app_id\":\"a\"}");
	const struct credentials all[] = {body, header, both, halves};
	for (size_t i = 0; i < COUNT(all); i++) {
		CHECK_STRING(all[i].app_id, "a");
		CHECK_STRING(all[i].secret, "s:t");
		assert_true(all[i].has_secret);
		assert_false(all[i].broken);
		assert_true(text_absent(all[i].bearer));
	}
}

static void nothing_sent_is_nothing_claimed(void **state)
{
	static const char *const BODIES[] = {NULL, "{}", "{\"app_secret\":null}", "{\"app_id\":5}"};
	for (size_t i = 0; i < COUNT(BODIES); i++) {
		struct credentials credentials = read(*state, NULL, BODIES[i]);
		assert_true(text_absent(credentials.app_id) && text_absent(credentials.secret));
		assert_false(credentials.has_secret || credentials.broken);
	}
	assert_false(read(*state, NULL, "{\"app_id\":\"a\"}").has_secret);
	assert_false(read(*state, "Digest x", NULL).has_secret);
}

static void proof_that_contradicts_itself_is_broken(void **state)
{
	static const char *const BODIES[] = {"{\"app_id\":\"b\"}", "{\"app_secret\":\"t\"}", "{\"app_secret\":\"\"}",
		"{\"app_id\":\"A\"}", "{\"app_secret\":5}", "{\"app_secret\":[\"s\"]}"};
	for (size_t i = 0; i < COUNT(BODIES); i++) {
		struct credentials credentials = read(*state, basic(*state, "a:s"), BODIES[i]);
		if (!credentials.broken || !credentials.has_secret)
			fail_msg("row %zu", i);
	}
	struct credentials number = read(*state, NULL, "{\"app_id\":\"a\",\"app_secret\":5}");
	assert_true(number.has_secret && number.broken);
}

static void basic_that_cannot_be_read_is_broken_even_beside_a_right_body(void **state)
{
	static const char *const HEADERS[] = {
		"Basic", "Basic ", "basic %", "Basic YQ", "Basic YQ==", "Basic YTpz=", "Basic YTpz YTpz", "BASIC YTp_"};
	for (size_t i = 0; i < COUNT(HEADERS); i++) {
		struct credentials credentials = read(*state, HEADERS[i], "{\"app_id\":\"a\",\"app_secret\":\"s\"}");
		if (!credentials.broken || !credentials.has_secret)
			fail_msg("%s", HEADERS[i]);
	}
}

static void a_bearer_token_is_what_follows_its_scheme(void **state)
{
	CHECK_STRING(read(*state, "Bearer abc.def", NULL).bearer, "abc.def");
	CHECK_STRING(read(*state, "bEARER   abc", NULL).bearer, "abc");
	CHECK_STRING(read(*state, "Bearer", NULL).bearer, "");
	assert_true(text_absent(read(*state, "Bearerabc", NULL).bearer));
	assert_true(text_absent(read(*state, basic(*state, "a:s"), NULL).bearer));
}

static void an_app_named_by_basic_alone_is_put_into_the_body(void **state)
{
	struct credentials credentials = read(*state, basic(*state, "a:s"), NULL);
	json_t *json = json_object();
	credentials_fill(&credentials, json);
	assert_string_equal(json_string_value(json_object_get(json, "app_id")), "a");
	assert_null(json_object_get(json, "app_secret"));
	json_object_set_new_nocheck(json, "app_id", json_string("b"));
	credentials_fill(&credentials, json);
	assert_string_equal(json_string_value(json_object_get(json, "app_id")), "b");
	credentials.app_id = TEXT("\xff");
	json_object_clear(json);
	credentials_fill(&credentials, json);
	assert_null(json_object_get(json, "app_id"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_BODY(an_app_names_itself_in_the_body_or_by_basic_or_both),
		WITH_BODY(nothing_sent_is_nothing_claimed),
		WITH_BODY(proof_that_contradicts_itself_is_broken),
		WITH_BODY(basic_that_cannot_be_read_is_broken_even_beside_a_right_body),
		WITH_BODY(a_bearer_token_is_what_follows_its_scheme),
		WITH_BODY(an_app_named_by_basic_alone_is_put_into_the_body),
	};
	body_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
