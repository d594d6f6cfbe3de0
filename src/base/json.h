/*
 * Writes JSON (RFC 8259) into a buf: commas and escapes are its business, nesting is the caller's. Cannot fail.
 * Reading JSON is jansson's, see api/schema.h.
 *
 * Every writer takes the key first; inside an array the key is NULL. Text that is not UTF-8 is written with U+FFFD in
 * place of each bad byte, so that what is written always parses.
 */
#ifndef KW_BASE_JSON_H
#define KW_BASE_JSON_H

#include "base/buf.h"

struct json {
	struct buf *out;
	bool comma; /* the next value needs one before it */
};

static inline struct json json_to(struct buf *out)
{
	return (struct json){out, false};
}
void json_object(struct json *json, const char *key); /* { */
void json_end_object(struct json *json);
void json_array(struct json *json, const char *key); /* [ */
void json_end_array(struct json *json);
void json_text(struct json *json, const char *key, struct text value); /* absent is written as null */
void json_string(struct json *json, const char *key, const char *value);
void json_int(struct json *json, const char *key, int64_t value);
void json_bool(struct json *json, const char *key, bool value);
void json_null(struct json *json, const char *key);
/* A value that already is JSON. */
void json_raw(struct json *json, const char *key, struct text value);
/* Milliseconds since 1970 as RFC 3339, whole seconds, Z; 0 or less is null. */
void json_time(struct json *json, const char *key, int64_t ms);

#endif
