/* Client addresses behind proxies (THREATS B5 to B7), Host and Origin. */
#include "../check.h"

#include "api/origin.h"

static struct house house = {.public_url = "https://id.example:8443", .public_host = "id.example"};

static void start(const char *proxies, const char *hosts, bool dev)
{
	static struct settings settings;
	static struct ip_net nets[SETTINGS_PROXIES_MAX];
	settings = (struct settings){.proxies = nets, .server_hosts = hosts, .dev = dev};
	for (struct text rest = text_of(proxies); rest.n; settings.proxy_count++)
		assert_int_equal(ip_net_read(text_trim(text_cut(&rest, ',')), &nets[settings.proxy_count]), 0);
	settings_publish(&settings);
	origin_start(&house);
}

static struct ip ip(const char *literal)
{
	struct ip read;
	assert_int_equal(ip_read(text_of(literal), &read), 0);
	return read;
}

enum { VALUES_MAX = 3 };

static void check_client(const char *peer, const char *const values[VALUES_MAX], const char *expected)
{
	struct http_field fields[VALUES_MAX + 1] = {{TEXT("Forwarded"), TEXT("for=9.9.9.9")}};
	size_t count = 1;
	for (size_t i = 0; i < VALUES_MAX && values[i]; i++)
		fields[count++] = (struct http_field){
			i % 2 ? TEXT("x-forwarded-for") : TEXT("X-Forwarded-For"), text_of(values[i])};
	const struct http_request request = {.peer = ip(peer), .fields = fields, .field_count = count};
	char got[IP_TEXT_SIZE];
	ip_write(origin_client(&request), got);
	if (strcmp(got, expected) != 0)
		fail_msg("peer %s, %s: %s, not %s", peer, values[0] ? values[0] : "nothing", got, expected);
}

static void the_client_is_the_peer_unless_that_is_a_trusted_proxy(void **state)
{
	static const struct {
		const char *peer, *values[VALUES_MAX], *client;
	} ROWS[] = {
		{"192.0.2.1", {"1.1.1.1"}, "192.0.2.1"},
		{"10.0.0.1", {NULL}, "10.0.0.1"},
		{"10.0.0.1", {"1.1.1.1"}, "1.1.1.1"},
		{"10.0.0.1", {"6.6.6.6, 1.1.1.1"}, "1.1.1.1"},
		{"10.0.0.1", {"6.6.6.6, 1.1.1.1 ,10.0.0.2"}, "1.1.1.1"},
		{"10.0.0.1", {"10.0.0.3,10.0.0.2"}, "10.0.0.3"},
		/* several fields are one list, in order */
		{"10.0.0.1", {"6.6.6.6", "1.1.1.1, 10.0.0.2", "10.0.0.3"}, "1.1.1.1"},
		{"10.0.0.1", {"1.1.1.1", "10.0.0.2"}, "1.1.1.1"},
		/* what is no address ends the walk at the last trusted hop */
		{"10.0.0.1", {"1.1.1.1, unknown"}, "10.0.0.1"},
		{"10.0.0.1", {"1.1.1.1, unknown, 10.0.0.2"}, "10.0.0.2"},
		{"10.0.0.1", {"1.1.1.1,"}, "10.0.0.1"},
		{"10.0.0.1", {"1.1.1.1,,10.0.0.2"}, "10.0.0.2"},
		{"10.0.0.1", {""}, "10.0.0.1"},
		{"10.0.0.1", {","}, "10.0.0.1"},
		{"10.0.0.1", {"1.1.1.1", ""}, "10.0.0.1"},
		{"10.0.0.1", {"1.1.1.1:5000"}, "10.0.0.1"},
		{"10.0.0.1", {"[2001:db9::1]"}, "10.0.0.1"},
		{"10.0.0.1", {"1.1.1"}, "10.0.0.1"},
		{"10.0.0.1", {"\"1.1.1.1\""}, "10.0.0.1"},
		/* one form of an address is as good as another */
		{"::ffff:10.0.0.1", {"::ffff:1.1.1.1"}, "1.1.1.1"},
		{"2001:db8::5", {"2001:DB9:0::1, 2001:db8::6"}, "2001:db9::1"},
		{"2001:db7::5", {"1.1.1.1"}, "2001:db7::5"},
	};
	start("10.0.0.0/8, 2001:db8::/32", "", false);
	for (size_t i = 0; i < COUNT(ROWS); i++)
		check_client(ROWS[i].peer, ROWS[i].values, ROWS[i].client);
	start("", "", false);
	check_client("10.0.0.1", (const char *const[VALUES_MAX]){"1.1.1.1"}, "10.0.0.1");
}

