#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/num.h"

#define ROOM_MIN 64

void buf_init(struct buf *buf, struct arena *arena, size_t expected)
{
	const size_t room = expected < ROOM_MIN ? ROOM_MIN : expected + 1;
	*buf = (struct buf){.arena = arena, .p = arena_alloc(arena, room), .room = room};
}

static void grow(struct buf *buf, size_t n)
{
	const size_t needed = buf->n + n + 1;
	MUST(needed > n);
	const size_t room = buf->room * 2 > needed ? buf->room * 2 : needed;
	char *p = arena_alloc(buf->arena, room);
	memcpy(p, buf->p, buf->n);
	buf->p = p;
	buf->room = room;
}

/* One byte always stays free for buf_text's NUL. */
char *buf_claim(struct buf *buf, size_t n)
{
	if (n >= buf->room - buf->n)
		grow(buf, n);
	char *p = buf->p + buf->n;
	buf->n += n;
	return p;
}

void buf_add(struct buf *buf, struct text t)
{
	if (t.n > 0)
		memcpy(buf_claim(buf, t.n), t.p, t.n);
}

void buf_add_char(struct buf *buf, char c)
{
	*buf_claim(buf, 1) = c;
}

void buf_add_int(struct buf *buf, int64_t value)
{
	char digits[NUM_SIZE];
	buf_add(buf, text_bytes(digits, num_write(value, digits)));
}

void buf_printf(struct buf *buf, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	const int n = vsnprintf(buf->p + buf->n, buf->room - buf->n, format, args);
	va_end(args);
	MUST(n >= 0);
	if ((size_t)n < buf->room - buf->n) {
		buf->n += (size_t)n;
		return;
	}
	char *p = buf_claim(buf, (size_t)n);
	va_start(args, format);
	(void)vsnprintf(p, (size_t)n + 1, format, args);
	va_end(args);
}

struct text buf_text(struct buf *buf)
{
	buf->p[buf->n] = '\0';
	return (struct text){buf->p, buf->n};
}
