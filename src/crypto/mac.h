/*
 * Keyed and unkeyed digests, and the one comparison that secrets go through. OpenSSL failing at these ends the process.
 */
#ifndef KW_CRYPTO_MAC_H
#define KW_CRYPTO_MAC_H

#include "base/text.h"

#define MAC_SIZE 32
#define MASTER_KEY_SIZE 32

/* A key for one purpose: HKDF-SHA-256 (RFC 5869) of the master key, info = purpose. Usable from every thread. */
struct mac_key;
struct mac_key *mac_key_new(const uint8_t master[static MASTER_KEY_SIZE], const char *purpose);
void mac_key_free(struct mac_key *key); /* wipes; NULL is fine */

/* HMAC-SHA-256 (RFC 2104) over the parts, each led by its length (8 bytes, big-endian) so that no two lists collide. */
void mac_sum(const struct mac_key *key, const struct text *parts, size_t count, uint8_t out[static MAC_SIZE]);
#define MAC_SUM(key, out, ...)                                                                                         \
	mac_sum((key), (const struct text[]){__VA_ARGS__}, COUNT(((const struct text[]){__VA_ARGS__})), (out))
/* Plain HMAC-SHA-256 of data with a key from outside (webhook signatures). */
void mac_plain(struct text key, struct text data, uint8_t out[static MAC_SIZE]);

void mac_sha256(struct text data, uint8_t out[static MAC_SIZE]);
/* Bytes for one purpose from the master key, for seal.h. */
void mac_derive(const uint8_t master[static MASTER_KEY_SIZE], const char *purpose, uint8_t *out, size_t n);

/* The one constant-time comparison: its time depends on n alone. */
bool secret_equal(const void *a, const void *b, size_t n);
void secret_wipe(void *p, size_t n);

#endif
