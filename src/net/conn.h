/*
 * Connections of one loop: idle → head → body → busy → writing → idle …, or → linger → closed.
 *
 * A connection never leaves its loop's thread. Handlers hold requests, not connections: when a client goes while its
 * request is busy, the connection is freed at once and the request lives on without it until it is answered.
 */
#ifndef KW_NET_CONN_H
#define KW_NET_CONN_H

#include <sys/uio.h>

#include "net/head.h"
#include "net/loop.h"
#include "net/tls.h"

struct bufferevent;

enum conn_phase {
	CONN_IDLE,    /* between requests */
	CONN_HEAD,    /* in the TLS handshake, or a head has begun */
	CONN_BODY,    /* the head is read, the body not yet whole */
	CONN_BUSY,    /* the handler has the request */
	CONN_WRITING, /* the client has not yet taken the answer */
	CONN_LINGER,  /* the last answer is out; what still comes is thrown away */
	CONN_PHASES
};

/* The same for all loops of a server. */
struct conn_rules {
	struct http_handler handler;
	size_t head_max, body_max;
	int phase_ms[CONN_PHASES];
	unsigned open_max;
	_Atomic unsigned open; /* over all loops */
};

/* Which door a connection came through. */
struct conn_door {
	struct tls *tls; /* or NULL */
	bool metrics, local;
};

#define CONN_SPARE_ARENAS 64

struct conns {
	struct loop *loop;
	struct conn_rules *rules;
	struct conn *in_phase[CONN_PHASES]; /* each in order of its deadline, which is the order of entry */
	struct request *requests;           /* all that have memory; most are with the handler */
	struct arena *spare[CONN_SPARE_ARENAS];
	size_t spare_count;
	struct event *sweep;
	bool draining;
	int64_t drain_began;
	unsigned cut;
	_Atomic uint64_t accepted, requested, refused, timeouts, evicted; /* written by the loop, read by all */
};

struct request {
	struct http_request http;
	struct conns *conns;
	struct conn *conn; /* NULL: the client is gone */
	struct request *prev, *next;
	int64_t content_length;
	int minor;       /* HTTP/1.minor */
	bool keep_alive; /* the client wants it so */
	bool refused;
};

struct conn {
	struct conns *conns;
	struct conn *prev, *next; /* in its phase's list */
	enum conn_phase phase;
	int64_t deadline;
	int64_t began;           /* clock_ticks() at the first byte of the request being read */
	size_t seen;             /* of the head, by head_find */
	struct request *request; /* being read or answered */
	struct bufferevent *io;
	SSL *tls; /* io's, or NULL */
	struct conn_door door;
	struct ip peer;
	bool handshaking, over_cap;
	bool broken;  /* the socket or TLS failed */
	bool eof;     /* the client sends no more; it may still read */
	bool running; /* conn_advance is on the stack */
	bool last;    /* the answer being written is the last one */
	bool closed;  /* to be freed at the end of conn_advance */
};

MUST_USE int conns_init(struct conns *conns, struct loop *loop, struct conn_rules *rules);
void conns_done(struct conns *conns);
/* A new client on fd, which is ours from here on, whatever happens. */
void conns_accept(struct conns *conns, int fd, struct ip peer, const struct conn_door *door);
/* Closes the oldest idle connection; false when there is none. */
bool conns_evict(struct conns *conns);
/* No connection comes any more: ends the loop when the last has gone. */
void conns_drain(struct conns *conns);

/* ---- one connection, for conns.c and http.c ---- */

/* Out of memory ends the process, as in an arena. */
struct conn *conn_new(struct conns *conns, int fd, struct ip peer, const struct conn_door *door);
/* Its phase's time is over, or the server's: refuses, or closes. Followed by conn_advance. */
void conn_expire(struct conn *conn);
void conn_close(struct conn *conn);
/* There is no room for this new one: it is told 503, over TLS once the handshake is done. */
void conn_turn_away(struct conn *conn);
/* Goes on as far as the input allows, then frees a connection that was closed. The last thing a caller does with it. */
void conn_advance(struct conn *conn);
/* Writes the answer to conn->request, last when nothing may follow it. The request is no longer conn's. */
void conn_answer(struct conn *conn, struct iovec parts[], size_t count, bool last);
/* Nothing of a further request has come yet. */
bool conn_is_quiet(const struct conn *conn);

/* Wipes and gives back the request's memory. */
void conns_end_request(struct request *request);
/* A request with memory of its own, for conn. */
struct request *conns_new_request(struct conns *conns, struct conn *conn);
void conns_check_drained(struct conns *conns);
/* For a connection that enters the phase now. */
int64_t conns_deadline(const struct conns *conns, enum conn_phase phase);
/* While draining: what is open need not be kept open for further requests. */
bool conns_grace_over(const struct conns *conns);

/* Of counters that one thread writes. */
static inline void conns_count(_Atomic uint64_t *counter)
{
	const uint64_t value = atomic_load_explicit(counter, memory_order_relaxed);
	atomic_store_explicit(counter, value + 1, memory_order_relaxed);
}

#endif
