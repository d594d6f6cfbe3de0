/*
 * Emits JSON (RFC 8259) into a buf: commas and escapes are its business, nesting is the caller's. Cannot fail.
 * Reading JSON is jansson's, see api/schema.h (whose names are why this is not called json).
 *
 * Every writer takes the key first; inside an array the key is NULL. Text that is not UTF-8 is written with U+FFFD in
 * place of each bad byte, so that what is written always parses.
 */
#ifndef KW_BASE_EMIT_H
#define KW_BASE_EMIT_H

#include "base/buf.h"

struct emit {
	struct buf *out;
	bool comma; /* the next value needs one before it */
};

static inline struct emit emit_to(struct buf *out)
{
	return (struct emit){out, false};
}
void emit_object(struct emit *json, const char *key); /* { */
void emit_end_object(struct emit *json);
void emit_array(struct emit *json, const char *key); /* [ */
void emit_end_array(struct emit *json);
void emit_text(struct emit *json, const char *key, struct text value); /* absent is written as null */
void emit_string(struct emit *json, const char *key, const char *value);
void emit_int(struct emit *json, const char *key, int64_t value);
void emit_bool(struct emit *json, const char *key, bool value);
void emit_null(struct emit *json, const char *key);
/* A value that already is JSON. */
void emit_raw(struct emit *json, const char *key, struct text value);
/* Milliseconds since 1970 as RFC 3339, whole seconds, Z; 0 or less is null. */
void emit_time(struct emit *json, const char *key, int64_t ms);

#endif
