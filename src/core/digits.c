#include "core/digits.h"

#include "base/buf.h"

struct text digits_typed(struct arena *arena, struct text typed)
{
	char *digits = arena_alloc(arena, typed.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < typed.n; i++) {
		const char c = typed.p[i];
		if (c == ' ' || c == '-')
			continue;
		if (c < '0' || c > '9')
			return TEXT_NONE;
		digits[n++] = c;
	}
	return n ? text_bytes(digits, n) : TEXT_NONE;
}

struct text digits_grouped(struct arena *arena, struct text digits)
{
	const size_t groups = (digits.n + 3) / 4;
	struct buf out;
	buf_init(&out, arena, digits.n + groups);
	for (size_t i = 0, at = 0; i < groups; i++) {
		const size_t n = digits.n / groups + (i < digits.n % groups);
		if (i)
			buf_add_char(&out, ' ');
		buf_add(&out, text_bytes(digits.p + at, n));
		at += n;
	}
	return buf_text(&out);
}
