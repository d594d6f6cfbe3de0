#include "license/license_key.h"

#include <zlib.h>

#include "base/buf.h"
#include "base/enc.h"
#include "crypto/rand.h"

enum { RANDOM = 25, CHECK = 5, GROUP = 5, HINT_END = 4 };
_Static_assert(RANDOM + CHECK == LICENSE_KEY_SYMBOLS, "random symbols, then check symbols");

bool license_key_is_prefix(struct text t)
{
	return t.n >= LICENSE_KEY_PREFIX_MIN && t.n <= LICENSE_KEY_PREFIX_MAX && enc_is_crockford(t);
}

/* CRC-32 has 32 bits, so seven symbols; the last five of them are its low 25 bits. */
static void check_symbols(struct text before, char out[static CHECK])
{
	const uint32_t crc = (uint32_t)crc32(0, (const Bytef *)before.p, (uInt)before.n);
	const uint8_t big_endian[] = {(uint8_t)(crc >> 24), (uint8_t)(crc >> 16), (uint8_t)(crc >> 8), (uint8_t)crc};
	char symbols[7];
	enc_crockford(big_endian, sizeof big_endian, symbols);
	memcpy(out, symbols + sizeof symbols - CHECK, CHECK);
}

enum err license_key_read(struct text typed, struct license_key *key_r)
{
	struct license_key key;
	size_t n = 0;
	if (typed.n > LICENSE_KEY_TYPED_MAX)
		return ERR_LICENSE_INVALID;
	for (size_t i = 0; i < typed.n; i++) {
		if (typed.p[i] == ' ' || typed.p[i] == '-')
			continue;
		const char symbol = enc_crockford_symbol(typed.p[i]);
		if (symbol == '\0' || n == sizeof key.canonical)
			return ERR_LICENSE_INVALID;
		key.canonical[n++] = symbol;
	}
	if (n < LICENSE_KEY_PREFIX_MIN + LICENSE_KEY_SYMBOLS)
		return ERR_LICENSE_INVALID;
	key.prefix_n = n - LICENSE_KEY_SYMBOLS;

	char check[CHECK];
	check_symbols(text_bytes(key.canonical, n - CHECK), check);
	if (memcmp(key.canonical + n - CHECK, check, CHECK) != 0)
		return ERR_LICENSE_INVALID;
	*key_r = key;
	return ERR_NONE;
}

const struct license_key *license_key_new(struct arena *arena, struct text prefix)
{
	uint8_t *chance = arena_alloc(arena, LICENSE_KEY_CHANCE_SIZE);
	rand_bytes(chance, LICENSE_KEY_CHANCE_SIZE);
	return license_key_of_chance(arena, prefix, chance);
}

const struct license_key *license_key_of_chance(
	struct arena *arena, struct text prefix, const uint8_t chance[static LICENSE_KEY_CHANCE_SIZE])
{
	MUST(license_key_is_prefix(prefix));
	/* 128 bits are 26 symbols, of which the first has but three bits: it is left out */
	char *symbols = arena_alloc(arena, 1 + RANDOM);
	enc_crockford(chance, LICENSE_KEY_CHANCE_SIZE, symbols);

	struct license_key *key = ARENA_NEW(arena, struct license_key);
	key->prefix_n = prefix.n;
	memcpy(key->canonical, prefix.p, prefix.n);
	memcpy(key->canonical + prefix.n, symbols + 1, RANDOM);
	check_symbols(text_bytes(key->canonical, prefix.n + RANDOM), key->canonical + prefix.n + RANDOM);
	return key;
}

struct text license_key_show(struct arena *arena, const struct license_key *key)
{
	struct buf out;
	buf_init(&out, arena, sizeof key->canonical + LICENSE_KEY_SYMBOLS / GROUP + 1);
	buf_add(&out, license_key_prefix(key));
	for (size_t i = 0; i < LICENSE_KEY_SYMBOLS; i += GROUP) {
		buf_add_char(&out, '-');
		buf_add(&out, text_bytes(key->canonical + key->prefix_n + i, GROUP));
	}
	return buf_text(&out);
}

struct text license_key_hint(struct arena *arena, const struct license_key *key)
{
	const struct text all = license_key_canonical(key);
	return arena_printf(arena, "%.*s-%.*s-***%.*s", TEXT_ARG(license_key_prefix(key)), GROUP, all.p + key->prefix_n,
		HINT_END, all.p + all.n - HINT_END);
}
