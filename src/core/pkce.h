/*
 * Proof Key for Code Exchange (RFC 7636), S256 alone: whoever asked keeps a verifier and sends its hash ahead.
 */
#ifndef KW_CORE_PKCE_H
#define KW_CORE_PKCE_H

#include "base/text.h"

enum { PKCE_CHALLENGE_SIZE = 43 };

/* Whether it could be a challenge: base64url of 32 bytes. */
bool pkce_is_challenge(struct text t);
/* Whether verifier is the one of challenge: base64url(SHA-256(verifier)). Without a challenge (absent or empty) only an
 * absent verifier fits: one that was never asked for is somebody's mistake, or a downgrade (RFC 9700 section 4.8.2). */
bool pkce_fits(struct text challenge, struct text verifier);

#endif
