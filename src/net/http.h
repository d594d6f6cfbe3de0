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
	struct text body; /* not sent for HEAD, but counted */
	bool close;
};

struct http_handler {
	/* A whole request. Must lead to exactly one http_respond, now or later, on this loop's thread. */
	void (*request)(void *context, struct http_request *request);
	/* A request that the edge refuses (400 408 411 413 431 503…): fields hold what could be read, often nothing. Must
	 * http_respond at once; the connection then lingers and closes. why is for the log. */
	void (*refuse)(void *context, struct http_request *request, int status, const char *why);
	void *context;
};

/* Answers and gives the request up: neither it nor its arena may be touched afterwards. Safe when the client is gone. */
void http_respond(struct http_request *request, const struct http_answer *answer);

/* ---- loops ---- */

/* Something to do on a loop's thread. The poster owns it until fn was called. */
struct loop_task {
	void (*fn)(struct loop_task *task);
	struct loop_task *next; /* the loop's */
};
/* From any thread; in the order posted. */
void loop_post(struct loop *loop, struct loop_task *task);
/* 0 … threads-1: for state kept per I/O thread. */
unsigned loop_index(const struct loop *loop);

/* ---- the server ---- */

struct server;
struct server_config {
	const char *listen;	    /* "127.0.0.1:8080", "[::1]:8080"; port 0 picks one */
	const char *metrics_listen; /* or NULL: a second address, same handler, requests marked metrics */
	const char *local_socket;   /* path of the operator's Unix socket (0600), or NULL */
	unsigned threads;
	unsigned max_connections;
	const char *tls_cert, *tls_key;			   /* PEM files, or NULL */
	size_t body_max;				   /* 16384 */
	size_t head_max;				   /* 16384, request line included */
	size_t fields_max;				   /* 100 */
	int head_ms, body_ms, busy_ms, idle_ms, linger_ms; /* absolute deadlines: 10000 20000 30000 60000 500 */
};
/* Binds (after a probe bind without SO_REUSEPORT, so that a second server on the address fails) and listens; accepts
 * nothing yet. NULL when it cannot; *why_r says why, for people. */
struct server *server_open(const struct server_config *config, const struct http_handler *handler, const char **why_r);
MUST_USE int server_start(struct server *server); /* starts the loops' threads */
int server_port(const struct server *server);
/* Takes what is in the accept queues, stops listening, gives idle connections 500 ms and busy ones until their answer or
 * busy_ms, joins the loops. Returns the connections that had to be cut. */
unsigned server_stop(struct server *server);
void server_free(struct server *server);
/* Reads the certificate files again; on failure the old ones stay. */
MUST_USE int server_reload_tls(struct server *server, const char **why_r);

struct server_stats {
	uint64_t accepted, open, requests, refused, timeouts, evicted;
};
struct server_stats server_stats(const struct server *server);

#endif
