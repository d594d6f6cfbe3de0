#include "base/text.h"

bool text_equal(struct text a, struct text b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static unsigned char lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

bool text_equal_nocase(struct text a, struct text b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	return true;
}

bool text_starts(struct text t, struct text prefix)
{
	return t.n >= prefix.n && text_equal(text_bytes(t.p, prefix.n), prefix);
}

struct text text_cut(struct text *rest, char sep)
{
	const struct text whole = *rest;
	const char *found = whole.n > 0 ? memchr(whole.p, sep, whole.n) : NULL;
	if (found == NULL) {
		*rest = TEXT_NONE;
		return whole;
	}
	const size_t n = (size_t)(found - whole.p);
	*rest = text_bytes(found + 1, whole.n - n - 1);
	return text_bytes(whole.p, n);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

struct text text_trim(struct text t)
{
	while (t.n > 0 && is_blank(t.p[0])) {
		t.p++;
		t.n--;
	}
	while (t.n > 0 && is_blank(t.p[t.n - 1]))
		t.n--;
	return t;
}

/* Wagner-Fischer, one row. */
size_t text_distance(struct text a, struct text b)
{
	size_t row[TEXT_DISTANCE_MAX];
	if (b.n >= COUNT(row))
		return a.n;
	for (size_t j = 0; j <= b.n; j++)
		row[j] = j;
	for (size_t i = 1; i <= a.n; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= b.n; j++) {
			const size_t change = diagonal + (lower(a.p[i - 1]) != lower(b.p[j - 1]));
			diagonal = row[j];
			const size_t shorter = row[j - 1] < row[j] ? row[j - 1] : row[j];
			row[j] = shorter + 1 < change ? shorter + 1 : change;
		}
	}
	return row[b.n];
}

/* The rows of RFC 3629's grammar: which second byte may follow a lead byte; all later ones are 80..BF. */
static const struct {
	uint8_t lead_from, lead_to, second_from, second_to, size;
} sequences[] = {
	{0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, /* no overlong forms */
	{0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, /* no surrogates */
	{0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4},
	{0xf4, 0xf4, 0x80, 0x8f, 4}, /* at most U+10FFFF */
};

static size_t read_sequence(const uint8_t *b, size_t n, uint32_t *code_point_r)
{
	size_t row = 0;
	while (row < COUNT(sequences) && (b[0] < sequences[row].lead_from || b[0] > sequences[row].lead_to))
		row++;
	if (row == COUNT(sequences) || n < sequences[row].size)
		return 0;
	const size_t size = sequences[row].size;
	if (b[1] < sequences[row].second_from || b[1] > sequences[row].second_to)
		return 0;
	uint32_t code_point = b[0] & (0x7fU >> size);
	for (size_t i = 1; i < size; i++) {
		if ((b[i] & 0xc0) != 0x80)
			return 0;
		code_point = code_point << 6 | (b[i] & 0x3f);
	}
	*code_point_r = code_point;
	return size;
}

size_t text_utf8(struct text t, uint32_t *code_point_r)
{
	if (t.n == 0)
		return 0;
	const uint8_t *b = (const uint8_t *)t.p;
	if (b[0] >= 0x80)
		return read_sequence(b, t.n, code_point_r);
	*code_point_r = b[0];
	return 1;
}

bool text_is_utf8(struct text t)
{
	while (t.n > 0) {
		uint32_t code_point;
		const size_t size = text_utf8(t, &code_point);
		if (size == 0)
			return false;
		t.p += size;
		t.n -= size;
	}
	return true;
}

bool text_is_order(uint32_t code_point)
{
	return code_point < 0x20 || (code_point >= 0x7f && code_point <= 0x9f) || code_point == 0x200e ||
	       code_point == 0x200f || (code_point >= 0x202a && code_point <= 0x202e) ||
	       (code_point >= 0x2066 && code_point <= 0x2069);
}

void text_tame(char *z)
{
	for (struct text rest = text_of(z); rest.n > 0;) {
		uint32_t code_point = 0;
		const size_t size = text_utf8(rest, &code_point);
		char *at = z + (rest.p - z);
		if (size == 0 || text_is_order(code_point))
			memset(at, '?', size ? size : 1);
		rest = text_bytes(rest.p + (size ? size : 1), rest.n - (size ? size : 1));
	}
}

bool text_is_printable(struct text t)
{
	for (size_t i = 0; i < t.n; i++)
		if (t.p[i] < 0x20 || t.p[i] > 0x7e)
			return false;
	return true;
}
