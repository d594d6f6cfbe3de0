#include "../check.h"

#include "maker.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <stdio.h>
#include <stdlib.h>

const char MAKER_HEADER[] = "{\"alg\":\"ES256\",\"typ\":\"license+jwt\",\"kid\":\"lic_1\"}";
/* device: printf %s device-1 | sha256sum */
const char MAKER_CLAIMS[] =
	"{\"iss\":\"https://auth.example.com\",\"sub\":\"0197a1c2-0000-7000-8000-000000000001\",\"aud\":\"app-1\","
	"\"device\":\"03204de92e11fc8c528139be419065920eb83dbff1a4663bbea455aa6e9702bd\","
	"\"aid\":\"0197a1c2-0000-7000-8000-000000000002\","
	"\"ent\":{\"pro\":true,\"seats\":5,\"ratio\":0.25,\"tier\":\"gold\"},"
	"\"iat\":1000000,\"nbf\":1000000,\"exp\":1604800,\"refresh_after\":1100000}";

void maker_init(struct maker *maker)
{
	maker->key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	maker->kid = "lic_1";
	assert_non_null(maker->key);
}

void maker_done(struct maker *maker)
{
	EVP_PKEY_free(maker->key);
}

char *maker_base64url(const void *bytes, size_t n)
{
	char *text = malloc(4 * (n / 3 + 1) + 1);
	assert_non_null(text);
	EVP_EncodeBlock((unsigned char *)text, bytes, (int)n);
	text[strcspn(text, "=")] = '\0';
	for (char *c = text; *c; c++)
		*c = (char)(*c == '+' ? '-' : *c == '/' ? '_' : *c);
	return text;
}

static char *coordinate(const struct maker *maker, const char *name)
{
	BIGNUM *value = NULL;
	unsigned char bytes[32];
	assert_int_equal(EVP_PKEY_get_bn_param(maker->key, name, &value), 1);
	assert_int_equal(BN_bn2binpad(value, bytes, sizeof bytes), sizeof bytes);
	BN_free(value);
	return maker_base64url(bytes, sizeof bytes);
}

char *maker_jwk(const struct maker *maker, const char *kid)
{
	char *x = coordinate(maker, OSSL_PKEY_PARAM_EC_PUB_X), *y = coordinate(maker, OSSL_PKEY_PARAM_EC_PUB_Y), *jwk;
	assert_true(asprintf(&jwk,
			    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%s\",\"y\":\"%s\",\"use\":\"sig\","
			    "\"alg\":\"ES256\",\"kid\":\"%s\"}",
			    x, y, kid) > 0);
	free(x);
	free(y);
	return jwk;
}

char *maker_jwks(const struct maker *maker)
{
	char *jwk = maker_jwk(maker, maker->kid), *jwks;
	assert_true(asprintf(&jwks, "{\"keys\":[%s]}", jwk) > 0);
	free(jwk);
	return jwks;
}

/* r and s of the signature, 32 bytes each. */
static void sign(const struct maker *maker, const char *text, unsigned char pair[static 64])
{
	unsigned char der[128];
	size_t n = sizeof der;
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	assert_int_equal(EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, maker->key), 1);
	assert_int_equal(EVP_DigestSign(context, der, &n, (const unsigned char *)text, strlen(text)), 1);
	EVP_MD_CTX_free(context);
	const unsigned char *begin = der;
	ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &begin, (long)n);
	assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(signature), pair, 32), 32);
	assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(signature), pair + 32, 32), 32);
	ECDSA_SIG_free(signature);
}

char *maker_signed(const struct maker *maker, const char *data)
{
	unsigned char pair[64];
	sign(maker, data, pair);
	char *encoded = maker_base64url(pair, sizeof pair), *token;
	assert_true(asprintf(&token, "%s.%s", data, encoded) > 0);
	free(encoded);
	return token;
}

char *maker_token(const struct maker *maker, const char *header, const void *claims, size_t n)
{
	char *first = maker_base64url(header, strlen(header)), *second = maker_base64url(claims, n), *data;
	assert_true(asprintf(&data, "%s.%s", first, second) > 0);
	char *token = maker_signed(maker, data);
	free(first);
	free(second);
	free(data);
	return token;
}

char *maker_lease(const struct maker *maker, const char *claims)
{
	return maker_token(maker, MAKER_HEADER, claims, strlen(claims));
}

char *maker_claims(const char *piece, const char *by)
{
	const char *found = strstr(MAKER_CLAIMS, piece);
	char *claims;
	assert_non_null(found);
	assert_true(asprintf(&claims, "%.*s%s%s", (int)(found - MAKER_CLAIMS), MAKER_CLAIMS, by,
			    found + strlen(piece)) > 0);
	return claims;
}
