/*
 * A wire between a store and PostgreSQL that a test can spoil: a TCP forwarder on a free port of 127.0.0.1.
 */
#ifndef KW_TESTS_DB_PROXY_H
#define KW_TESTS_DB_PROXY_H

enum wire {
	WIRE_FINE,
	WIRE_FROZEN,      /* connections stay, new ones are accepted, nothing moves: a stopped or half-dead server */
	WIRE_CUT,         /* all connections are reset, new ones too */
	WIRE_LOSES_COMMIT /* the next COMMIT reaches the server, then its connection is reset without an answer */
};

struct proxy;

/* Forwards to the server that the postgres:// URL names. */
struct proxy *proxy_new(const char *url);
void proxy_free(struct proxy *proxy);
/* The URL to use instead: the server's with the proxy's port. */
const char *proxy_url(const struct proxy *proxy);
void proxy_set(struct proxy *proxy, enum wire wire);

#endif
