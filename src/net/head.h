/*
 * Bytes to an HTTP request head (RFC 9112), and nothing doubtful: a pure function, no I/O, no allocation.
 */
#ifndef KW_NET_HEAD_H
#define KW_NET_HEAD_H

#include "net/http.h"

#define HEAD_FIELDS_MAX 100

struct head {
	enum http_method method;
	struct text method_name, path, query, host;
	int minor;	 /* HTTP/1.minor: 0 or 1 */
	bool keep_alive; /* by version and Connection */
	bool expect_continue;
	int64_t content_length;			   /* -1: none */
	size_t size;				   /* bytes of the head, its empty line included */
	struct http_field fields[HEAD_FIELDS_MAX]; /* slices of the input */
	size_t field_count;
};

struct head_limits {
	size_t bytes, fields;
	int64_t body;
};

/* 0: more bytes are needed; 1: *head is filled; else minus an HTTP status (-400 -411 -413 -431) and *why_r names the fault
 * (static). On -413 the rest of *head is valid. */
int head_parse(struct text input, const struct head_limits *limits, struct head *head, const char **why_r);

#endif
