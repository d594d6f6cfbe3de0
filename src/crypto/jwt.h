/*
 * Compact JWS (RFC 7515) with ES256, and nothing else of JOSE: we mint and check our own tokens, so the key decides the
 * algorithm and the header is only believed where it says what we would have written.
 */
#ifndef KW_CRYPTO_JWT_H
#define KW_CRYPTO_JWT_H

#include "base/buf.h"
#include "crypto/sign.h"

#define JWT_SIZE_MAX 6144
#define JWT_KID_MAX 40

/* Appends header.claims.signature: header {"alg":"ES256","typ":typ,"kid":kid}, claims are JSON text. */
void jwt_mint(struct buf *out, const struct sign_key *key, const char *kid, const char *typ, struct text claims);

/* The key with that kid, or NULL; called at most once per jwt_open. */
typedef const struct sign_key *jwt_find_key(void *context, struct text kid);

/* The claims' bytes (in the arena) of a token of at most JWT_SIZE_MAX characters in three segments, whose header is one
 * object with exactly the members alg=ES256, typ, kid (RFC 8725 section 3.1: no others, no duplicates), whose typ is the
 * one given, whose kid find knows, and whose signature is right. Bad encodings, `crit`, `b64`, `jwk`, … all fail. */
MUST_USE int jwt_open(struct arena *arena, struct text token, const char *typ, jwt_find_key *find, void *context,
	struct text *claims_r);

/* The public key as one JWK object (RFC 7517): kty, crv, x, y, use=sig, alg, kid. */
void jwt_jwk(struct buf *out, const struct sign_key *key, const char *kid);

#endif
