#include "crypto/sign.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "crypto/mac.h"

#define CURVE "prime256v1"
#define COORDINATE_SIZE 32
#define DER_MAX 80 /* SEQUENCE of two INTEGERs of at most 33 bytes */

struct sign_key {
	EVP_PKEY *pair;
	/* Ready to sign (NULL in a verify-only key) and to verify. Never used themselves, only copied: setting up a
	 * context anew costs a third of a signature, and a used one cannot be shared by threads. */
	EVP_PKEY_CTX *signer, *verifier;
	uint8_t x[COORDINATE_SIZE], y[COORDINATE_SIZE];
};

static void coordinate(const EVP_PKEY *pair, const char *name, uint8_t out[static COORDINATE_SIZE])
{
	BIGNUM *value = NULL;
	MUST(EVP_PKEY_get_bn_param(pair, name, &value) == 1);
	MUST(BN_bn2binpad(value, out, COORDINATE_SIZE) == COORDINATE_SIZE);
	BN_free(value);
}

/* OpenSSL keeps a queue of errors per thread, and what is left in it would be taken for a fault of whichever TLS
 * connection this thread serves next. */
static void forget_errors(void)
{
	ERR_clear_error();
}

/* Takes pair over, a P-256 key with or without its private half. */
static struct sign_key *wrap(EVP_PKEY *pair, bool private)
{
	struct sign_key *key = calloc(1, sizeof *key);
	MUST(key != NULL);
	key->pair = pair;
	coordinate(pair, OSSL_PKEY_PARAM_EC_PUB_X, key->x);
	coordinate(pair, OSSL_PKEY_PARAM_EC_PUB_Y, key->y);
	key->verifier = EVP_PKEY_CTX_new_from_pkey(NULL, pair, NULL);
	MUST(key->verifier != NULL && EVP_PKEY_verify_init(key->verifier) == 1);
	if (!private)
		return key;
	key->signer = EVP_PKEY_CTX_new_from_pkey(NULL, pair, NULL);
	MUST(key->signer != NULL && EVP_PKEY_sign_init(key->signer) == 1);
	return key;
}

void sign_key_free(struct sign_key *key)
{
	if (key == NULL)
		return;
	EVP_PKEY_CTX_free(key->signer);
	EVP_PKEY_CTX_free(key->verifier);
	EVP_PKEY_free(key->pair);
	free(key);
}

struct sign_key *sign_key_generate(void)
{
	EVP_PKEY *pair = EVP_PKEY_Q_keygen(NULL, NULL, "EC", CURVE);
	MUST(pair != NULL);
	return wrap(pair, true);
}

struct text sign_key_private(const struct sign_key *key, struct arena *arena)
{
	MUST(key->signer != NULL);
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key->pair);
	const int n = i2d_PKCS8_PRIV_KEY_INFO(info, NULL);
	MUST(info != NULL && n > 0);
	uint8_t *der = arena_alloc(arena, (size_t)n), *end = der;
	MUST(i2d_PKCS8_PRIV_KEY_INFO(info, &end) == n);
	PKCS8_PRIV_KEY_INFO_free(info);
	return text_bytes(der, (size_t)n);
}

static bool is_on_our_curve(EVP_PKEY *pair)
{
	char curve[32];
	return EVP_PKEY_is_a(pair, "EC") && EVP_PKEY_get_group_name(pair, curve, sizeof curve, NULL) == 1 &&
	       strcmp(curve, CURVE) == 0;
}

/* Whether the halves belong together (and are in range), or the public half alone is a point of the curve. */
static bool is_sound(EVP_PKEY *pair, bool private)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, pair, NULL);
	MUST(context != NULL);
	const int result = private ? EVP_PKEY_check(context) : EVP_PKEY_public_check(context);
	EVP_PKEY_CTX_free(context);
	return result == 1;
}

static struct sign_key *wrap_if_sound(EVP_PKEY *pair, bool private)
{
	if (pair != NULL && is_on_our_curve(pair) && is_sound(pair, private))
		return wrap(pair, private);
	EVP_PKEY_free(pair);
	forget_errors();
	return NULL;
}

