/* User agents as browsers send them, and what people are told of them. */
#include "../check.h"

#include "core/device.h"

static const struct {
	const char *user_agent, *browser, *system; /* NULL: not known */
} CASES[] = {
	{"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox", "Linux"},
	{"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:131.0) Gecko/20100101 Firefox/131.0", "Firefox", "Windows"},
	{"Mozilla/5.0 (Android 14; Mobile; rv:131.0) Gecko/131.0 Firefox/131.0", "Firefox", "Android"},
	{"Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
	 "FxiOS/131.0 Mobile/15E148 Safari/605.1.15",
		"Firefox", "iPhone"},
	{"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 "
	 "Safari/537.36",
		"Chrome", "Windows"},
	{"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 Mobile "
	 "Safari/537.36",
		"Chrome", "Android"},
	{"Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
	 "CriOS/129.0.6668.69 Mobile/15E148 Safari/604.1",
		"Chrome", "iPhone"},
	{"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 "
	 "Safari/537.36",
		"Chrome", "ChromeOS"},
	{"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Ubuntu Chromium/83.0 Chrome/83.0 "
	 "Safari/537.36",
		"Chrome", "Linux"},
	{"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 "
	 "Safari/537.36 Edg/129.0.0.0",
		"Edge", "Windows"},
	{"Mozilla/5.0 (Linux; Android 10; HD1913) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Mobile "
	 "Safari/537.36 EdgA/128.0.0.0",
		"Edge", "Android"},
	{"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/64.0.3282.140 "
	 "Safari/537.36 Edge/18.17763",
		"Edge", "Windows"},
	{"Mozilla/5.0 (Macintosh; Intel Mac OS X 14_6_1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 "
	 "Safari/537.36 OPR/114.0.0.0",
		"Opera", "macOS"},
	{"Opera/9.80 (Windows NT 6.1; U; en) Presto/2.10.289 Version/12.02", "Opera", "Windows"},
	{"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/26.0 "
	 "Chrome/122.0.0.0 Mobile Safari/537.36",
		"Samsung Internet", "Android"},
	{"Mozilla/5.0 (Macintosh; Intel Mac OS X 14_6) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 "
	 "Safari/605.1.15",
		"Safari", "macOS"},
	{"Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
	 "Version/17.6 Mobile/15E148 Safari/604.1",
		"Safari", "iPhone"},
	{"Mozilla/5.0 (iPad; CPU OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 "
	 "Mobile/15E148 Safari/604.1",
		"Safari", "iPad"},
	{"curl/7.88.1", "curl", NULL},
	{"Wget/1.21.3", "Wget", NULL},
	{"python-requests/2.28.1", "Python", NULL},
	{"python-httpx/0.23.3", "Python", NULL},
	{"okhttp/4.12.0", "okhttp", NULL},
	{"Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.1; Trident/6.0)", NULL, "Windows"},
	{"Mozilla/5.0", NULL, NULL},
	{"a curl/1 lookalike", NULL, NULL},
	{"-", NULL, NULL},
	{"", NULL, NULL},
};

static void a_user_agent_is_told_by_the_most_particular_name_it_claims(void **state)
{
	for (size_t i = 0; i < COUNT(CASES); i++) {
		const struct device device = device_of(text_of(CASES[i].user_agent));
		CHECK_TEXT(device.browser, text_of(CASES[i].browser));
		CHECK_TEXT(device.system, text_of(CASES[i].system));
	}
}

static void without_a_user_agent_nothing_is_known(void **state)
{
	const struct device device = device_of(TEXT_NONE);
	assert_true(text_absent(device.browser) && text_absent(device.system));
}

static void nothing_is_looked_for_far_behind(void **state)
{
	char long_one[4096];
	memset(long_one, 'x', sizeof long_one);
	memcpy(long_one + 4000, "Firefox/1 Windows", 17);
	struct device device = device_of(text_bytes(long_one, sizeof long_one));
	assert_true(text_absent(device.browser) && text_absent(device.system));
	memcpy(long_one + 400, "Firefox/1 Windows", 17);
	device = device_of(text_bytes(long_one, sizeof long_one));
	CHECK_STRING(device.browser, "Firefox");
	CHECK_STRING(device.system, "Windows");
}

static void names_are_ours_whatever_is_sent(void **state)
{
	const struct device device = device_of(TEXT("Firefox/<svg onload=x> (Windows \r\nBcc: a@b.example)"));
	CHECK_STRING(device.browser, "Firefox");
	CHECK_STRING(device.system, "Windows");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_user_agent_is_told_by_the_most_particular_name_it_claims),
		cmocka_unit_test(without_a_user_agent_nothing_is_known),
		cmocka_unit_test(nothing_is_looked_for_far_behind),
		cmocka_unit_test(names_are_ours_whatever_is_sent),
	};
	return cmocka_run_group_tests_name("core/device", tests, NULL, NULL);
}
