/* Access tokens: what is minted is taken, and nothing else is; what was seen is remembered no longer than it may be. */
#include "../user/house.h"

#include "base/clock.h"
#include "token/access.h"
#include "token/key.h"
#include "token/mint.h"

static struct test_house *start(void **state)
{
	struct test_house *house = house_of(state);
	assert_int_equal(key_start(&house->house), 0);
	mint_start(&house->house);
	access_start();
	house->now = clock_now();
	return house;
}

static int remove_all(void **state)
{
	access_stop();
	mint_stop();
	key_stop();
	return house_remove(state);
}

static struct session session_of(const struct test_house *house)
{
	return (struct session){.app_id = house->app_id,
		.user_id = uuid_new(1),
		.session_id = uuid_new(2),
		.auth_time = house->now,
		.idle_until = house->now + house->settings.token_refresh_ttl,
		.expires_at = house->now + house->settings.token_session_ttl,
		.amr = TEXT("otp-sms")};
}

static struct text mint(struct test_house *house)
{
	const struct session session = session_of(house);
	int64_t expires_in;
	return mint_access(house_op(house), &session, &expires_in);
}

static enum err check(struct test_house *house, struct text token)
{
	struct access access;
	return access_check(house_op(house), token, &access);
}

/* ---- minted, checked (THREATS E3, E4) ---- */

static void what_is_minted_is_read_back(void **state)
{
	struct test_house *house = start(state);
	const struct session session = session_of(house);
	int64_t expires_in = 0;
	const struct text token = mint_access(house_op(house), &session, &expires_in);
	assert_int_equal(expires_in, 1800);
	for (int seen = 0; seen < 2; seen++) {
		struct access access;
		assert_int_equal(access_check(house_op(house), token, &access), ERR_NONE);
		assert_true(uuid_equal(access.app_id, session.app_id));
		assert_true(uuid_equal(access.user_id, session.user_id));
		assert_true(uuid_equal(access.session_id, session.session_id));
		assert_true(uuid_is_nil(access.tenant_id));
		assert_int_equal(access.auth_time, house->now / 1000);
		assert_int_equal(access.exp - access.iat, 1800);
	}
}

static void the_largest_set_of_roles_fits_into_a_token(void **state)
{
	struct test_house *house = start(state);
	struct session session = session_of(house);
	struct text roles[ROLE_HELD_MAX];
	struct access access;
	int64_t expires_in;
	char longest[ROLE_NAME_MAX];
	memset(longest, 'r', sizeof longest);
	for (size_t i = 0; i < COUNT(roles); i++)
		roles[i] = text_bytes(longest, sizeof longest);
	session.tenant_id = uuid_new(3);
	session.roles = (struct text_list){roles, COUNT(roles)};
	const struct text token = mint_access(house_op(house), &session, &expires_in);
	assert_true(token.n < 4096);
	assert_int_equal(access_check(house_op(house), token, &access), ERR_NONE);
	assert_true(uuid_equal(access.tenant_id, session.tenant_id));
}

static void a_token_holds_for_its_time_seen_or_not(void **state)
{
	struct test_house *house = start(state);
	const struct text seen = mint(house), unseen = mint(house);
	const int64_t made = house->now / 1000 * 1000;
	house->now = made + 1799 * 1000;
	assert_int_equal(check(house, seen), ERR_NONE);
	house->now = made + 1800 * 1000;
	assert_int_equal(check(house, seen), ERR_TOKEN_EXPIRED);
	assert_int_equal(check(house, unseen), ERR_TOKEN_EXPIRED);
}

static void a_token_never_outlives_its_session(void **state)
{
	struct test_house *house = start(state);
	struct session session = session_of(house);
	int64_t expires_in;
	house->now = session.idle_until - 90 * 1000;
	mint_access(house_op(house), &session, &expires_in);
	assert_in_range(expires_in, 89, 90);
	session.idle_until = session.expires_at;
	house->now = session.expires_at - 5 * 1000;
	mint_access(house_op(house), &session, &expires_in);
	assert_in_range(expires_in, 4, 5);
}

static void a_token_from_the_future_is_invalid_beyond_a_minute(void **state)
{
	struct test_house *house = start(state);
	const int64_t now = house->now;
	house->now = now + 60 * 1000;
	const struct text near = mint(house);
	house->now = now + 62 * 1000;
	const struct text far = mint(house);
	house->now = now;
	assert_int_equal(check(house, near), ERR_NONE);
	assert_int_equal(check(house, far), ERR_TOKEN_INVALID);
	assert_int_equal(check(house, far), ERR_TOKEN_INVALID);
}

