/*
 * Addresses and networks: the input is an address or a network as text, or, with 'b' before it, 16 bytes of an address and
 * the length of a prefix. Prefixes and memberships must be those that a reading bit by bit finds; a form that wraps an IPv4
 * address (mapped, NAT64, 6to4) is as special as what it wraps, for it leads there.
 */
#include <arpa/inet.h>

#include "base/ip.h"
#include "base/num.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool same(struct ip a, struct ip b)
{
	return memcmp(&a, &b, sizeof a) == 0;
}

static bool bit_of(struct ip ip, unsigned at)
{
	return ip.b[at / 8] >> (7 - at % 8) & 1;
}

/* ---- texts ---- */

/* What is read is written as a text that reads the same, of the family that inet_pton says it is. */
static void check_address(struct text input)
{
	struct ip ip, again;
	char written[IP_TEXT_SIZE], literal[IP_TEXT_SIZE] = "";
	uint8_t bytes[16];
	if (ip_read(input, &ip) != 0)
		return;
	ip_write(ip, written);
	MUST(ip_read(text_of(written), &again) == 0 && same(ip, again));
	memcpy(literal, input.p, input.n);
	MUST(inet_pton(strchr(literal, ':') ? AF_INET6 : AF_INET, literal, bytes) == 1);
	MUST(ip_is_v4(ip) == (strchr(written, ':') == NULL));
	MUST(!ip_is_loopback(ip) || ip_is_special(ip));
}

/* A network is an address, or one with a prefix of its family behind which nothing is set. */
static void check_net(struct text input)
{
	struct ip_net net;
	struct ip ip;
	int64_t bits = 128, more = 0;
	struct text rest = input;
	bool read = ip_read(text_cut(&rest, '/'), &ip) == 0;
	if (read && !text_absent(rest)) {
		more = ip_is_v4(ip) ? 96 : 0;
		read = num_read(rest, 0, 128, &bits) == 0 && (bits += more) <= 128;
	}
	for (unsigned i = 0; read && i < 128; i++)
		read = i < bits || !bit_of(ip, i);
	MUST((ip_net_read(input, &net) == 0) == read);
	MUST(!read || (net.bits == bits && same(net.ip, ip) && ip_in(ip, net)));
}

/* ---- bytes ---- */

static void check_prefix(struct ip ip, unsigned bits)
{
	const struct ip prefix = ip_prefix(ip, bits);
	for (unsigned i = 0; i < 128; i++)
		MUST(bit_of(prefix, i) == (bit_of(ip, i) && (i < bits || ip_is_v4(ip))));
	MUST(same(ip_prefix(prefix, bits), prefix));
}

/* Whoever differs in one bit is inside exactly when that bit lies behind the prefix. */
static void check_membership(struct ip ip, unsigned bits)
{
	struct ip_net net = {.bits = bits};
	for (unsigned i = 0; i < bits; i++)
		net.ip.b[i / 8] |= (uint8_t)(bit_of(ip, i) << (7 - i % 8));
	MUST(ip_in(ip, net));
	for (unsigned i = 0; i < 128; i++) {
		struct ip other = ip;
		other.b[i / 8] ^= (uint8_t)(0x80U >> i % 8);
		MUST(ip_in(other, net) == (i >= bits));
	}
}

static void check_wrapped(struct ip ip)
{
	const uint8_t *v4 = ip.b + 12;
	const struct ip mapped = {{[10] = 0xff, 0xff, v4[0], v4[1], v4[2], v4[3]}};
	const struct ip nat64 = {{0x00, 0x64, 0xff, 0x9b, [12] = v4[0], v4[1], v4[2], v4[3]}};
	const struct ip sixto4 = {{0x20, 0x02, v4[0], v4[1], v4[2], v4[3], [15] = 1}};
	MUST(ip_is_v4(mapped));
	MUST(ip_is_special(nat64) == ip_is_special(mapped) && ip_is_special(sixto4) == ip_is_special(mapped));
	MUST(ip_is_loopback(mapped) == (v4[0] == 127));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	if (data[0] != 'b') {
		check_address(text_bytes(data, size));
		check_net(text_bytes(data, size));
		return 0;
	}
	if (size < 2 + sizeof(struct ip))
		return 0;
	struct ip ip;
	memcpy(&ip, data + 2, sizeof ip);
	const unsigned bits = data[1] % 129;
	check_prefix(ip, bits);
	check_membership(ip, bits);
	check_wrapped(ip);
	return 0;
}
