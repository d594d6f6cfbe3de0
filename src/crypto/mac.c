#include "crypto/mac.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <pthread.h>
#include <stdlib.h>

/* Looking an algorithm up costs more than running it, so it is done once. */
static EVP_MD *sha256;
static EVP_MAC *hmac;
static pthread_once_t fetched = PTHREAD_ONCE_INIT;

static void fetch(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	MUST(sha256 != NULL && hmac != NULL);
}

struct mac_key {
	EVP_MAC_CTX *keyed; /* never used itself, only copied: that is what makes a key shareable */
};

struct mac_key *mac_key_new(const uint8_t master[static MASTER_KEY_SIZE], const char *purpose)
{
	pthread_once(&fetched, fetch);
	struct mac_key *key = calloc(1, sizeof *key);
	MUST(key != NULL);
	key->keyed = EVP_MAC_CTX_new(hmac);
	MUST(key->keyed != NULL);

	uint8_t bytes[MAC_SIZE];
	mac_derive(master, purpose, bytes, sizeof bytes);
	const OSSL_PARAM digest[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char[]){"SHA256"}, 0),
		OSSL_PARAM_construct_end(),
	};
	MUST(EVP_MAC_init(key->keyed, bytes, sizeof bytes, digest) == 1);
	secret_wipe(bytes, sizeof bytes);
	return key;
}

void mac_key_free(struct mac_key *key)
{
	if (key == NULL)
		return;
	EVP_MAC_CTX_free(key->keyed);
	free(key);
}

static void add(EVP_MAC_CTX *context, const void *p, size_t n)
{
	MUST(EVP_MAC_update(context, p, n) == 1);
}

void mac_sum(const struct mac_key *key, const struct text *parts, size_t count, uint8_t out[static MAC_SIZE])
{
	EVP_MAC_CTX *context = EVP_MAC_CTX_dup(key->keyed);
	MUST(context != NULL);
	for (size_t i = 0; i < count; i++) {
		const uint64_t length = __builtin_bswap64(parts[i].n);
		add(context, &length, sizeof length);
		add(context, parts[i].p, parts[i].n);
	}
	size_t n;
	MUST(EVP_MAC_final(context, out, &n, MAC_SIZE) == 1 && n == MAC_SIZE);
	EVP_MAC_CTX_free(context);
}

void mac_plain(struct text key, struct text data, uint8_t out[static MAC_SIZE])
{
	MUST(key.n <= INT32_MAX);
	unsigned n;
	MUST(HMAC(EVP_sha256(), key.p, (int)key.n, (const uint8_t *)data.p, data.n, out, &n) != NULL && n == MAC_SIZE);
}

void mac_sha256(struct text data, uint8_t out[static MAC_SIZE])
{
	pthread_once(&fetched, fetch);
	MUST(EVP_Digest(data.p, data.n, out, NULL, sha256, NULL) == 1);
}

void mac_derive(const uint8_t master[static MASTER_KEY_SIZE], const char *purpose, uint8_t *out, size_t n)
{
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char[]){"SHA256"}, 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)master, MASTER_KEY_SIZE),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)purpose, strlen(purpose)),
		OSSL_PARAM_construct_end(),
	};
	EVP_KDF *hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *context = EVP_KDF_CTX_new(hkdf);
	MUST(context != NULL && EVP_KDF_derive(context, out, n, params) == 1);
	EVP_KDF_CTX_free(context);
	EVP_KDF_free(hkdf);
}

bool secret_equal(const void *a, const void *b, size_t n)
{
	return CRYPTO_memcmp(a, b, n) == 0;
}

void secret_wipe(void *p, size_t n)
{
	OPENSSL_cleanse(p, n);
}
