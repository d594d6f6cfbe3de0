#include "../check.h"

#include "base/enc.h"
#include "crypto/jwt.h"
#include "crypto/mac.h"

#define CLAIMS "{\"sub\":\"usr_1\"}"

struct fixture {
	struct arena *arena;
	struct sign_key *key;
	int asked; /* how often find was called */
};

static int set_up(void **state)
{
	static struct fixture fixture;
	fixture = (struct fixture){.arena = arena_new(), .key = sign_key_generate()};
	*state = &fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	arena_free(f->arena);
	sign_key_free(f->key);
	return 0;
}

static const struct sign_key *find(void *context, struct text kid)
{
	struct fixture *f = context;
	f->asked++;
	assert_true(kid.n > 0 && kid.n <= JWT_KID_MAX);
	return text_equal(kid, TEXT("k1")) ? f->key : NULL;
}

static struct text mint(struct fixture *f, struct text claims)
{
	struct buf buf;
	buf_init(&buf, f->arena, 0);
	jwt_mint(&buf, f->key, "k1", "at+jwt", claims);
	return buf_text(&buf);
}

/* A token with the given header and a signature that is right: only the header can be at fault. */
static struct text mint_with_header(struct fixture *f, struct text header)
{
	struct buf buf;
	buf_init(&buf, f->arena, 0);
	enc_base64url_add(&buf, header.p, header.n);
	buf_add_char(&buf, '.');
	enc_base64url_add(&buf, CLAIMS, strlen(CLAIMS));
	uint8_t signature[SIGN_SIZE];
	sign_make(f->key, buf_text(&buf), signature);
	buf_add_char(&buf, '.');
	enc_base64url_add(&buf, signature, sizeof signature);
	return buf_text(&buf);
}

static bool opens(struct fixture *f, struct text token)
{
	struct text claims = TEXT("untouched");
	f->asked = 0;
	const bool opened = jwt_open(f->arena, token, "at+jwt", find, f, &claims) == 0;
	assert_true(f->asked <= 1);
	CHECK_TEXT(claims, opened ? TEXT(CLAIMS) : TEXT("untouched"));
	return opened;
}

static void a_minted_token_opens_with_its_claims(void **state)
{
	struct fixture *f = *state;
	assert_true(opens(f, mint(f, TEXT(CLAIMS))));
}

static void a_minted_token_has_the_header_that_the_door_promises(void **state)
{
	struct fixture *f = *state;
	struct text rest = mint(f, TEXT(CLAIMS));
	char header[100];
	size_t n;
	assert_int_equal(enc_base64url_read(text_cut(&rest, '.'), header, sizeof header, &n), 0);
	CHECK_TEXT(text_bytes(header, n), TEXT("{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"k1\"}"));
}

static void minting_appends_to_what_is_there(void **state)
{
	struct fixture *f = *state;
	struct buf buf;
	buf_init(&buf, f->arena, 0);
	buf_add(&buf, TEXT("Bearer "));
	jwt_mint(&buf, f->key, "k1", "at+jwt", TEXT(CLAIMS));
	const struct text whole = buf_text(&buf);
	assert_true(text_starts(whole, TEXT("Bearer ey")));
	assert_true(opens(f, text_bytes(whole.p + 7, whole.n - 7)));
}

static void order_and_white_space_of_the_header_do_not_matter(void **state)
{
	struct fixture *f = *state;
	assert_true(opens(f, mint_with_header(f, TEXT("{\"kid\" : \"k1\", \"typ\":\"at+jwt\",\n\"alg\":\"ES256\"}"))));
}

