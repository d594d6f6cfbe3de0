/*
 * Network addresses in one binary form: 16 bytes, IPv4 as ::ffff:a.b.c.d (RFC 4291 2.5.5.2). Literals only, no names.
 */
#ifndef KW_BASE_IP_H
#define KW_BASE_IP_H

#include "base/text.h"

struct sockaddr;

struct ip {
	uint8_t b[16];
};
struct ip_net {
	struct ip ip;
	unsigned bits; /* of 128: 10.0.0.0/8 is 104 */
};

#define IP_TEXT_SIZE 46
/* An IPv4 or IPv6 literal as inet_pton takes it: no brackets, no zone. */
MUST_USE int ip_read(struct text t, struct ip *ip_r);
MUST_USE int ip_net_read(
	struct text t, struct ip_net *net_r); /* "10.0.0.0/8", or a lone address; no bits behind the prefix */
void ip_write(struct ip ip, char out[static IP_TEXT_SIZE]);
/* Of AF_INET and AF_INET6; others give all zero. */
struct ip ip_of(const struct sockaddr *address);
bool ip_is_v4(struct ip ip);
bool ip_is_loopback(struct ip ip);
bool ip_in(struct ip ip, struct ip_net net);
/* Not reachable from the public internet: loopback, private, link-local, unspecified, multicast, reserved
 * (IANA special-purpose registries), also inside v4-mapped, 6to4 and NAT64 forms. */
bool ip_is_special(struct ip ip);
/* The first bits bits, the rest zero: /64 of an IPv6 host; v4 keeps all of 128. */
struct ip ip_prefix(struct ip ip, unsigned bits);

#endif
