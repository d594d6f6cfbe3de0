/*
 * Tokens of any bytes, and headers of any bytes under a signature that is right. Whatever opens must be what was minted:
 * an opened token has our claims. The first byte of the input chooses between the two.
 */
#include "base/enc.h"
#include "crypto/jwt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CLAIMS TEXT("{\"sub\":\"usr_1\"}")

static const struct sign_key *find(void *key, struct text kid)
{
	MUST(kid.n > 0 && kid.n <= JWT_KID_MAX);
	return text_equal(kid, TEXT("k1")) ? key : NULL;
}

/* header.claims.signature, rightly signed. */
static struct text with_header(struct arena *arena, const struct sign_key *key, struct text header)
{
	struct buf token;
	buf_init(&token, arena, 0);
	enc_base64url_add(&token, header.p, header.n);
	buf_add_char(&token, '.');
	enc_base64url_add(&token, CLAIMS.p, CLAIMS.n);
	uint8_t signature[SIGN_SIZE];
	sign_make(key, buf_text(&token), signature);
	buf_add_char(&token, '.');
	enc_base64url_add(&token, signature, sizeof signature);
	return buf_text(&token);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sign_key *key;
	if (key == NULL)
		key = sign_key_generate();
	if (size == 0)
		return 0;
	const bool is_header = data[0] == 'h';
	struct arena *arena = arena_new();
	struct text token = arena_copy(arena, text_bytes(data + 1, size - 1)), claims;
	if (is_header)
		token = with_header(arena, key, token);
	if (jwt_open(arena, token, "at+jwt", find, key, &claims) == 0)
		MUST(is_header && text_equal(claims, CLAIMS));
	arena_free(arena);
	return 0;
}