/* THREATS E1: nothing in a header changes how we check. */
static void any_other_header_is_refused_though_the_signature_is_right(void **state)
{
	static const char *const headers[] = {
		/* other algorithms */
		"{\"alg\":\"none\",\"typ\":\"at+jwt\",\"kid\":\"k1\"}",
		"{\"alg\":\"None\",\"typ\":\"at+jwt\",\"kid\":\"k1\"}",
		"{\"alg\":\"HS256\",\"typ\":\"at+jwt\",\"kid\":\"k1\"}",
		"{\"alg\":\"es256\",\"typ\":\"at+jwt\",\"kid\":\"k1\"}",
		"{\"alg\":\"ES256K\",\"typ\":\"at+jwt\",\"kid\":\"k1\"}",
		"{\"alg\":\"ES384\",\"typ\":\"at+jwt\",\"kid\":\"k1\"}",
		"{\"alg\":\"\",\"typ\":\"at+jwt\",\"kid\":\"k1\"}",
		"{\"alg\":null,\"typ\":\"at+jwt\",\"kid\":\"k1\"}",
		"{\"alg\":[\"ES256\"],\"typ\":\"at+jwt\",\"kid\":\"k1\"}",
		"{\"alg\":\"ES256\\u0000\",\"typ\":\"at+jwt\",\"kid\":\"k1\"}",
		/* missing members */
		"{\"typ\":\"at+jwt\",\"kid\":\"k1\"}",
		"{\"alg\":\"ES256\",\"kid\":\"k1\"}",
		"{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}",
		"{}",
		/* extra members */
		"{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"k1\",\"crit\":[\"exp\"]}",
		"{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"k1\",\"b64\":false}",
		"{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"k1\",\"jku\":\"http://127.0.0.1/\"}",
		"{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"k1\",\"x5u\":\"http://127.0.0.1/\"}",
		"{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"k1\",\"jwk\":{}}",
		"{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"k1\",\"zip\":\"DEF\"}",
		"{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"k1\",\"x\":1}",
		/* duplicate members */
		"{\"alg\":\"ES256\",\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"k1\"}",
		"{\"alg\":\"none\",\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"k1\"}",
		"{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"k2\",\"kid\":\"k1\"}",
		/* other types of token */
		"{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"k1\"}",
		"{\"alg\":\"ES256\",\"typ\":\"license+jwt\",\"kid\":\"k1\"}",
		"{\"alg\":\"ES256\",\"typ\":\"AT+JWT\",\"kid\":\"k1\"}",
		"{\"alg\":\"ES256\",\"typ\":1,\"kid\":\"k1\"}",
		/* other kids */
		"{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"k2\"}",
		"{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"\"}",
		"{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":1}",
		"{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"../../k1\"}",
		"{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"k1\\u0000\"}",
		"{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"' OR 1=1 --\"}",
		"{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"12345678901234567890123456789012345678901\"}",
		/* not one JSON object */
		"",
		" ",
		"null",
		"\"ES256\"",
		"[{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"k1\"}]",
		"{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"k1\"}{}",
		"{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"k1\"} x",
		"{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"k1\"",
		"{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"k1\",}",
		"{'alg':'ES256','typ':'at+jwt','kid':'k1'}",
		"\xef\xbb\xbf{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"k1\"}",
		"{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"k\xff\"}",
	};
	for (size_t i = 0; i < COUNT(headers); i++)
		if (opens(*state, mint_with_header(*state, text_of(headers[i]))))
			fail_msg("opened with the header %s", headers[i]);
}

static void a_header_that_is_too_long_or_too_deep_is_refused(void **state)
{
	struct fixture *f = *state;
	char header[4000];
	memset(header, ' ', sizeof header);
	static const char good[] = "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"k1\"}";
	memcpy(header, good, strlen(good));
	assert_true(opens(f, mint_with_header(f, text_bytes(header, 256))));
	assert_false(opens(f, mint_with_header(f, text_bytes(header, 257))));
	assert_false(opens(f, mint_with_header(f, text_bytes(header, 2500))));
	memset(header, '[', sizeof header);
	assert_false(opens(f, mint_with_header(f, text_bytes(header, 256))));
}

/* THREATS E1: the public key is public, so a MAC with it proves nothing. */
static void a_mac_with_the_public_key_is_no_signature(void **state)
{
	struct fixture *f = *state;
	uint8_t point[64], mac[2 * MAC_SIZE] = {0};
	sign_key_public(f->key, point, point + 32);
	struct buf buf;
	buf_init(&buf, f->arena, 0);
	static const char header[] = "{\"alg\":\"HS256\",\"typ\":\"at+jwt\",\"kid\":\"k1\"}";
	enc_base64url_add(&buf, header, strlen(header));
	buf_add_char(&buf, '.');
	enc_base64url_add(&buf, CLAIMS, strlen(CLAIMS));
	mac_plain(text_bytes(point, sizeof point), buf_text(&buf), mac);
	const struct text signed_part = arena_copy(f->arena, buf_text(&buf));
	for (size_t size = 0; size <= sizeof mac; size += MAC_SIZE) {
		struct buf token;
		buf_init(&token, f->arena, 0);
		buf_add(&token, signed_part);
		buf_add_char(&token, '.');
		enc_base64url_add(&token, mac, size);
		assert_false(opens(f, buf_text(&token)));
	}
}

static void one_changed_character_anywhere_is_noticed(void **state)
{
	struct fixture *f = *state;
	const struct text token = mint(f, TEXT(CLAIMS));
	char *changed = arena_string(f->arena, token);
	for (size_t i = 0; i < token.n; i++) {
		static const char others[] = "A-_.=%+/ \n\xff";
		for (size_t k = 0; k < sizeof others; k++) {
			if (others[k] == token.p[i])
				continue;
			changed[i] = others[k];
			assert_false(opens(f, text_bytes(changed, token.n)));
		}
		changed[i] = token.p[i];
	}
}

static void the_last_character_of_the_signature_has_one_form(void **state)
{
	struct fixture *f = *state;
	const struct text token = mint(f, TEXT(CLAIMS));
	char *changed = arena_string(f->arena, token);
	int accepted = 0;
	for (int c = 0; c < 256; c++) {
		changed[token.n - 1] = (char)c;
		accepted += opens(f, text_bytes(changed, token.n));
	}
	assert_int_equal(accepted, 1);
}

