#include "base/enc.h"

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

void enc_hex(const void *bytes, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *b = bytes;
	for (size_t i = 0; i < n; i++) {
		*out++ = digits[b[i] >> 4];
		*out++ = digits[b[i] & 15];
	}
	*out = '\0';
}

int enc_hex_read(struct text hex, void *out, size_t n)
{
	if (hex.n != 2 * n)
		return -1;
	for (size_t i = 0; i < hex.n; i++)
		if (hex_value(hex.p[i]) < 0)
			return -1;
	uint8_t *b = out;
	for (size_t i = 0; i < n; i++)
		b[i] = (uint8_t)(hex_value(hex.p[2 * i]) << 4 | hex_value(hex.p[2 * i + 1]));
	return 0;
}

/* ---- base64 ---- */

#define LETTERS_AND_DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
static const char standard[] = LETTERS_AND_DIGITS "+/";
static const char for_urls[] = LETTERS_AND_DIGITS "-_";

/* Without padding. */
static void base64(const char *alphabet, const void *bytes, size_t n, char *out)
{
	const uint8_t *b = bytes;
	for (; n >= 3; n -= 3, b += 3) {
		*out++ = alphabet[b[0] >> 2];
		*out++ = alphabet[(b[0] << 4 | b[1] >> 4) & 63];
		*out++ = alphabet[(b[1] << 2 | b[2] >> 6) & 63];
		*out++ = alphabet[b[2] & 63];
	}
	if (n == 0)
		return;
	*out++ = alphabet[b[0] >> 2];
	*out++ = alphabet[(b[0] << 4 | (n == 2 ? b[1] >> 4 : 0)) & 63];
	if (n == 2)
		*out = alphabet[b[1] << 2 & 63];
}

/* Six bits and a mark that they are some: 0 means "not in the alphabet". Without branches, which random characters would
 * mispredict and which would let time tell about secrets. */
#define IN_ALPHABET 64U
static inline unsigned six_bits(const char *alphabet, char c)
{
	const unsigned u = (unsigned char)c;
	return (u - 'A' < 26) * (IN_ALPHABET + u - 'A') + (u - 'a' < 26) * (IN_ALPHABET + u - 'a' + 26) +
	       (u - '0' < 10) * (IN_ALPHABET + u - '0' + 52) + (c == alphabet[62]) * (IN_ALPHABET + 62) +
	       (c == alphabet[63]) * (IN_ALPHABET + 63);
}

/* Without padding. When it fails, out may hold what was decoded before. */
static int base64_read(const char *alphabet, struct text encoded, void *out, size_t room, size_t *n_r)
{
	const size_t n = encoded.n / 4 * 3 + encoded.n % 4 * 3 / 4;
	if (encoded.n % 4 == 1 || n > room)
		return -1;
	uint8_t *b = out;
	uint32_t bits = 0;
	unsigned in_alphabet = IN_ALPHABET;
	for (size_t i = 0; i < encoded.n; i++) {
		const unsigned six = six_bits(alphabet, encoded.p[i]);
		in_alphabet &= six;
		bits = bits << 6 | (six & 63);
		if (i % 4 != 0)
			*b++ = (uint8_t)(bits >> (6 - 2 * (i % 4)));
	}
	const uint32_t stray_bits = encoded.n % 4 == 2 ? bits & 15 : encoded.n % 4 == 3 ? bits & 3 : 0;
	if (in_alphabet == 0 || stray_bits != 0)
		return -1;
	*n_r = n;
	return 0;
}

void enc_base64url(const void *bytes, size_t n, char *out)
{
	base64(for_urls, bytes, n, out);
}

void enc_base64url_add(struct buf *out, const void *bytes, size_t n)
{
	base64(for_urls, bytes, n, buf_claim(out, ENC_BASE64URL_SIZE(n)));
}

int enc_base64url_read(struct text encoded, void *out, size_t room, size_t *n_r)
{
	return base64_read(for_urls, encoded, out, room, n_r);
}

int enc_base64_read(struct text encoded, void *out, size_t room, size_t *n_r)
{
	if (encoded.n % 4 != 0)
		return -1;
	for (int padding = 0; padding < 2 && encoded.n > 0 && encoded.p[encoded.n - 1] == '='; padding++)
		encoded.n--;
	return base64_read(standard, encoded, out, room, n_r);
}

void enc_base64_add(struct buf *out, const void *bytes, size_t n)
{
	base64(standard, bytes, n, buf_claim(out, ENC_BASE64URL_SIZE(n)));
	for (size_t i = n; i % 3 != 0; i++)
		buf_add_char(out, '=');
}

