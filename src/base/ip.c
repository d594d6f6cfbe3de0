#include "base/ip.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "base/num.h"

#define V4_PREFIX_BITS 96
static const uint8_t v4_prefix[12] = {[10] = 0xff, [11] = 0xff};

static struct ip of_v4(const void *four_bytes)
{
	struct ip ip;
	memcpy(ip.b, v4_prefix, sizeof v4_prefix);
	memcpy(ip.b + sizeof v4_prefix, four_bytes, 4);
	return ip;
}

bool ip_is_v4(struct ip ip)
{
	return memcmp(ip.b, v4_prefix, sizeof v4_prefix) == 0;
}

int ip_read(struct text t, struct ip *ip_r)
{
	char literal[IP_TEXT_SIZE];
	if (t.n == 0 || t.n >= sizeof literal || memchr(t.p, '\0', t.n) != NULL)
		return -1;
	memcpy(literal, t.p, t.n);
	literal[t.n] = '\0';

	struct in_addr v4;
	if (inet_pton(AF_INET, literal, &v4) == 1) {
		*ip_r = of_v4(&v4);
		return 0;
	}
	struct ip v6;
	if (inet_pton(AF_INET6, literal, v6.b) != 1)
		return -1;
	*ip_r = v6;
	return 0;
}

static struct ip first_bits(struct ip ip, unsigned bits)
{
	for (unsigned i = 0; i < sizeof ip.b; i++) {
		const unsigned kept = bits > i * 8 ? bits - i * 8 : 0;
		if (kept < 8)
			ip.b[i] &= (uint8_t)(0xff00U >> kept);
	}
	return ip;
}

int ip_net_read(struct text t, struct ip_net *net_r)
{
	struct ip ip;
	TRY(ip_read(text_cut(&t, '/'), &ip));
	int64_t bits = 128;
	if (!text_absent(t)) {
		const int64_t outside = ip_is_v4(ip) ? V4_PREFIX_BITS : 0;
		TRY(num_read(t, 0, 128 - outside, &bits));
		bits += outside;
	}
	const struct ip_net net = {first_bits(ip, (unsigned)bits), (unsigned)bits};
	if (memcmp(net.ip.b, ip.b, sizeof ip.b) != 0)
		return -1;
	*net_r = net;
	return 0;
}

void ip_write(struct ip ip, char out[static IP_TEXT_SIZE])
{
	const char *written = ip_is_v4(ip) ? inet_ntop(AF_INET, ip.b + sizeof v4_prefix, out, IP_TEXT_SIZE)
					   : inet_ntop(AF_INET6, ip.b, out, IP_TEXT_SIZE);
	MUST(written != NULL);
}

struct ip ip_of(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET) {
		struct sockaddr_in v4;
		memcpy(&v4, address, sizeof v4);
		return of_v4(&v4.sin_addr);
	}
	struct ip ip = {{0}};
	if (address->sa_family == AF_INET6) {
		struct sockaddr_in6 v6;
		memcpy(&v6, address, sizeof v6);
		memcpy(ip.b, &v6.sin6_addr, sizeof ip.b);
	}
	return ip;
}

bool ip_in(struct ip ip, struct ip_net net)
{
	const struct ip masked = first_bits(ip, net.bits);
	return memcmp(masked.b, net.ip.b, sizeof masked.b) == 0;
}

bool ip_is_loopback(struct ip ip)
{
	static const struct ip v6_loopback = {{[15] = 1}};
	return ip_is_v4(ip) ? ip.b[12] == 127 : memcmp(ip.b, v6_loopback.b, sizeof ip.b) == 0;
}

/* A network by its first four bytes, which is all that the registries need here. */
struct prefix {
	uint8_t b[4];
	unsigned bits;
};

static bool starts_with(const uint8_t *address, const struct prefix *prefixes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t a, b;
		memcpy(&a, address, 4);
		memcpy(&b, prefixes[i].b, 4);
		if ((ntohl(a) ^ ntohl(b)) >> (32 - prefixes[i].bits) == 0)
			return true;
	}
	return false;
}

/* IANA IPv4 Special-Purpose Address Registry, multicast and what is reserved. */
static bool v4_is_special(const uint8_t *address)
{
	static const struct prefix special[] = {
		{{0, 0, 0, 0}, 8},       /* this network */
		{{10, 0, 0, 0}, 8},      /* private */
		{{100, 64, 0, 0}, 10},   /* carriers' address sharing */
		{{127, 0, 0, 0}, 8},     /* loopback */
		{{169, 254, 0, 0}, 16},  /* link-local, cloud metadata */
		{{172, 16, 0, 0}, 12},   /* private */
		{{192, 0, 0, 0}, 24},    /* protocol assignments */
		{{192, 0, 2, 0}, 24},    /* documentation */
		{{192, 31, 196, 0}, 24}, /* AS112 */
		{{192, 52, 193, 0}, 24}, /* automatic multicast tunnels */
		{{192, 88, 99, 0}, 24},  /* 6to4 relays, once */
		{{192, 168, 0, 0}, 16},  /* private */
		{{192, 175, 48, 0}, 24}, /* AS112 */
		{{198, 18, 0, 0}, 15},   /* benchmarks */
		{{198, 51, 100, 0}, 24}, /* documentation */
		{{203, 0, 113, 0}, 24},  /* documentation */
		{{224, 0, 0, 0}, 3},     /* multicast, reserved, broadcast */
	};
	return starts_with(address, special, COUNT(special));
}

/* Global unicast is 2000::/3 alone; these are its special-purpose parts. */
static bool v6_is_special(const uint8_t *address)
{
	static const struct prefix global_unicast[] = {{{0x20}, 3}};
	static const struct prefix special[] = {
		{{0x20, 0x01, 0x00, 0x00}, 23}, /* IETF protocol assignments, Teredo among them */
		{{0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation */
		{{0x3f, 0xff, 0x00, 0x00}, 20}, /* documentation */
	};
	return !starts_with(address, global_unicast, COUNT(global_unicast)) ||
	       starts_with(address, special, COUNT(special));
}

bool ip_is_special(struct ip ip)
{
	static const uint8_t nat64[12] = {0x00, 0x64, 0xff, 0x9b}; /* RFC 6052 */
	if (ip_is_v4(ip) || memcmp(ip.b, nat64, sizeof nat64) == 0)
		return v4_is_special(ip.b + 12);
	if (ip.b[0] == 0x20 && ip.b[1] == 0x02) /* 6to4, RFC 3056 */
		return v4_is_special(ip.b + 2);
	return v6_is_special(ip.b);
}

struct ip ip_prefix(struct ip ip, unsigned bits)
{
	return ip_is_v4(ip) ? ip : first_bits(ip, bits);
}
