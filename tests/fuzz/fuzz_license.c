/*
 * License keys of any bytes, and keys that are made of the input so that they are right. What reads shows, and reads again
 * the same; with one other symbol it never reads. The first two bytes say which symbol is changed, and into what.
 */
#include <zlib.h>

#include "license/license_key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char SYMBOLS[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static bool is_key(struct text typed, struct text canonical)
{
	struct license_key key;
	return license_key_read(typed, &key) == ERR_NONE && text_equal(license_key_canonical(&key), canonical);
}

static void check_slip(struct arena *arena, struct text canonical, uint8_t at, uint8_t symbol)
{
	struct license_key key;
	const struct text typed = arena_copy(arena, canonical);
	((char *)typed.p)[at % typed.n] = SYMBOLS[symbol % 32];
	MUST(license_key_read(typed, &key) == (text_equal(typed, canonical) ? ERR_NONE : ERR_LICENSE_INVALID));
}

/* Whether it reads. */
static bool check_typed(struct arena *arena, struct text typed, uint8_t at, uint8_t symbol)
{
	struct license_key key;
	if (license_key_read(typed, &key) != ERR_NONE)
		return false;
	const struct text canonical = license_key_canonical(&key), shown = license_key_show(arena, &key);
	MUST(license_key_is_prefix(license_key_prefix(&key)) && typed.n <= LICENSE_KEY_TYPED_MAX);
	MUST(is_key(canonical, canonical) && is_key(shown, canonical));
	MUST(license_key_hint(arena, &key).n == key.prefix_n + 14);
	check_slip(arena, canonical, at, symbol);
	return true;
}

/* A key of the bytes' low five bits, with a dash behind each of the high ones. */
static void check_made(struct arena *arena, struct text bytes, uint8_t at, uint8_t symbol)
{
	char typed[2 * (LICENSE_KEY_PREFIX_MAX + LICENSE_KEY_SYMBOLS)];
	size_t n = 0;
	uLong crc = crc32(0, NULL, 0);
	for (size_t i = 0; i < bytes.n; i++) {
		typed[n] = SYMBOLS[bytes.p[i] & 31];
		crc = crc32(crc, (const Bytef *)typed + n++, 1);
		if (bytes.p[i] & 128)
			typed[n++] = '-';
	}
	for (int shift = 20; shift >= 0; shift -= 5)
		typed[n++] = SYMBOLS[crc >> shift & 31];
	MUST(check_typed(arena, text_bytes(typed, n), at, symbol));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	struct arena *arena = arena_new();
	const struct text input = arena_copy(arena, text_bytes(data + 2, size - 2));
	check_typed(arena, input, data[0], data[1]);
	if (input.n >= LICENSE_KEY_PREFIX_MIN + 25 && input.n <= LICENSE_KEY_PREFIX_MAX + 25)
		check_made(arena, input, data[0], data[1]);
	arena_free(arena);
	return 0;
}
