/*
 * What an HTTP/1.1 server hands out: requests, and how to answer them. One request lives in one arena; whatever it
 * points to was copied from the wire. Requests stay on their loop's thread; others reach it by loop_post alone.
 */
#ifndef KW_NET_HTTP_H
#define KW_NET_HTTP_H

#include "base/arena.h"
#include "base/ip.h"

struct loop;

enum http_method {
	HTTP_GET,
	HTTP_HEAD,
	HTTP_POST,
	HTTP_PUT,
	HTTP_PATCH,
	HTTP_DELETE,
	HTTP_OPTIONS,
	HTTP_TRACE,
	HTTP_OTHER
};

struct http_field {
	struct text name;  /* as sent; compare with text_equal_nocase */
	struct text value; /* outer white space removed */
};

struct http_request {
	struct arena *arena; /* free to use; wiped when the answer has been written */
	struct loop *loop;
	enum http_method method;
	struct text method_name;
	struct text path;  /* as sent, before '?' */
	struct text query; /* behind '?'; absent without one */
	struct text host;  /* the Host field's value; absent on HTTP/1.0 without one */
	const struct http_field *fields;
	size_t field_count;
	struct text body; /* absent when there was no Content-Length; may be empty */
	struct ip peer;
	bool tls;
	bool local;    /* came over the Unix socket: the operator */
	bool metrics;  /* came to metrics_listen */
	int64_t began; /* clock_ticks() at its first byte */
	void *user;    /* the handler's own */
};

/* The first field of that name; absent when there is none. */
struct text http_field(const struct http_request *request, const char *name);

struct http_answer {
	int status;
	struct text
		headers;  /* "Name: value\r\n" each; Content-Length and Connection are added here, Date is not sent */
	struct text body; /* not sent for HEAD, but counted; 204 and 304 have none */
	bool close;       /* the last answer of this connection */
};

struct http_handler {
	/* A whole request. Must lead to exactly one http_respond, now or later, on this loop's thread. */
	void (*request)(void *context, struct http_request *request);
	/* A request that the edge refuses (400 408 411 413 431 503): its members hold what could be read, often nothing.
	 * Must http_respond at once; the connection then lingers and closes. why is for the log, a static text. */
	void (*refuse)(void *context, struct http_request *request, int status, const char *why);
	void *context;
};

/* Answers and gives the request up: neither it nor its arena may be touched afterwards. Safe when the client is gone.
 * headers and body may lie in the request's arena. */
void http_respond(struct http_request *request, const struct http_answer *answer);

/* ---- loops ---- */

/* Something to do on a loop's thread. The poster owns it until fn was called. */
struct loop_task {
	void (*fn)(struct loop_task *task);
	struct loop_task *next; /* the loop's */
};
/* From any thread; in the order posted. */
void loop_post(struct loop *loop, struct loop_task *task);

/* ---- the server ---- */

struct server;
/* Strings are copied. A zero takes the number in the comment. */
struct server_config {
	const char *listen;         /* "127.0.0.1:8080", "[::1]:8080"; port 0 picks one */
	const char *metrics_listen; /* or NULL: a second address, never TLS, same handler, requests marked metrics */
	const char *local_socket;   /* path of the operator's Unix socket (0600), or NULL */
	unsigned threads;           /* 1 */
	unsigned max_connections;   /* 10000, and no more than the limit of open files has room for */
	const char *tls_cert, *tls_key; /* PEM files, or NULL both */
	size_t head_max;                /* 16384, request line included */
	size_t body_max;                /* 16384 */
	/* Absolute deadlines, in milliseconds, looked at four times a second. */
	int head_ms; /* 10000: from a head's first byte to its end; also the TLS handshake */
	int body_ms; /* 20000: from the head's end to the body's; also for the client to take an answer */
	int busy_ms; /* 30000: from the request to http_respond; then the client is cut off, for who knows what happened */
	int idle_ms;   /* 60000: between requests */
	int linger_ms; /* 500: what a client may still send after the last answer, so that it gets to read it */
};
/* Binds (after a probe bind without SO_REUSEPORT, so that a second server on the address fails) and listens; accepts
 * nothing yet. NULL when it cannot; *why_r says why, for people, until this thread's next call. Ignores SIGPIPE in the
 * whole process. */
struct server *server_open(const struct server_config *config, const struct http_handler *handler, const char **why_r);
MUST_USE int server_start(struct server *server); /* starts the loops' threads */
int server_port(const struct server *server);
int server_metrics_port(const struct server *server);
/* Takes what is in the accept queues, stops listening, gives idle connections 500 ms and everything that has begun 8 s in
 * all to arrive, be answered and be taken; joins the loops. Returns the connections that had to be cut. Every request
 * handed out should be answered by then: until server_free loop_post is harmless, but nothing posted runs. */
unsigned server_stop(struct server *server);
void server_free(struct server *server);
/* Reads the certificate files again, for connections to come; on failure the old ones stay. */
MUST_USE int server_reload_tls(struct server *server, const char **why_r);

struct server_stats {
	uint64_t accepted, open, requests, refused, timeouts, evicted; /* since the start, but for open */
};
struct server_stats server_stats(const struct server *server);

#endif
