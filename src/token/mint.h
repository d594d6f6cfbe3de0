/*
 * Signed tokens written: access tokens (RFC 9068) and proofs of a contact. They sign, so they belong behind the commit.
 */
#ifndef KW_TOKEN_MINT_H
#define KW_TOKEN_MINT_H

#include "token/token.h"

/* The typ of their headers: what keeps one kind from passing for the other (RFC 8725 section 3.11). */
#define MINT_ACCESS_TYPE "at+jwt"
#define MINT_VERIFICATION_TYPE "verification+jwt"

/* house must live until mint_stop. */
void mint_start(const struct house *house);
void mint_stop(void);

/* public_url: the iss of every token. */
const char *mint_issuer(void);
/* A token for the session, from op->now to the end of token.access_ttl or of the session, whichever is earlier. */
struct text mint_access(struct op *op, const struct session *session, int64_t *expires_in_r);
/* See token_verification_write. */
struct text mint_verification(
	struct op *op, const struct token_verification *verification, const struct contact *contact);

#endif
