#include "core/pkce.h"

#include "base/enc.h"
#include "crypto/mac.h"

_Static_assert(ENC_BASE64URL_SIZE(MAC_SIZE) == PKCE_CHALLENGE_SIZE, "a challenge is one SHA-256");

bool pkce_is_challenge(struct text t)
{
	uint8_t hash[MAC_SIZE];
	size_t n;
	return t.n == PKCE_CHALLENGE_SIZE && enc_base64url_read(t, hash, sizeof hash, &n) == 0;
}

bool pkce_fits(struct text challenge, struct text verifier)
{
	if (challenge.n == 0 || text_absent(verifier))
		return challenge.n == 0 && text_absent(verifier);
	uint8_t hash[MAC_SIZE];
	char wanted[PKCE_CHALLENGE_SIZE];
	mac_sha256(verifier, hash);
	enc_base64url(hash, sizeof hash, wanted);
	return challenge.n == sizeof wanted && secret_equal(wanted, challenge.p, sizeof wanted);
}
