/*
 * Bytes to an HTTP request head (RFC 9112), and nothing doubtful: pure functions, no I/O, no allocation.
 *
 * Both return 0 when they did what they say, or the HTTP status of the refusal (400 411 413 431) and in *why_r what was
 * wrong, a static text.
 */
#ifndef KW_NET_HEAD_H
#define KW_NET_HEAD_H

#include "net/http.h"

#define HEAD_FIELDS_MAX 100
#define HEAD_MORE (-1)

struct head {
	enum http_method method;
	struct text method_name, path, query, host;
	int minor;       /* HTTP/1.minor: 0 or 1 */
	bool keep_alive; /* by version and Connection */
	bool expect_continue;
	int64_t content_length; /* -1: none */
	size_t field_count;
	struct http_field fields[HEAD_FIELDS_MAX]; /* slices of the input */
};

/* Finds the end of the head that input begins with: *seen is then its size, the empty line included. HEAD_MORE when the
 * end has not come yet. *seen is 0 at first and then holds how far the search got: call again with the same bytes and
 * more behind them. Refuses bare CR, bare LF and control bytes where they stand, and heads of more than max bytes. */
MUST_USE int head_find(struct text input, size_t max, size_t *seen, const char **why_r);

/* Reads a head that head_find found. An empty line before the request is a head without a request line: refused.
 * On 413 all of *head is valid; after other refusals only what was read before the fault, the rest is absent. */
MUST_USE int head_parse(struct text found, int64_t body_max, struct head *head, const char **why_r);

#endif
