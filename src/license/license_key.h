/*
 * License keys as people type and read them: <PREFIX>-XXXXX-XXXXX-XXXXX-XXXXX-XXXXX-CCCCC in Crockford's base32. The prefix
 * names the app, 25 symbols are random (125 bits), the last five are the low 25 bits of zlib's CRC-32 over all before them.
 * One or two wrong symbols, and two neighbours swapped, never pass; anything else passes once in 2^25.
 * docs/license-key-vectors.json has examples. No store, no clock.
 */
#ifndef KW_LICENSE_LICENSE_KEY_H
#define KW_LICENSE_LICENSE_KEY_H

#include "base/arena.h"
#include "tables/tables.h"

enum {
	LICENSE_KEY_PREFIX_MIN = 2,
	LICENSE_KEY_PREFIX_MAX = 8,
	LICENSE_KEY_SYMBOLS = 30, /* the random ones and the check symbols */
	LICENSE_KEY_TYPED_MAX = 256,
};

/* A key in its one canonical form: upper case, no dashes. It is a secret. */
struct license_key {
	char canonical[LICENSE_KEY_PREFIX_MAX + LICENSE_KEY_SYMBOLS];
	size_t prefix_n;
};

/* What is hashed and compared: prefix and 30 symbols. The text is key's own. */
static inline struct text license_key_canonical(const struct license_key *key)
{
	return (struct text){key->canonical, key->prefix_n + LICENSE_KEY_SYMBOLS};
}
/* Compare it with the app's: a foreign one is LICENSE_NOT_FOUND. The text is key's own. */
static inline struct text license_key_prefix(const struct license_key *key)
{
	return (struct text){key->canonical, key->prefix_n};
}

/* Whether an app may have it: 2 to 8 Crockford symbols as they are written, so neither lower case nor I, L, O, U. */
bool license_key_is_prefix(struct text t);

/* Reads what was typed: at most LICENSE_KEY_TYPED_MAX bytes; case, spaces and dashes are ignored, O is 0, I and L are 1.
 * From the right 30 symbols, the rest is the prefix. LICENSE_INVALID. */
MUST_USE enum err license_key_read(struct text typed, struct license_key *key_r);
enum { LICENSE_KEY_CHANCE_SIZE = 16 };
/* A fresh key, in the (wiped) arena. prefix must be one. */
const struct license_key *license_key_new(struct arena *arena, struct text prefix);
/* The same of bits that the caller drew. */
const struct license_key *license_key_of_chance(
	struct arena *arena, struct text prefix, const uint8_t chance[static LICENSE_KEY_CHANCE_SIZE]);

/* As it is handed out: in groups of five, the prefix first. */
struct text license_key_show(struct arena *arena, const struct license_key *key);
/* For support, who must tell keys apart but never see one: prefix, first group and last four, "DEMO-7F3QK-***C7QX". 80 bits
 * stay unknown. */
struct text license_key_hint(struct arena *arena, const struct license_key *key);

#endif