static void check_hosts(const char *const *hosts, bool ours)
{
	for (; *hosts; hosts++)
		if (origin_host_is_ours(text_of(*hosts)) != ours)
			fail_msg("%s", *hosts);
}

static void a_host_is_ours_by_public_url_by_setting_or_by_loopback(void **state)
{
	static const char *const OURS[] = {"id.example", "ID.Example", "id.example:8443", "id.example:1",
		"login.example", "login.example:443", "192.0.2.9", "[2001:db8::9]:80", "localhost", "localhost:8080",
		"127.0.0.1", "127.9.9.9:80", "[::1]", "[::1]:8080", "LOCALHOST", NULL};
	static const char *const FOREIGN[] = {"evil.example", "id.example.evil.org", "xid.example", "id.example.",
		"id.example:x", "id.example:80:80", "id.example@evil", "", ":", ":80", "[", "[]", "[::1",
		"[::1]evil.org", "[::1]:x", "[::1].evil.org", "::1", "127.0.0.1.evil.org", "127.1", "2130706433",
		"0.0.0.0", "localhost.evil.org", "localhost:evil", "id.example,evil.example", "192.0.2.99", NULL};
	start("", "login.example, 192.0.2.9,[2001:db8::9]", false);
	check_hosts(OURS, true);
	check_hosts(FOREIGN, false);
	assert_false(origin_host_is_ours(TEXT_NONE));
}

static void a_public_url_may_be_an_ipv6_address(void **state)
{
	const struct house numeric = {.public_url = "https://[2001:db8::1]", .public_host = "[2001:db8::1]"};
	start("", "", false);
	origin_start(&numeric);
	assert_true(origin_host_is_ours(TEXT("[2001:db8::1]")));
	assert_true(origin_host_is_ours(TEXT("[2001:db8::1]:443")));
	assert_false(origin_host_is_ours(TEXT("[2001:db8::2]")));
}

static void in_dev_mode_only_loopback_names_are_ours(void **state)
{
	static const char *const OURS[] = {"localhost:8080", "127.0.0.1:8080", "[::1]:8080", NULL};
	static const char *const FOREIGN[] = {"id.example", "login.example", NULL};
	start("", "login.example", true);
	check_hosts(OURS, true);
	check_hosts(FOREIGN, false);
}

static void an_origin_is_ours_when_it_is_the_public_url(void **state)
{
	start("", "", false);
	assert_true(origin_is_ours(TEXT("https://id.example:8443")));
	assert_false(origin_is_ours(TEXT("https://id.example")));
	assert_false(origin_is_ours(TEXT("http://id.example:8443")));
	assert_false(origin_is_ours(TEXT("https://id.example:8443/")));
	assert_false(origin_is_ours(TEXT("null")));
	assert_false(origin_is_ours(TEXT("")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_client_is_the_peer_unless_that_is_a_trusted_proxy),
		cmocka_unit_test(a_host_is_ours_by_public_url_by_setting_or_by_loopback),
		cmocka_unit_test(a_public_url_may_be_an_ipv6_address),
		cmocka_unit_test(in_dev_mode_only_loopback_names_are_ours),
		cmocka_unit_test(an_origin_is_ours_when_it_is_the_public_url),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