static void a_verification_token_is_no_access_token(void **state)
{
	struct test_house *house = start(state);
	const struct contact contact = {CONTACT_EMAIL, TEXT("a@b.example"), TEXT("A@b.example")};
	const struct token_verification verification = {
		.app_id = house->app_id, .purpose = TEXT("payment"), .jti = TEXT("otp_1")};
	const struct text token = mint_verification(house_op(house), &verification, &contact);
	assert_int_equal(check(house, token), ERR_TOKEN_INVALID);
}

static enum err read_back(struct test_house *house, struct text token, struct token_verification *read)
{
	return token_verification_read(house_op(house), token, read);
}

static void a_verification_token_is_read_back_while_it_holds(void **state)
{
	struct test_house *house = start(state);
	const struct contact contact = {CONTACT_PHONE, TEXT("+4915112345"), TEXT("+4915112345")};
	struct token_verification verification = {.app_id = house->app_id,
					  .user_id = uuid_new(house->now),
					  .purpose = TEXT("change_contact"),
					  .jti = TEXT("otp_1")},
				  read = {.iat = 7};
	const struct text token = token_verification_write(house_op(house), &verification, &contact);
	const struct session session = session_of(house);
	int64_t expires_in;
	assert_int_equal(
		read_back(house, mint_access(house_op(house), &session, &expires_in), &read), ERR_TOKEN_INVALID);
	assert_int_equal(read_back(house, TEXT("kwr_x"), &read), ERR_TOKEN_INVALID);
	assert_int_equal(read.iat, 7);
	const int64_t made = house->now / 1000;
	assert_int_equal(read_back(house, token, &read), ERR_NONE);
	assert_true(uuid_equal(read.app_id, house->app_id) && uuid_equal(read.user_id, verification.user_id));
	assert_true(text_equal(read.purpose, verification.purpose) && text_equal(read.jti, verification.jti));
	assert_int_equal(read.iat, made);
	house->now = (made + 299) * 1000;
	assert_int_equal(read_back(house, token, &read), ERR_NONE);
	house->now = (made + 300) * 1000;
	assert_int_equal(read_back(house, token, &read), ERR_TOKEN_INVALID);
	verification.user_id = (struct uuid){{0}};
	const struct text nobodys = token_verification_write(house_op(house), &verification, &contact);
	assert_int_equal(read_back(house, nobodys, &read), ERR_NONE);
	assert_true(uuid_is_nil(read.user_id));
}

/* ---- claims that we would not have written ---- */

#define ID_A "01890a5d-ac96-774b-bcce-b302099a8057"
#define ID_B "01890a5d-ac96-774b-bcce-b302099a8058"
#define FRAME(iss, aud, client) "{\"iss\":\"" iss "\",\"aud\":" aud ",\"client_id\":\"" client "\","
#define PEOPLE "\"sub\":\"" ID_A "\",\"sid\":\"" ID_B "\","
#define TIMES "\"iat\":%lld,\"exp\":%lld,\"auth_time\":1}"
#define GOOD FRAME("https://id.example", "\"" ID_A "\"", ID_A)

static const struct {
	const char *type, *claims;
	enum err err;
} TABLE[] = {
	{"at+jwt", GOOD PEOPLE TIMES, ERR_NONE},
	{"JWT", GOOD PEOPLE TIMES, ERR_TOKEN_INVALID},
	{"license+jwt", GOOD PEOPLE TIMES, ERR_TOKEN_INVALID},
	{"verification+jwt", GOOD PEOPLE TIMES, ERR_TOKEN_INVALID},
	{"at+jwt", FRAME("https://id.example/", "\"" ID_A "\"", ID_A) PEOPLE TIMES, ERR_TOKEN_INVALID},
	{"at+jwt", FRAME("https://evil.example", "\"" ID_A "\"", ID_A) PEOPLE TIMES, ERR_TOKEN_INVALID},
	{"at+jwt", FRAME("https://id.example", "[\"" ID_A "\"]", ID_A) PEOPLE TIMES, ERR_TOKEN_INVALID},
	{"at+jwt", FRAME("https://id.example", "\"" ID_A "\"", ID_B) PEOPLE TIMES, ERR_TOKEN_INVALID},
	{"at+jwt", GOOD "\"sid\":\"" ID_B "\"," TIMES, ERR_TOKEN_INVALID},
	{"at+jwt", GOOD "\"sub\":\"" ID_B "\"," TIMES, ERR_TOKEN_INVALID},
	{"at+jwt", GOOD "\"sub\":\"x\",\"sid\":\"" ID_B "\"," TIMES, ERR_TOKEN_INVALID},
	{"at+jwt", GOOD PEOPLE "\"tenant_id\":7," TIMES, ERR_TOKEN_INVALID},
	{"at+jwt", GOOD PEOPLE "\"exp\":1," TIMES, ERR_TOKEN_INVALID},
	{"at+jwt", GOOD PEOPLE "\"iat\":%lld,\"exp\":%lld.0,\"auth_time\":1}", ERR_TOKEN_INVALID},
	{"at+jwt", GOOD PEOPLE "\"iat\":%lld,\"exp\":\"%lld\",\"auth_time\":1}", ERR_TOKEN_INVALID},
	{"at+jwt", "[]", ERR_TOKEN_INVALID},
	{"at+jwt", "", ERR_TOKEN_INVALID},
};

