/*
 * Bytes at rest: AES-256-GCM with a random 96-bit nonce (NIST SP 800-38D). Sealed form: version 1, nonce, ciphertext, tag.
 */
#ifndef KW_CRYPTO_SEAL_H
#define KW_CRYPTO_SEAL_H

#include "base/arena.h"
#include "crypto/mac.h"

struct seal_key;
struct seal_key *seal_key_new(const uint8_t master[static MASTER_KEY_SIZE], const char *purpose);
void seal_key_free(struct seal_key *key);

/* about is authenticated but not stored: the same must be given to open (say, the row's id). Usable from every thread. */
struct text seal(const struct seal_key *key, struct arena *arena, struct text about, struct text plain);
/* Fails when a bit of sealed or about is another than at sealing, or the key is. */
MUST_USE int seal_open(
	const struct seal_key *key, struct arena *arena, struct text about, struct text sealed, struct text *plain_r);

#endif
