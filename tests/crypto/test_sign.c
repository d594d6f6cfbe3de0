#include "../check.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <pthread.h>

#include "base/enc.h"
#include "crypto/sign.h"

struct fixture {
	struct arena *arena;
	struct sign_key *key;
};

static int set_up(void **state)
{
	static struct fixture fixture;
	fixture = (struct fixture){arena_new(), sign_key_generate()};
	*state = &fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	arena_free(f->arena);
	sign_key_free(f->key);
	/* Nothing that was refused may be taken for a fault of this thread's next TLS connection. */
	return ERR_peek_error() == 0 ? 0 : -1;
}

static void read_32(const char *base64url, uint8_t out[static 32])
{
	size_t n;
	assert_int_equal(enc_base64url_read(text_of(base64url), out, 32, &n), 0);
	assert_int_equal(n, 32);
}

/* RFC 7515 appendix A.3. */
static struct sign_key *rfc7515_key(void)
{
	uint8_t x[32], y[32];
	read_32("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", x);
	read_32("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0", y);
	return sign_key_from_public(x, y);
}

static void the_signature_of_rfc7515_is_right(void **state)
{
	struct sign_key *key = rfc7515_key();
	assert_non_null(key);
	uint8_t signature[SIGN_SIZE];
	size_t n;
	assert_int_equal(
		enc_base64url_read(
			TEXT("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"),
			signature, sizeof signature, &n),
		0);
	assert_int_equal(n, SIGN_SIZE);
	const struct text data =
		TEXT("eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
		     "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ");
	assert_int_equal(sign_check(key, data, signature), 0);
	assert_int_not_equal(sign_check(key, TEXT("other"), signature), 0);
	sign_key_free(key);
}

static void signatures_are_right_for_what_was_signed_only(void **state)
{
	struct fixture *f = *state;
	char data[300] = {0};
	for (size_t n = 0; n < sizeof data; n++) {
		uint8_t signature[SIGN_SIZE];
		sign_make(f->key, text_bytes(data, n), signature);
		assert_int_equal(sign_check(f->key, text_bytes(data, n), signature), 0);
		assert_int_not_equal(sign_check(f->key, text_bytes(data, n ? n - 1 : 1), signature), 0);
	}
}