struct sign_key *sign_key_read(struct text der)
{
	const uint8_t *end = (const uint8_t *)der.p;
	PKCS8_PRIV_KEY_INFO *info = der.n <= INT32_MAX ? d2i_PKCS8_PRIV_KEY_INFO(NULL, &end, (long)der.n) : NULL;
	const bool whole = info != NULL && end == (const uint8_t *)der.p + der.n;
	EVP_PKEY *pair = whole ? EVP_PKCS82PKEY(info) : NULL;
	PKCS8_PRIV_KEY_INFO_free(info);
	return wrap_if_sound(pair, true);
}

void sign_key_public(const struct sign_key *key, uint8_t x[static 32], uint8_t y[static 32])
{
	memcpy(x, key->x, COORDINATE_SIZE);
	memcpy(y, key->y, COORDINATE_SIZE);
}

struct sign_key *sign_key_from_public(const uint8_t x[static 32], const uint8_t y[static 32])
{
	uint8_t point[1 + 2 * COORDINATE_SIZE] = {POINT_CONVERSION_UNCOMPRESSED};
	memcpy(point + 1, x, COORDINATE_SIZE);
	memcpy(point + 1 + COORDINATE_SIZE, y, COORDINATE_SIZE);
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char[]){CURVE}, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point),
		OSSL_PARAM_construct_end(),
	};
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	MUST(context != NULL && EVP_PKEY_fromdata_init(context) == 1);
	EVP_PKEY *pair = NULL;
	if (EVP_PKEY_fromdata(context, &pair, EVP_PKEY_PUBLIC_KEY, params) != 1)
		pair = NULL;
	EVP_PKEY_CTX_free(context);
	return wrap_if_sound(pair, false);
}

/* ---- OpenSSL's DER signatures and JOSE's r||s ---- */

static void der_to_pair(const uint8_t *der, size_t n, uint8_t signature[static SIGN_SIZE])
{
	ECDSA_SIG *parsed = d2i_ECDSA_SIG(NULL, &der, (long)n);
	MUST(parsed != NULL);
	MUST(BN_bn2binpad(ECDSA_SIG_get0_r(parsed), signature, COORDINATE_SIZE) == COORDINATE_SIZE);
	MUST(BN_bn2binpad(ECDSA_SIG_get0_s(parsed), signature + COORDINATE_SIZE, COORDINATE_SIZE) == COORDINATE_SIZE);
	ECDSA_SIG_free(parsed);
}

static size_t pair_to_der(const uint8_t signature[static SIGN_SIZE], uint8_t der[static DER_MAX])
{
	ECDSA_SIG *parsed = ECDSA_SIG_new();
	MUST(parsed != NULL);
	BIGNUM *r = BN_bin2bn(signature, COORDINATE_SIZE, NULL);
	BIGNUM *s = BN_bin2bn(signature + COORDINATE_SIZE, COORDINATE_SIZE, NULL);
	MUST(ECDSA_SIG_set0(parsed, r, s) == 1);
	const int n = i2d_ECDSA_SIG(parsed, &der);
	MUST(n > 0);
	ECDSA_SIG_free(parsed);
	return (size_t)n;
}

void sign_make(const struct sign_key *key, struct text data, uint8_t signature[static SIGN_SIZE])
{
	MUST(key->signer != NULL);
	uint8_t digest[MAC_SIZE], der[DER_MAX];
	mac_sha256(data, digest);
	EVP_PKEY_CTX *signer = EVP_PKEY_CTX_dup(key->signer);
	size_t n = sizeof der;
	MUST(signer != NULL && EVP_PKEY_sign(signer, der, &n, digest, sizeof digest) == 1);
	EVP_PKEY_CTX_free(signer);
	der_to_pair(der, n, signature);
}

int sign_check(const struct sign_key *key, struct text data, const uint8_t signature[static SIGN_SIZE])
{
	uint8_t digest[MAC_SIZE], der[DER_MAX];
	mac_sha256(data, digest);
	const size_t n = pair_to_der(signature, der);
	EVP_PKEY_CTX *verifier = EVP_PKEY_CTX_dup(key->verifier);
	MUST(verifier != NULL);
	const int result = EVP_PKEY_verify(verifier, der, n, digest, sizeof digest);
	EVP_PKEY_CTX_free(verifier);
	if (result == 1)
		return 0;
	forget_errors();
	return -1;
}
