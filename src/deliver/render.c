#include "deliver/render.h"

#include "base/enc.h"

/* Controls (Unicode Cc), line and paragraph separator, and the marks that turn the direction of what follows. */
static bool is_one_lines(uint32_t c)
{
	const bool control = c < 0x20 || (c >= 0x7f && c <= 0x9f);
	const bool separator = c == 0x2028 || c == 0x2029;
	const bool turns = (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
	return !control && !separator && !turns;
}

struct text render_line(struct arena *arena, struct text value)
{
	struct buf out;
	buf_init(&out, arena, value.n + 1);
	while (value.n > 0) {
		uint32_t c = 0;
		size_t n = text_utf8(value, &c);
		if (n > 0 && is_one_lines(c))
			buf_add(&out, text_bytes(value.p, n));
		else
			buf_add_char(&out, ' ');
		n += n == 0;
		value.p += n;
		value.n -= n;
	}
	return buf_text(&out);
}

static struct text value_of(struct text name, const struct render_value *values, size_t count)
{
	size_t i = 0;
	while (i < count && !text_equal(name, text_of(values[i].name)))
		i++;
	MUST(i < count);
	return values[i].value;
}

struct text render(
	struct arena *arena, struct text template, enum render_as as, const struct render_value *values, size_t count)
{
	struct buf out;
	buf_init(&out, arena, template.n + 256);
	for (const char *open; (open = memmem(template.p, template.n, "{{", 2));) {
		const char *name = open + 2, *end = template.p + template.n;
		const char *close = memmem(name, (size_t)(end - name), "}}", 2);
		MUST(close);
		buf_add(&out, text_bytes(template.p, (size_t)(open - template.p)));
		const struct text value = value_of(text_bytes(name, (size_t)(close - name)), values, count);
		const struct text line = render_line(arena, value);
		if (as == RENDER_HTML)
			enc_html_add(&out, line);
		else
			buf_add(&out, line);
		template = text_bytes(close + 2, (size_t)(end - close - 2));
	}
	buf_add(&out, template);
	return buf_text(&out);
}
