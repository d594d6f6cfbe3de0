/* What an operator may register as a redirect_uri (THREATS D3, RFC 9700 2.1, RFC 8252 7). */
#include "../check.h"

#include "app/redirect.h"

static void https_loopback_and_private_schemes_are_taken(void **state)
{
	static const char *const GOOD[] = {"https://app.example", "https://app.example/",
		"https://app.example/cb?x=1&y=%2F", "https://app.example:8443/cb", "https://App.Example/Cb",
		"https://192.0.2.1/cb", "https://[2001:db8::1]:8443/cb", "https://xn--bcher-kva.example/",
		"https://app.example?x", "http://localhost/", "http://localhost:3000/cb", "http://127.0.0.1:1/",
		"http://127.8.9.10/", "http://[::1]:3000/cb", "com.example.app:/cb", "com.example.app:/cb?x=1",
		"myapp://cb", "myapp:///cb", "my-app+1.x://cb/y", "https://app.example/user@host"};
	for (size_t i = 0; i < COUNT(GOOD); i++)
		if (!redirect_is_good(text_of(GOOD[i])))
			fail_msg("refused: %s", GOOD[i]);
}

static void what_leads_elsewhere_or_does_something_is_refused(void **state)
{
	static const char *const BAD[] = {"", "/", "/cb", "//evil.example/", "cb", "https", "https:", "https:/",
		"https://", "https:///cb", "https:evil.example", "https:/evil.example", "https:\\\\evil.example",
		"https://\\evil.example", "https://good.example\\@evil.example", "https://good@evil.example/",
		"https://good:pw@evil.example/", "https://@evil.example/", "https://good.example/#x",
		"https://good.example#", "https://good.example/ ", " https://good.example/", "https://good.example/\tx",
		"https://good.example/\r\nX: y", "https://good.example/\"", "https://good.example/'",
		"https://good.example/<", "https://good.example/>", "https://good.example/{x}",
		"https://good.example/|", "https://good.example/^", "https://good.example/`", "https://good.example/%",
		"https://good.example/%2", "https://good.example/%zz", "https://good.example:/",
		"https://good.example:0/", "https://good.example:65536/", "https://good.example:8x/",
		"https://good.example:1:2/", "https://.example/", "https://-x.example/", "https://good%2eexample/",
		"https://*.example/", "https://[::1/", "https://[::1]x/", "https://[::1]:/", "https://[127.0.0.1]/",
		"https://[]/", "https://[::1%25lo]/",
		"https://b\xc3\xbc"
		"cher.example/",
		"https://good\xe3\x80\x82"
		"example/",
		"HTTPS://good.example/", "Https://good.example/", "http://good.example/",
		"http://127.0.0.1.evil.example/", "http://localhost.evil.example/", "http://LOCALHOST.example/",
		"http://2130706433/", "http://0x7f.1/", "http://[2001:db8::1]/", "http://0.0.0.0/", "http://[::]/",
		"http:///", "javascript:alert(1)", "javascript://good.example/%0aalert(1)", "javascript:/x",
		"JavaScript:/x", "java\nscript:/x", "data:text/html,x", "data:/x", "vbscript:/x", "file:///etc/passwd",
		"blob:https://good.example/x", "blob:/x", "about:blank", "about:/x", "filesystem:/x", "view-source:/x",
		"intent://x", "mailto:a@b.example", "mailto:/x", "tel:/1", "ws://good.example/", "wss://good.example/",
		"ftp://good.example/", "c:/cb", "1app:/cb", "-app:/cb", "my_app:/cb", "my app:/cb", ":/cb", "myapp:cb",
		"myapp:", "myapp://a@b/cb", "myapp://cb#x"};
	for (size_t i = 0; i < COUNT(BAD); i++)
		if (redirect_is_good(text_of(BAD[i])))
			fail_msg("accepted: %s", BAD[i]);
	assert_false(redirect_is_good(TEXT("https://good.example/\0")));
	assert_false(redirect_is_good(TEXT("https://good\0.example/")));
	assert_false(redirect_is_good(TEXT_NONE));
}

static void one_may_be_512_bytes_long(void **state)
{
	char uri[REDIRECT_MAX + 1];
	memset(uri, 'a', sizeof uri);
	memcpy(uri, "https://a.example/", 18);
	assert_true(redirect_is_good(text_bytes(uri, REDIRECT_MAX)));
	assert_false(redirect_is_good(text_bytes(uri, REDIRECT_MAX + 1)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(https_loopback_and_private_schemes_are_taken),
		cmocka_unit_test(what_leads_elsewhere_or_does_something_is_refused),
		cmocka_unit_test(one_may_be_512_bytes_long),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
