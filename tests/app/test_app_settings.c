#include "../check.h"

#include "app/app_settings.h"

static void an_origin_is_scheme_host_and_port_as_browsers_send_it(void **state)
{
	static const char *const GOOD[] = {"https://app.example", "https://app.example:8443", "http://localhost:3000",
		"https://[2001:db8::1]:8443", "https://xn--bcher-kva.example"};
	static const struct text BAD[] = {{"", 0}, {"https://", 8}, {"null", 4}, {"*", 1}, {"app.example", 11},
		{"https://App.example", 19}, {"HTTPS://app.example", 19}, {"https://app.example/", 20},
		{"https://a@b.example", 19}, {"https://app.example?x", 21}, {"https://app.example ", 20},
		{"https://*.example", 17}, {"ftp://app.example", 17}, {"https://app\0.example", 20},
		{"javascript:alert(1)", 19},
		{"https://b\xc3\xbc"
		 "cher.example",
			22}};
	for (size_t i = 0; i < COUNT(GOOD); i++)
		assert_true(app_settings_is_origin(text_of(GOOD[i])));
	for (size_t i = 0; i < COUNT(BAD); i++)
		if (app_settings_is_origin(BAD[i]))
			fail_msg("accepted: %.*s", TEXT_ARG(BAD[i]));
}

static void what_was_written_is_read_again(void **state)
{
	static const struct text ORIGINS[] = {{"https://a.example", 17}, {"https://b.example", 17}},
				 PURPOSES[] = {{"login", 5}}, REDIRECTS[] = {{"https://a.example/cb", 20}};
	const struct app_settings written = {.color = {"#0b57d0", 7},
		.redirect_uris = {REDIRECTS, 1},
		.allowed_origins = {ORIGINS, 2},
		.require_secret = true,
		.link_target = {"app", 3},
		.bind_links = true,
		.signup = {"closed", 6},
		.session_purposes = {PURPOSES, 1},
		.license_prefix = {"ACME", 4},
		.accept_custom_keys = true,
		.lease_debt = true};
	struct text json = app_settings_write(*state, &written);
	CHECK_STRING(json, "{\"color\":\"#0b57d0\",\"logo\":null,\"redirect_uris\":[\"https://a.example/cb\"],"
			   "\"allowed_origins\":[\"https://a.example\",\"https://b.example\"],\"require_secret\":true,"
			   "\"require_pkce\":false,\"link_target\":\"app\",\"bind_links\":true,"
			   "\"signup\":\"closed\",\"session_purposes\":[\"login\"],"
			   "\"license_prefix\":\"ACME\",\"accept_custom_keys\":true,\"lease_debt\":true}");
	struct app_settings read;
	assert_int_equal(app_settings_read(*state, json, &read), 0);
	CHECK_TEXT(app_settings_write(*state, &read), json);
}

static void absent_members_are_standard(void **state)
{
	struct app_settings read;
	assert_int_equal(app_settings_read(*state, TEXT("{\"of_a_later_version\":1}"), &read), 0);
	CHECK_TEXT(app_settings_write(*state, &read), app_settings_write(*state, &APP_SETTINGS_STANDARD));
	CHECK_STRING(read.signup, "open");
	CHECK_STRING(read.link_target, "hosted");
	assert_true(read.require_pkce);
	assert_false(read.bind_links);
	assert_true(text_absent(read.color));
	assert_int_equal(read.redirect_uris.count, 0);
	assert_int_equal(read.session_purposes.count, 2);
	CHECK_STRING(read.license_prefix, "KEY");
	assert_false(read.accept_custom_keys || read.lease_debt);
}

static void what_is_no_object_is_refused(void **state)
{
	static const char *const BAD[] = {"", "[]", "null", "{", "1"};
	struct app_settings read;
	for (size_t i = 0; i < COUNT(BAD); i++)
		assert_int_not_equal(app_settings_read(*state, text_of(BAD[i]), &read), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_origin_is_scheme_host_and_port_as_browsers_send_it),
		CHECK_WITH_ARENA(what_was_written_is_read_again),
		CHECK_WITH_ARENA(absent_members_are_standard),
		CHECK_WITH_ARENA(what_is_no_object_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