static void pieces_and_surplus_segments_are_refused(void **state)
{
	struct fixture *f = *state;
	const struct text token = mint(f, TEXT(CLAIMS));
	for (size_t n = 0; n < token.n; n++)
		assert_false(opens(f, text_bytes(token.p, n)));
	static const char *const surplus[] = {".", "=", "==", "A", ".A", " ", "\n"};
	for (size_t i = 0; i < COUNT(surplus); i++) {
		assert_false(opens(f, arena_printf(f->arena, "%s%s", token.p, surplus[i])));
		assert_false(opens(f, arena_printf(f->arena, "%s%s", surplus[i], token.p)));
	}
	assert_false(opens(f, TEXT_NONE));
}

/* Three segments, two of them from a good token and one of n characters. */
static struct text with_segment(struct arena *arena, struct text token, int which, size_t n)
{
	struct buf buf;
	buf_init(&buf, arena, n);
	for (int i = 0; i < 3; i++) {
		const struct text segment = text_cut(&token, '.');
		if (i == which)
			memset(buf_claim(&buf, n), 'A', n);
		else
			buf_add(&buf, segment);
		if (i < 2)
			buf_add_char(&buf, '.');
	}
	return buf_text(&buf);
}

/* THREATS E2. */
static void segments_of_any_other_size_are_refused(void **state)
{
	struct fixture *f = *state;
	const struct text token = mint(f, TEXT(CLAIMS));
	for (int which = 0; which < 3; which++) {
		assert_false(opens(f, with_segment(f->arena, token, which, 0)));
		for (size_t power = 1; power <= 1 << 20; power *= 2)
			for (size_t n = power - 1; n <= power + 1; n++)
				assert_false(opens(f, with_segment(f->arena, token, which, n)));
		assert_false(opens(f, with_segment(f->arena, token, which, 21830)));
	}
}

static void a_token_may_have_the_longest_size_and_no_more(void **state)
{
	struct fixture *f = *state;
	/* Claims that make tokens of just the sizes around JWT_SIZE_MAX. */
	const size_t around = mint(f, TEXT("")).n;
	static char claims[JWT_SIZE_MAX];
	memset(claims, ' ', sizeof claims);
	const size_t fits = (JWT_SIZE_MAX - around) * 3 / 4;
	struct text opened;
	const struct text longest = mint(f, text_bytes(claims, fits)), longer = mint(f, text_bytes(claims, fits + 1));
	assert_true(longest.n <= JWT_SIZE_MAX && longer.n > JWT_SIZE_MAX);
	assert_int_equal(jwt_open(f->arena, longest, "at+jwt", find, f, &opened), 0);
	assert_int_equal(opened.n, fits);
	assert_int_not_equal(jwt_open(f->arena, longer, "at+jwt", find, f, &opened), 0);
}

static void a_token_of_one_type_is_not_taken_for_another(void **state)
{
	struct fixture *f = *state;
	struct text claims;
	assert_int_not_equal(jwt_open(f->arena, mint(f, TEXT(CLAIMS)), "license+jwt", find, f, &claims), 0);
	assert_int_equal(f->asked, 0);
}

static void the_jwk_has_the_public_members_only(void **state)
{
	struct fixture *f = *state;
	uint8_t x[32] = {0}, y[32] = {0};
	size_t n;
	assert_int_equal(enc_base64url_read(TEXT("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"), x, sizeof x, &n), 0);
	assert_int_equal(enc_base64url_read(TEXT("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"), y, sizeof y, &n), 0);
	struct sign_key *key = sign_key_from_public(x, y);
	struct buf buf;
	buf_init(&buf, f->arena, 0);
	jwt_jwk(&buf, key, "k1");
	CHECK_STRING(buf_text(&buf),
		"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
		"\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\",\"use\":\"sig\",\"alg\":\"ES256\",\"kid\":"
		"\"k1\"}");
	sign_key_free(key);
}

#define WITH_KEY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_KEY(a_minted_token_opens_with_its_claims),
		WITH_KEY(a_minted_token_has_the_header_that_the_door_promises),
		WITH_KEY(minting_appends_to_what_is_there),
		WITH_KEY(order_and_white_space_of_the_header_do_not_matter),
		WITH_KEY(any_other_header_is_refused_though_the_signature_is_right),
		WITH_KEY(a_header_that_is_too_long_or_too_deep_is_refused),
		WITH_KEY(a_mac_with_the_public_key_is_no_signature),
		WITH_KEY(one_changed_character_anywhere_is_noticed),
		WITH_KEY(the_last_character_of_the_signature_has_one_form),
		WITH_KEY(pieces_and_surplus_segments_are_refused),
		WITH_KEY(segments_of_any_other_size_are_refused),
		WITH_KEY(a_token_may_have_the_longest_size_and_no_more),
		WITH_KEY(a_token_of_one_type_is_not_taken_for_another),
		WITH_KEY(the_jwk_has_the_public_members_only),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
