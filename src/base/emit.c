#include "base/emit.h"

#include "base/clock.h"

/* Characters that stand for themselves. */
static const bool PLAIN[256] = {[' ' ... '!'] = true, ['#' ... '['] = true, [']' ... '~'] = true};

static void add_escape(struct buf *out, char c)
{
	static const char digits[] = "0123456789abcdef";
	switch (c) {
	case '"': buf_add(out, TEXT("\\\"")); return;
	case '\\': buf_add(out, TEXT("\\\\")); return;
	case '\n': buf_add(out, TEXT("\\n")); return;
	case '\r': buf_add(out, TEXT("\\r")); return;
	case '\t': buf_add(out, TEXT("\\t")); return;
	default: break;
	}
	memcpy(buf_claim(out, 4), "\\u00", 4);
	buf_add_char(out, digits[(unsigned char)c >> 4]);
	buf_add_char(out, digits[c & 15]);
}

/* Writes the character that is not plain at the start of t, returns how many bytes of t it was. */
static size_t add_special(struct buf *out, struct text t)
{
	uint32_t code_point;
	const size_t size = text_utf8(t, &code_point);
	if (size == 0) {
		buf_add(out, TEXT("\xef\xbf\xbd"));
		return 1;
	}
	if (size == 1)
		add_escape(out, t.p[0]);
	else
		buf_add(out, text_bytes(t.p, size));
	return size;
}

static void add_quoted(struct buf *out, struct text t)
{
	buf_add_char(out, '"');
	while (t.n > 0) {
		size_t n = 0;
		while (n < t.n && PLAIN[(unsigned char)t.p[n]])
			n++;
		buf_add(out, text_bytes(t.p, n));
		if (n < t.n)
			n += add_special(out, text_bytes(t.p + n, t.n - n));
		t.p += n;
		t.n -= n;
	}
	buf_add_char(out, '"');
}

static void begin_value(struct emit *emit, const char *key)
{
	if (emit->comma)
		buf_add_char(emit->out, ',');
	emit->comma = true;
	if (key == NULL)
		return;
	add_quoted(emit->out, text_of(key));
	buf_add_char(emit->out, ':');
}

void emit_object(struct emit *emit, const char *key)
{
	begin_value(emit, key);
	buf_add_char(emit->out, '{');
	emit->comma = false;
}

void emit_end_object(struct emit *emit)
{
	buf_add_char(emit->out, '}');
	emit->comma = true;
}

void emit_array(struct emit *emit, const char *key)
{
	begin_value(emit, key);
	buf_add_char(emit->out, '[');
	emit->comma = false;
}

void emit_end_array(struct emit *emit)
{
	buf_add_char(emit->out, ']');
	emit->comma = true;
}

void emit_text(struct emit *emit, const char *key, struct text value)
{
	if (text_absent(value)) {
		emit_null(emit, key);
		return;
	}
	begin_value(emit, key);
	add_quoted(emit->out, value);
}

void emit_string(struct emit *emit, const char *key, const char *value)
{
	emit_text(emit, key, text_of(value));
}

void emit_int(struct emit *emit, const char *key, int64_t value)
{
	begin_value(emit, key);
	buf_add_int(emit->out, value);
}

void emit_bool(struct emit *emit, const char *key, bool value)
{
	emit_raw(emit, key, value ? TEXT("true") : TEXT("false"));
}

void emit_null(struct emit *emit, const char *key)
{
	emit_raw(emit, key, TEXT("null"));
}

void emit_raw(struct emit *emit, const char *key, struct text value)
{
	begin_value(emit, key);
	buf_add(emit->out, value);
}

void emit_time(struct emit *emit, const char *key, int64_t ms)
{
	if (ms <= 0) {
		emit_null(emit, key);
		return;
	}
	char time[CLOCK_RFC3339_SIZE];
	clock_rfc3339(ms, time);
	emit_text(emit, key, text_bytes(time, sizeof time - 1));
}
