/*
 * Text being written, in an arena. Write freely: it grows, and cannot fail.
 */
#ifndef KW_BASE_BUF_H
#define KW_BASE_BUF_H

#include "base/arena.h"

struct buf {
	struct arena *arena;
	char *p;
	size_t n, room;
};

void buf_init(struct buf *buf, struct arena *arena, size_t expected);
void buf_add(struct buf *buf, struct text t);
void buf_add_char(struct buf *buf, char c);
void buf_add_int(struct buf *buf, int64_t value);
void buf_printf(struct buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);
/* What was written so far, with a NUL behind it; valid until the next write. */
struct text buf_text(struct buf *buf);
/* n writable bytes at the end, already counted as written: for encoders that know their size. */
char *buf_claim(struct buf *buf, size_t n);

#endif