static void one_changed_bit_of_a_signature_is_noticed(void **state)
{
	struct fixture *f = *state;
	uint8_t signature[SIGN_SIZE];
	sign_make(f->key, TEXT("data"), signature);
	for (size_t bit = 0; bit < 8 * SIGN_SIZE; bit++) {
		signature[bit / 8] ^= (uint8_t)(1U << bit % 8);
		assert_int_not_equal(sign_check(f->key, TEXT("data"), signature), 0);
		signature[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
}

static void halves_out_of_range_are_refused(void **state)
{
	struct fixture *f = *state;
	uint8_t right[SIGN_SIZE], signature[SIGN_SIZE];
	sign_make(f->key, TEXT("data"), right);
	static const uint8_t fills[] = {0x00, 0xff};
	for (size_t i = 0; i < COUNT(fills); i++) {
		memset(signature, fills[i], sizeof signature); /* both halves: CVE-2022-21449's is zero */
		assert_int_not_equal(sign_check(f->key, TEXT("data"), signature), 0);
		memcpy(signature, right, SIGN_SIZE / 2);
		assert_int_not_equal(sign_check(f->key, TEXT("data"), signature), 0);
		memset(signature, fills[i], SIGN_SIZE / 2);
		memcpy(signature + SIGN_SIZE / 2, right + SIGN_SIZE / 2, SIGN_SIZE / 2);
		assert_int_not_equal(sign_check(f->key, TEXT("data"), signature), 0);
	}
}

static void a_key_survives_being_stored(void **state)
{
	struct fixture *f = *state;
	struct sign_key *read = sign_key_read(sign_key_private(f->key, f->arena));
	assert_non_null(read);
	uint8_t x[2][32], y[2][32], signature[SIGN_SIZE];
	sign_key_public(f->key, x[0], y[0]);
	sign_key_public(read, x[1], y[1]);
	assert_memory_equal(x[0], x[1], 32);
	assert_memory_equal(y[0], y[1], 32);
	sign_make(read, TEXT("data"), signature);
	assert_int_equal(sign_check(f->key, TEXT("data"), signature), 0);
	sign_key_free(read);
}

static void the_public_half_checks_what_the_private_half_signed(void **state)
{
	struct fixture *f = *state;
	uint8_t x[32], y[32], signature[SIGN_SIZE];
	sign_key_public(f->key, x, y);
	struct sign_key *public = sign_key_from_public(x, y);
	assert_non_null(public);
	sign_make(f->key, TEXT("data"), signature);
	assert_int_equal(sign_check(public, TEXT("data"), signature), 0);
	sign_key_free(public);
	sign_key_free(NULL);
}

static void a_signature_of_another_key_is_wrong(void **state)
{
	struct fixture *f = *state;
	struct sign_key *other = sign_key_generate();
	uint8_t signature[SIGN_SIZE];
	sign_make(other, TEXT("data"), signature);
	assert_int_not_equal(sign_check(f->key, TEXT("data"), signature), 0);
	sign_key_free(other);
}

static void points_off_the_curve_are_refused(void **state)
{
	struct fixture *f = *state;
	uint8_t x[32], y[32];
	sign_key_public(f->key, x, y);
	x[31] ^= 1;
	assert_null(sign_key_from_public(x, y));
	memset(x, 0, sizeof x);
	memset(y, 0, sizeof y);
	assert_null(sign_key_from_public(x, y));
	memset(x, 0xff, sizeof x);
	assert_null(sign_key_from_public(x, y));
}

static void damaged_private_keys_are_refused(void **state)
{
	struct fixture *f = *state;
	const struct text der = sign_key_private(f->key, f->arena);
	for (size_t n = 0; n < der.n; n++)
		assert_null(sign_key_read(text_bytes(der.p, n)));
	char *longer = arena_alloc(f->arena, der.n + 1);
	memcpy(longer, der.p, der.n);
	assert_null(sign_key_read(text_bytes(longer, der.n + 1)));
	/* The public point ends the DER: one that does not belong to the private half. */
	longer[der.n - 1] ^= 1;
	assert_null(sign_key_read(text_bytes(longer, der.n)));
}

static void keys_of_other_kinds_are_refused(void **state)
{
	EVP_PKEY *others[] = {EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-384"),
		EVP_PKEY_Q_keygen(NULL, NULL, "EC", "secp256k1"), EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")};
	for (size_t i = 0; i < COUNT(others); i++) {
		PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(others[i]);
		uint8_t *der = NULL;
		const int n = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
		assert_true(n > 0);
		assert_null(sign_key_read(text_bytes(der, (size_t)n)));
		OPENSSL_free(der);
		PKCS8_PRIV_KEY_INFO_free(info);
		EVP_PKEY_free(others[i]);
	}
}

static void *sign_and_check(void *key)
{
	static char failed;
	for (int i = 0; i < 200; i++) {
		uint8_t signature[SIGN_SIZE];
		const struct text data = text_bytes(&i, sizeof i);
		sign_make(key, data, signature);
		if (sign_check(key, data, signature) != 0)
			return &failed;
	}
	return NULL;
}

static void one_key_serves_many_threads(void **state)
{
	struct fixture *f = *state;
	pthread_t threads[4];
	for (size_t i = 0; i < COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, sign_and_check, f->key), 0);
	for (size_t i = 0; i < COUNT(threads); i++) {
		void *failed;
		assert_int_equal(pthread_join(threads[i], &failed), 0);
		assert_null(failed);
	}
}

#define WITH_KEY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_KEY(the_signature_of_rfc7515_is_right),
		WITH_KEY(signatures_are_right_for_what_was_signed_only),
		WITH_KEY(one_changed_bit_of_a_signature_is_noticed),
		WITH_KEY(halves_out_of_range_are_refused),
		WITH_KEY(a_key_survives_being_stored),
		WITH_KEY(the_public_half_checks_what_the_private_half_signed),
		WITH_KEY(a_signature_of_another_key_is_wrong),
		WITH_KEY(points_off_the_curve_are_refused),
		WITH_KEY(damaged_private_keys_are_refused),
		WITH_KEY(keys_of_other_kinds_are_refused),
		WITH_KEY(one_key_serves_many_threads),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
