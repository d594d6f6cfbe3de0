#include "crypto/seal.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>

#include "crypto/rand.h"

#define VERSION 1
#define NONCE_SIZE 12
#define TAG_SIZE 16
#define HEAD_SIZE (1 + NONCE_SIZE)

static EVP_CIPHER *aes_256_gcm;
static pthread_once_t fetched = PTHREAD_ONCE_INIT;

static void fetch(void)
{
	aes_256_gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	MUST(aes_256_gcm != NULL);
}

struct seal_key {
	uint8_t bytes[32];
};

struct seal_key *seal_key_new(const uint8_t master[static MASTER_KEY_SIZE], const char *purpose)
{
	pthread_once(&fetched, fetch);
	struct seal_key *key = calloc(1, sizeof *key);
	MUST(key != NULL);
	mac_derive(master, purpose, key->bytes, sizeof key->bytes);
	return key;
}

void seal_key_free(struct seal_key *key)
{
	if (key == NULL)
		return;
	secret_wipe(key, sizeof *key);
	free(key);
}

enum direction { OPEN = 0, SEAL = 1 };

/* A context that has the key, the nonce and what the bytes are about; the bytes and the tag come next. */
static EVP_CIPHER_CTX *begin(
	const struct seal_key *key, enum direction direction, const uint8_t *nonce, struct text about)
{
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	MUST(context != NULL && about.n <= INT32_MAX);
	MUST(EVP_CipherInit_ex2(context, aes_256_gcm, key->bytes, nonce, direction, NULL) == 1);
	int n;
	MUST(EVP_CipherUpdate(context, NULL, &n, (const uint8_t *)about.p, (int)about.n) == 1);
	return context;
}

static void run(EVP_CIPHER_CTX *context, uint8_t *to, const uint8_t *from, size_t size)
{
	int n = 0;
	if (size > 0)
		MUST(EVP_CipherUpdate(context, to, &n, from, (int)size) == 1);
	MUST((size_t)n == size);
}

struct text seal(const struct seal_key *key, struct arena *arena, struct text about, struct text plain)
{
	MUST(plain.n <= INT32_MAX - HEAD_SIZE - TAG_SIZE);
	const size_t size = HEAD_SIZE + plain.n + TAG_SIZE;
	uint8_t *sealed = arena_alloc(arena, size);
	uint8_t *nonce = sealed + 1, *encrypted = sealed + HEAD_SIZE, *tag = encrypted + plain.n;
	sealed[0] = VERSION;
	rand_bytes(nonce, NONCE_SIZE);

	EVP_CIPHER_CTX *context = begin(key, SEAL, nonce, about);
	run(context, encrypted, (const uint8_t *)plain.p, plain.n);
	int n;
	MUST(EVP_CipherFinal_ex(context, tag, &n) == 1 && n == 0);
	MUST(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE, tag) == 1);
	EVP_CIPHER_CTX_free(context);
	return text_bytes(sealed, size);
}

int seal_open(
	const struct seal_key *key, struct arena *arena, struct text about, struct text sealed, struct text *plain_r)
{
	if (sealed.n < HEAD_SIZE + TAG_SIZE || sealed.n > INT32_MAX || sealed.p[0] != VERSION)
		return -1;
	const size_t size = sealed.n - HEAD_SIZE - TAG_SIZE;
	const uint8_t *nonce = (const uint8_t *)sealed.p + 1, *encrypted = nonce + NONCE_SIZE;
	uint8_t tag[TAG_SIZE];
	memcpy(tag, encrypted + size, sizeof tag);
	/* With a NUL behind it, as arena_copy would. */
	uint8_t *plain = arena_alloc(arena, size + 1);

	EVP_CIPHER_CTX *context = begin(key, OPEN, nonce, about);
	run(context, plain, encrypted, size);
	MUST(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, TAG_SIZE, tag) == 1);
	int n;
	const bool genuine = EVP_CipherFinal_ex(context, tag, &n) == 1;
	EVP_CIPHER_CTX_free(context);
	if (!genuine) {
		secret_wipe(plain, size);
		return -1;
	}
	*plain_r = text_bytes(plain, size);
	return 0;
}