/* ---- Crockford base32 ---- */

static const char crockford[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

void enc_crockford(const void *bytes, size_t n, char *out)
{
	const uint8_t *b = bytes;
	/* Bits that wait to be written, the zero bits in front first. */
	unsigned waiting = (unsigned)((5 - 8 * n % 5) % 5);
	uint32_t bits = 0;
	for (size_t i = 0; i < n; i++) {
		bits = bits << 8 | b[i];
		for (waiting += 8; waiting >= 5; waiting -= 5)
			*out++ = crockford[bits >> (waiting - 5) & 31];
	}
}

char enc_crockford_symbol(char c)
{
	if (c >= 'a' && c <= 'z')
		c = (char)(c - 'a' + 'A');
	if (c == 'O')
		return '0';
	if (c == 'I' || c == 'L')
		return '1';
	return memchr(crockford, c, sizeof crockford - 1) ? c : '\0';
}

bool enc_is_crockford(struct text t)
{
	for (size_t i = 0; i < t.n; i++)
		if (!memchr(crockford, t.p[i], sizeof crockford - 1))
			return false;
	return true;
}

/* ---- forms and HTML ---- */

int enc_form_read(struct arena *arena, struct text encoded, struct text *out_r)
{
	char *out = arena_alloc(arena, encoded.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < encoded.n; i++) {
		char c = encoded.p[i];
		if (c == '+')
			c = ' ';
		if (c == '%') {
			uint8_t byte;
			if (encoded.n - i < 3)
				return -1;
			TRY(enc_hex_read(text_bytes(encoded.p + i + 1, 2), &byte, 1));
			c = (char)byte;
			i += 2;
		}
		if (c == '\0')
			return -1;
		out[n++] = c;
	}
	*out_r = (struct text){out, n};
	return 0;
}

void enc_digits(const void *bits, char *out, size_t n)
{
	MUST(n <= 18);
	uint64_t scale = 1, halves[2];
	for (size_t i = 0; i < n; i++)
		scale *= 10;
	/* bits * scale / 2^128, by schoolbook multiplication in halves */
	memcpy(halves, bits, sizeof halves);
	const unsigned __int128 low = (unsigned __int128)halves[0] * scale;
	const unsigned __int128 high = (unsigned __int128)halves[1] * scale;
	uint64_t value = (uint64_t)((high + (low >> 64)) >> 64);
	out[n] = '\0';
	for (size_t i = n; i > 0; value /= 10)
		out[--i] = (char)('0' + value % 10);
}

static bool is_unreserved(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
	       c == '_' || c == '~';
}

void enc_query_add(struct buf *url, const char *name, struct text value)
{
	const bool has_query = memchr(url->p, '?', url->n) != NULL;
	if (!has_query)
		buf_add_char(url, '?');
	else if (url->p[url->n - 1] != '?' && url->p[url->n - 1] != '&')
		buf_add_char(url, '&');
	buf_printf(url, "%s=", name);
	for (size_t i = 0; i < value.n; i++) {
		if (is_unreserved(value.p[i]))
			buf_add_char(url, value.p[i]);
		else
			buf_printf(url, "%%%02X", (unsigned)(unsigned char)value.p[i]);
	}
}

void enc_html_add(struct buf *out, struct text t)
{
	for (size_t i = 0; i < t.n; i++) {
		switch (t.p[i]) {
		case '&': buf_add(out, TEXT("&amp;")); break;
		case '<': buf_add(out, TEXT("&lt;")); break;
		case '>': buf_add(out, TEXT("&gt;")); break;
		case '"': buf_add(out, TEXT("&quot;")); break;
		case '\'': buf_add(out, TEXT("&#39;")); break;
		default: buf_add_char(out, t.p[i]);
		}
	}
}

void enc_shell_add(struct buf *out, struct text word)
{
	static const char PLAIN[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./+,:@%";
	size_t plain = 0;
	while (plain < word.n && memchr(PLAIN, word.p[plain], sizeof PLAIN - 1))
		plain++;
	if (plain == word.n && word.n > 0) {
		buf_add(out, word);
		return;
	}
	buf_add_char(out, '\'');
	for (size_t i = 0; i < word.n; i++) {
		if (word.p[i] == '\'')
			buf_add(out, TEXT("'\\'"));
		buf_add_char(out, word.p[i]);
	}
	buf_add_char(out, '\'');
}
