#include "../check.h"

#include "base/enc.h"
#include "crypto/mac.h"

static const uint8_t master[MASTER_KEY_SIZE] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
	20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31};

static void check_hex(const uint8_t *bytes, size_t n, const char *expected)
{
	char hex[200];
	assert_true(2 * n < sizeof hex);
	enc_hex(bytes, n, hex);
	assert_string_equal(hex, expected);
}

/* n times the same byte. */
static struct text repeated(char *room, char byte, size_t n)
{
	memset(room, byte, n);
	return text_bytes(room, n);
}

static void hmac_sha256_gives_the_vectors_of_rfc4231(void **state)
{
	char key[131], data[50], counting[25];
	for (size_t i = 0; i < sizeof counting; i++)
		counting[i] = (char)(i + 1);
	uint8_t out[MAC_SIZE];
	mac_plain(repeated(key, '\x0b', 20), TEXT("Hi There"), out);
	check_hex(out, sizeof out, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
	mac_plain(TEXT("Jefe"), TEXT("what do ya want for nothing?"), out);
	check_hex(out, sizeof out, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	mac_plain(repeated(key, '\xaa', 20), repeated(data, '\xdd', 50), out);
	check_hex(out, sizeof out, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
	mac_plain(text_bytes(counting, sizeof counting), repeated(data, '\xcd', 50), out);
	check_hex(out, sizeof out, "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
	mac_plain(repeated(key, '\xaa', 131), TEXT("Test Using Larger Than Block-Size Key - Hash Key First"), out);
	check_hex(out, sizeof out, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
	mac_plain(repeated(key, '\xaa', 131),
		TEXT("This is a test using a larger than block-size key and a larger than block-size data. The key "
		     "needs to be hashed before being used by the HMAC algorithm."),
		out);
	check_hex(out, sizeof out, "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

static void hmac_with_an_empty_key_and_no_data_is_defined(void **state)
{
	uint8_t out[MAC_SIZE];
	mac_plain(TEXT(""), TEXT_NONE, out);
	check_hex(out, sizeof out, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

static void sha256_gives_the_vectors_of_fips180(void **state)
{
	uint8_t out[MAC_SIZE];
	mac_sha256(TEXT_NONE, out);
	check_hex(out, sizeof out, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	mac_sha256(TEXT("abc"), out);
	check_hex(out, sizeof out, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

/* The expected bytes were computed with Python's hmac module, by the steps of RFC 5869 and mac.h. */
static void derived_bytes_are_hkdf_with_the_purpose_as_info(void **state)
{
	uint8_t out[42];
	mac_derive(master, "code mac", out, 32);
	check_hex(out, 32, "cdf5daee69a263df1d191ef653f7706aac9b1d487634e5b31675a8caaafa81bc");
	mac_derive(master, "sealing", out, 42);
	check_hex(out, 42, "d48428b27c37cf126ce5da079b3c811a4d96a859101fd1dfe17087bf7fad97ccf4373d874a3a91c45573");
}

static void a_sum_is_hmac_over_parts_led_by_their_length(void **state)
{
	struct mac_key *key = mac_key_new(master, "code mac");
	uint8_t out[MAC_SIZE];
	MAC_SUM(key, out, TEXT("ab"), TEXT_NONE, TEXT("c"));
	check_hex(out, sizeof out, "09a42f1a7c5637ea260291b1c0a9570cd4cdd4cc2b433127f4aebacc13ec5f97");
	mac_sum(key, NULL, 0, out);
	check_hex(out, sizeof out, "da8cbfddc608c1bfbffed7826be48fbb47e7672d1ac8a5bbaf1a4b6f21039dba");
	mac_key_free(key);
}

static void lists_that_join_to_the_same_bytes_do_not_collide(void **state)
{
	struct mac_key *key = mac_key_new(master, "code mac");
	uint8_t out[5][MAC_SIZE];
	MAC_SUM(key, out[0], TEXT("abc"));
	MAC_SUM(key, out[1], TEXT("ab"), TEXT("c"));
	MAC_SUM(key, out[2], TEXT("a"), TEXT("bc"));
	MAC_SUM(key, out[3], TEXT("abc"), TEXT(""));
	MAC_SUM(key, out[4], TEXT(""), TEXT("abc"));
	for (size_t i = 0; i < COUNT(out); i++)
		for (size_t k = i + 1; k < COUNT(out); k++)
			assert_false(secret_equal(out[i], out[k], MAC_SIZE));
	mac_key_free(key);
}

static void keys_of_other_purposes_or_masters_give_other_sums(void **state)
{
	const uint8_t other_master[MASTER_KEY_SIZE] = {1};
	struct mac_key *keys[] = {
		mac_key_new(master, "code"), mac_key_new(master, "refresh"), mac_key_new(other_master, "code")};
	uint8_t out[COUNT(keys)][MAC_SIZE];
	for (size_t i = 0; i < COUNT(keys); i++) {
		MAC_SUM(keys[i], out[i], TEXT("same"));
		mac_key_free(keys[i]);
	}
	assert_memory_not_equal(out[0], out[1], MAC_SIZE);
	assert_memory_not_equal(out[0], out[2], MAC_SIZE);
	mac_key_free(NULL);
}

static void secrets_are_equal_only_when_every_byte_is(void **state)
{
	uint8_t a[32] = {0}, b[32] = {0};
	assert_true(secret_equal(a, b, sizeof a));
	for (size_t bit = 0; bit < 8 * sizeof a; bit++) {
		b[bit / 8] ^= (uint8_t)(1U << bit % 8);
		assert_false(secret_equal(a, b, sizeof a));
		b[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	assert_true(secret_equal(a, "x", 0));
}

static void wiping_leaves_zeros(void **state)
{
	uint8_t secret[32];
	memset(secret, 0xaa, sizeof secret);
	secret_wipe(secret, sizeof secret);
	const uint8_t zeros[32] = {0};
	assert_memory_equal(secret, zeros, sizeof secret);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hmac_sha256_gives_the_vectors_of_rfc4231),
		cmocka_unit_test(hmac_with_an_empty_key_and_no_data_is_defined),
		cmocka_unit_test(sha256_gives_the_vectors_of_fips180),
		cmocka_unit_test(derived_bytes_are_hkdf_with_the_purpose_as_info),
		cmocka_unit_test(a_sum_is_hmac_over_parts_led_by_their_length),
		cmocka_unit_test(lists_that_join_to_the_same_bytes_do_not_collide),
		cmocka_unit_test(keys_of_other_purposes_or_masters_give_other_sums),
		cmocka_unit_test(secrets_are_equal_only_when_every_byte_is),
		cmocka_unit_test(wiping_leaves_zeros),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
