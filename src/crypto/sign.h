/*
 * ECDSA P-256 with SHA-256: ES256 of RFC 7518 section 3.4. Signatures are r||s, 64 bytes. Usable from every thread.
 */
#ifndef KW_CRYPTO_SIGN_H
#define KW_CRYPTO_SIGN_H

#include "base/arena.h"

#define SIGN_SIZE 64

struct sign_key;
struct sign_key *sign_key_generate(void);
/* PKCS#8 DER of the private key, in the (wiped) arena. */
struct text sign_key_private(const struct sign_key *key, struct arena *arena);
/* Reads what sign_key_private wrote; NULL when it is not a P-256 private key. */
struct sign_key *sign_key_read(struct text der);
void sign_key_free(struct sign_key *key);

/* The public point, big-endian. */
void sign_key_public(const struct sign_key *key, uint8_t x[static 32], uint8_t y[static 32]);
/* Verify-only key from a public point; NULL when it is not on the curve. */
struct sign_key *sign_key_from_public(const uint8_t x[static 32], const uint8_t y[static 32]);

void sign_make(const struct sign_key *key, struct text data, uint8_t signature[static SIGN_SIZE]);
MUST_USE int sign_check(const struct sign_key *key, struct text data, const uint8_t signature[static SIGN_SIZE]);

#endif
