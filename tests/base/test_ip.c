#include "../check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "base/ip.h"

static struct ip ip(const char *literal)
{
	struct ip read;
	assert_int_equal(ip_read(text_of(literal), &read), 0);
	return read;
}

static struct ip_net net(const char *literal)
{
	struct ip_net read;
	assert_int_equal(ip_net_read(text_of(literal), &read), 0);
	return read;
}

static void literals_are_read_into_one_form_and_written_canonically(void **state)
{
	static const char *const rows[][2] = {
		{"1.2.3.4", "1.2.3.4"},
		{"::ffff:1.2.3.4", "1.2.3.4"},
		{"::FFFF:102:304", "1.2.3.4"},
		{"2001:DB8:0:0:0:0:0:1", "2001:db8::1"},
		{"::", "::"},
		{"::1", "::1"},
		{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		char out[IP_TEXT_SIZE];
		ip_write(ip(rows[i][0]), out);
		assert_string_equal(out, rows[i][1]);
	}
}

static void what_is_no_literal_is_refused(void **state)
{
	static const char *const bad[] = {"", "localhost", "127.1", "0x7f.0.0.1", "2130706433", "0177.0.0.1",
		"1.2.3.256", "1.2.3.4 ", " 1.2.3.4", "1.2.3.4:80", "[::1]", "fe80::1%eth0", ":::", "1::2::3",
		"::ffff:1.2.3", "1.2.3.4/8", "0000:0000:0000:0000:0000:0000:0000:0000:0000:0001"};
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct ip read;
		assert_int_not_equal(ip_read(text_of(bad[i]), &read), 0);
	}
	struct ip read;
	assert_int_not_equal(ip_read(TEXT("1.2.3.4\0"), &read), 0);
	assert_int_not_equal(ip_read(TEXT_NONE, &read), 0);
}

static void networks_contain_their_addresses_only(void **state)
{
	assert_int_equal(net("10.0.0.0/8").bits, 104);
	assert_true(ip_in(ip("10.255.0.1"), net("10.0.0.0/8")));
	assert_true(ip_in(ip("::ffff:10.255.0.1"), net("10.0.0.0/8")));
	assert_false(ip_in(ip("11.0.0.1"), net("10.0.0.0/8")));
	assert_true(ip_in(ip("192.168.1.1"), net("192.168.1.1")));
	assert_false(ip_in(ip("192.168.1.2"), net("192.168.1.1")));
	assert_true(ip_in(ip("8.8.8.8"), net("0.0.0.0/0")));
	assert_false(ip_in(ip("2001:db8::1"), net("0.0.0.0/0")));
	assert_true(ip_in(ip("2001:db8:ff::1"), net("2001:db8::/32")));
	assert_false(ip_in(ip("2001:db9::1"), net("2001:db8::/32")));
	assert_true(ip_in(ip("172.31.255.255"), net("172.16.0.0/12")));
	assert_false(ip_in(ip("172.32.0.0"), net("172.16.0.0/12")));
}

static void networks_with_stray_bits_or_bad_lengths_are_refused(void **state)
{
	static const char *const bad[] = {"10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/08", "/8",
		"10.0.0.0/8/8", "2001:db8::/129", "2001:db8::1/64", "", "x/8"};
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct ip_net read;
		assert_int_not_equal(ip_net_read(text_of(bad[i]), &read), 0);
	}
}

static void special_addresses_are_known_in_every_disguise(void **state)
{
	static const char *const special[] = {"0.0.0.0", "10.1.2.3", "100.64.0.1", "100.127.255.255", "127.0.0.1",
		"127.255.255.255", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1",
		"192.88.99.1", "192.168.0.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1",
		"224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "::", "::1", "::127.0.0.1",
		"::ffff:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::10.0.0.1", "64:ff9b:1::1", "100::1", "2001::1",
		"2001:db8::1", "2002:7f00:1::1", "2002:c0a8:101::1", "3fff::1", "fc00::1", "fdff::1", "fe80::1",
		"fec0::1", "ff02::1", "4000::1", "5f00::1"};
	for (size_t i = 0; i < COUNT(special); i++)
		if (!ip_is_special(ip(special[i])))
			fail_msg("%s should be special", special[i]);
}

static void public_addresses_are_not_special(void **state)
{
	static const char *const public[] = {"1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.0", "126.255.255.255",
		"128.0.0.0", "169.253.255.255", "172.15.255.255", "172.32.0.0", "191.255.255.255", "192.0.1.1",
		"198.17.255.255", "198.20.0.0", "223.255.255.255", "2606:4700::1111", "2001:4860:4860::8888",
		"2002:808:808::1", "64:ff9b::8.8.8.8", "2a00::1", "3ffe::1"};
	for (size_t i = 0; i < COUNT(public); i++)
		if (ip_is_special(ip(public[i])))
			fail_msg("%s should not be special", public[i]);
}

static void loopback_is_all_of_127_and_one(void **state)
{
	assert_true(ip_is_loopback(ip("127.0.0.1")));
	assert_true(ip_is_loopback(ip("127.200.0.1")));
	assert_true(ip_is_loopback(ip("::1")));
	assert_false(ip_is_loopback(ip("::2")));
	assert_false(ip_is_loopback(ip("128.0.0.1")));
}

static void prefixes_fold_hosts_of_a_network_together(void **state)
{
	char out[IP_TEXT_SIZE];
	ip_write(ip_prefix(ip("2001:db8:1:2:3:4:5:6"), 64), out);
	assert_string_equal(out, "2001:db8:1:2::");
	ip_write(ip_prefix(ip("2001:db8:1fff::"), 37), out);
	assert_string_equal(out, "2001:db8:1800::");
	ip_write(ip_prefix(ip("ffff::"), 0), out);
	assert_string_equal(out, "::");
	ip_write(ip_prefix(ip("1.2.3.4"), 64), out);
	assert_string_equal(out, "1.2.3.4");
}

static void socket_addresses_are_taken_over(void **state)
{
	char out[IP_TEXT_SIZE];
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x01020304)};
	ip_write(ip_of((const struct sockaddr *)&v4), out);
	assert_string_equal(out, "1.2.3.4");
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	ip_write(ip_of((const struct sockaddr *)&v6), out);
	assert_string_equal(out, "::1");
	struct sockaddr_un local = {.sun_family = AF_UNIX};
	ip_write(ip_of((const struct sockaddr *)&local), out);
	assert_string_equal(out, "::");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(literals_are_read_into_one_form_and_written_canonically),
		cmocka_unit_test(what_is_no_literal_is_refused),
		cmocka_unit_test(networks_contain_their_addresses_only),
		cmocka_unit_test(networks_with_stray_bits_or_bad_lengths_are_refused),
		cmocka_unit_test(special_addresses_are_known_in_every_disguise),
		cmocka_unit_test(public_addresses_are_not_special),
		cmocka_unit_test(loopback_is_all_of_127_and_one),
		cmocka_unit_test(prefixes_fold_hosts_of_a_network_together),
		cmocka_unit_test(socket_addresses_are_taken_over),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
