/*
 * Where a request comes from and where it thinks it goes: client address behind trusted proxies, Host, Origin.
 */
#ifndef KW_API_ORIGIN_H
#define KW_API_ORIGIN_H

#include "core/house.h"
#include "net/http.h"

void origin_start(const struct house *house);

/* The TCP peer, unless it is a trusted proxy: then X-Forwarded-For from the right, past trusted hops; an entry that is no
 * address ends the walk at the last trusted hop. */
struct ip origin_client(const struct http_request *request);
/* Whether a Host (RFC 9110 7.2) is public_url's, a loopback name, or in server.hosts; in dev mode a loopback name only. */
bool origin_host_is_ours(struct text host);
/* Whether an Origin (RFC 6454) is public_url's own. */
bool origin_is_ours(struct text origin);

#endif