static void only_claims_as_we_write_them_are_taken(void **state)
{
	struct test_house *house = start(state);
	const struct key *key = key_signer(key_current(), KEY_TOKEN, house->now);
	const long long iat = house->now / 1000;
	for (size_t i = 0; i < COUNT(TABLE); i++) {
		char claims[1024];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(claims, sizeof claims, TABLE[i].claims, iat, iat + 60);
#pragma GCC diagnostic pop
		struct buf token;
		buf_init(&token, house->arena, 1024);
		jwt_mint(&token, key->sign, key->kid, TABLE[i].type, text_of(claims));
		if (check(house, buf_text(&token)) != TABLE[i].err)
			fail_msg("%s %s", TABLE[i].type, claims);
	}
}

static void what_is_no_token_is_invalid(void **state)
{
	struct test_house *house = start(state);
	const struct text good = mint(house);
	char *changed = arena_string(house->arena, good);
	changed[good.n - 5] = changed[good.n - 5] == 'A' ? 'B' : 'A';
	assert_int_equal(check(house, text_bytes(changed, good.n)), ERR_TOKEN_INVALID);
	assert_int_equal(check(house, TEXT_NONE), ERR_TOKEN_INVALID);
	assert_int_equal(check(house, TEXT("kwr_x")), ERR_TOKEN_INVALID);
	char *huge = arena_alloc(house->arena, 1 << 20);
	memset(huge, 'A', 1 << 20);
	assert_int_equal(check(house, text_bytes(huge, 1 << 20)), ERR_TOKEN_INVALID);
	assert_int_equal(check(house, good), ERR_NONE);
}

/* ---- remembered (THREATS E9) ---- */

struct retirement {
	struct text kid, replacement;
};

static enum err run_retire(struct op *op, void *context)
{
	struct retirement *retirement = context;
	return key_retire(op, retirement->kid, &retirement->replacement);
}

static void a_seen_token_dies_with_its_key(void **state)
{
	struct test_house *house = start(state);
	const struct text token = mint(house);
	assert_int_equal(check(house, token), ERR_NONE);
	assert_int_equal(check(house, token), ERR_NONE);
	struct retirement retirement = {
		.kid = arena_copy(house->arena, text_of(key_signer(key_current(), KEY_TOKEN, house->now)->kid))};
	assert_int_equal(house_run(house, house_op(house), run_retire, &retirement), ERR_NONE);
	assert_int_equal(check(house, token), ERR_TOKEN_INVALID);
	assert_int_equal(check(house, mint(house)), ERR_NONE);
}

static void more_tokens_than_places_are_all_still_judged_right(void **state)
{
	struct test_house *house = start(state);
	struct text first = mint(house);
	for (int i = 0; i < 200; i++) {
		const struct text token = mint(house);
		assert_int_equal(check(house, token), ERR_NONE);
		assert_int_equal(check(house, first), ERR_NONE);
		assert_int_equal(check(house, token), ERR_NONE);
	}
}

#define CASE(test)                                                                                                     \
	{                                                                                                              \
#test, test, house_on_sqlite, remove_all, NULL                                                         \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(what_is_minted_is_read_back),
		CASE(the_largest_set_of_roles_fits_into_a_token),
		CASE(a_token_holds_for_its_time_seen_or_not),
		CASE(a_token_never_outlives_its_session),
		CASE(a_token_from_the_future_is_invalid_beyond_a_minute),
		CASE(a_verification_token_is_no_access_token),
		CASE(a_verification_token_is_read_back_while_it_holds),
		CASE(only_claims_as_we_write_them_are_taken),
		CASE(what_is_no_token_is_invalid),
		CASE(a_seen_token_dies_with_its_key),
		CASE(more_tokens_than_places_are_all_still_judged_right),
	};
	return cmocka_run_group_tests_name("access", tests, NULL, NULL);
}
