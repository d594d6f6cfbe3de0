#include "../check.h"

#include <openssl/err.h>

#include "crypto/seal.h"

static const uint8_t master[MASTER_KEY_SIZE] = {7};

struct fixture {
	struct arena *arena;
	struct seal_key *key;
};

static int set_up(void **state)
{
	static struct fixture fixture;
	fixture = (struct fixture){arena_new(), seal_key_new(master, "outbox")};
	*state = &fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	arena_free(f->arena);
	seal_key_free(f->key);
	return 0;
}

static void what_was_sealed_opens_again(void **state)
{
	struct fixture *f = *state;
	static const char bytes[1000] = {1, 0, 2};
	for (size_t n = 0; n < sizeof bytes; n += 37) {
		const struct text plain = text_bytes(bytes, n);
		const struct text sealed = seal(f->key, f->arena, TEXT("row 1"), plain);
		assert_int_equal(sealed.n, 1 + 12 + n + 16);
		assert_int_equal(sealed.p[0], 1);
		struct text opened;
		assert_int_equal(seal_open(f->key, f->arena, TEXT("row 1"), sealed, &opened), 0);
		CHECK_TEXT(opened, plain);
	}
}

static void absent_texts_are_sealed_as_empty_ones(void **state)
{
	struct fixture *f = *state;
	const struct text sealed = seal(f->key, f->arena, TEXT_NONE, TEXT_NONE);
	struct text opened;
	assert_int_equal(seal_open(f->key, f->arena, TEXT(""), sealed, &opened), 0);
	CHECK_STRING(opened, "");
}

static void the_same_text_is_never_sealed_the_same_way(void **state)
{
	struct fixture *f = *state;
	const struct text a = seal(f->key, f->arena, TEXT("row 1"), TEXT("secret"));
	const struct text b = seal(f->key, f->arena, TEXT("row 1"), TEXT("secret"));
	assert_false(text_equal(a, b));
	assert_null(memmem(a.p, a.n, "secret", 6));
}

static void one_changed_bit_anywhere_is_noticed(void **state)
{
	struct fixture *f = *state;
	const struct text sealed = seal(f->key, f->arena, TEXT("row 1"), TEXT("secret"));
	char *bytes = arena_alloc(f->arena, sealed.n);
	memcpy(bytes, sealed.p, sealed.n);
	for (size_t bit = 0; bit < 8 * sealed.n; bit++) {
		bytes[bit / 8] ^= (char)(1 << bit % 8);
		struct text opened = TEXT("untouched");
		assert_int_not_equal(
			seal_open(f->key, f->arena, TEXT("row 1"), text_bytes(bytes, sealed.n), &opened), 0);
		CHECK_STRING(opened, "untouched");
		bytes[bit / 8] ^= (char)(1 << bit % 8);
	}
	assert_int_equal(ERR_peek_error(), 0);
}

static void a_piece_of_it_does_not_open(void **state)
{
	struct fixture *f = *state;
	const struct text sealed = seal(f->key, f->arena, TEXT("row 1"), TEXT("secret"));
	struct text opened;
	for (size_t n = 0; n < sealed.n; n++)
		assert_int_not_equal(seal_open(f->key, f->arena, TEXT("row 1"), text_bytes(sealed.p, n), &opened), 0);
}

static void it_opens_for_its_row_only(void **state)
{
	struct fixture *f = *state;
	const struct text sealed = seal(f->key, f->arena, TEXT("row 1"), TEXT("secret"));
	struct text opened;
	assert_int_not_equal(seal_open(f->key, f->arena, TEXT("row 2"), sealed, &opened), 0);
	assert_int_not_equal(seal_open(f->key, f->arena, TEXT_NONE, sealed, &opened), 0);
}

static void it_opens_with_its_key_only(void **state)
{
	struct fixture *f = *state;
	const struct text sealed = seal(f->key, f->arena, TEXT("row 1"), TEXT("secret"));
	const uint8_t other_master[MASTER_KEY_SIZE] = {8};
	struct seal_key *others[] = {seal_key_new(master, "signing keys"), seal_key_new(other_master, "outbox")};
	for (size_t i = 0; i < COUNT(others); i++) {
		struct text opened;
		assert_int_not_equal(seal_open(others[i], f->arena, TEXT("row 1"), sealed, &opened), 0);
		seal_key_free(others[i]);
	}
	seal_key_free(NULL);
}

#define WITH_KEY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_KEY(what_was_sealed_opens_again),
		WITH_KEY(absent_texts_are_sealed_as_empty_ones),
		WITH_KEY(the_same_text_is_never_sealed_the_same_way),
		WITH_KEY(one_changed_bit_anywhere_is_noticed),
		WITH_KEY(a_piece_of_it_does_not_open),
		WITH_KEY(it_opens_for_its_row_only),
		WITH_KEY(it_opens_with_its_key_only),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
