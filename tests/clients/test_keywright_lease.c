/* Which lease lets a device run: every result, their order, and that nothing that was changed passes. */
#include "../check.h"

#include <openssl/err.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "crypto/jwt.h"
#include "desk.h"

static void a_lease_lets_its_device_run_and_tells_of_itself(void **state)
{
	struct desk *desk = *state;
	assert_int_equal(desk_judge_token(desk, maker_lease(&desk->maker, MAKER_CLAIMS)), KEYWRIGHT_OK);
	assert_string_equal(desk->lease.license_id, "0197a1c2-0000-7000-8000-000000000001");
	assert_string_equal(desk->lease.activation_id, "0197a1c2-0000-7000-8000-000000000002");
	assert_int_equal(desk->lease.issued_at, MAKER_ISSUED);
	assert_int_equal(desk->lease.not_before, MAKER_ISSUED);
	assert_int_equal(desk->lease.expires_at, MAKER_END);
	assert_int_equal(desk->lease.refresh_after, MAKER_REFRESH);
}

static void a_token_of_the_servers_own_making_holds(void **state)
{
	struct desk *desk = *state;
	struct arena *arena = arena_new();
	struct sign_key *key = sign_key_generate();
	struct buf jwks, token;
	buf_init(&jwks, arena, 0);
	buf_add(&jwks, TEXT("{\"keys\":["));
	jwt_jwk(&jwks, key, "lic_7");
	buf_add(&jwks, TEXT("]}"));
	assert_true(keywright_pins_read(jwks.p, jwks.n, &desk->pins));
	buf_init(&token, arena, 0);
	jwt_mint(&token, key, "lic_7", "license+jwt", text_of(MAKER_CLAIMS));
	assert_int_equal(desk_judge(desk, token.p, token.n), KEYWRIGHT_OK);
	/* the server's other tokens are no leases, whatever key signed them */
	buf_init(&token, arena, 0);
	jwt_mint(&token, key, "lic_7", "at+jwt", text_of(MAKER_CLAIMS));
	assert_int_equal(desk_judge(desk, token.p, token.n), KEYWRIGHT_MALFORMED);
	sign_key_free(key);
	arena_free(arena);
}

static void each_time_has_its_result(void **state)
{
	static const struct {
		int64_t now;
		enum keywright_result result;
	} ROWS[] = {
		{MAKER_ISSUED, KEYWRIGHT_OK},
		{MAKER_REFRESH - 1, KEYWRIGHT_OK},
		{MAKER_REFRESH, KEYWRIGHT_OK_REFRESH_DUE},
		{MAKER_END - 1, KEYWRIGHT_OK_REFRESH_DUE},
		{MAKER_END, KEYWRIGHT_EXPIRED},
		{INT64_MAX, KEYWRIGHT_EXPIRED},
		{MAKER_ISSUED - KEYWRIGHT_CLOCK_TOLERANCE, KEYWRIGHT_OK},
		{MAKER_ISSUED - KEYWRIGHT_CLOCK_TOLERANCE - 1, KEYWRIGHT_CLOCK_MOVED_BACK},
		{0, KEYWRIGHT_CLOCK_MOVED_BACK},
		{-1, KEYWRIGHT_CLOCK_MOVED_BACK}, /* time() failed */
		{INT64_MIN, KEYWRIGHT_CLOCK_MOVED_BACK},
	};
	struct desk *desk = *state;
	for (size_t i = 0; i < COUNT(ROWS); i++) {
		desk->clock = (struct keywright_clock){0, 0};
		desk->expected.now = ROWS[i].now;
		const enum keywright_result result = desk_judge_token(desk, maker_lease(&desk->maker, MAKER_CLAIMS));
		if (result != ROWS[i].result)
			fail_msg("row %zu: %s", i, keywright_result_text(result));
		assert_int_equal(desk->lease.expires_at, MAKER_END);
	}
}

static void a_lease_may_begin_later_than_it_was_issued(void **state)
{
	struct desk *desk = *state;
	desk->expected.now = MAKER_ISSUED + 10000 - KEYWRIGHT_CLOCK_TOLERANCE - 1;
	assert_int_equal(desk_judge_changed(desk, "\"nbf\":1000000", "\"nbf\":1010000"), KEYWRIGHT_NOT_YET_VALID);
	desk->expected.now++;
	assert_int_equal(desk_judge_changed(desk, "\"nbf\":1000000", "\"nbf\":1010000"), KEYWRIGHT_OK);
}

static void app_and_device_are_compared_exactly(void **state)
{
	static const char *const OTHERS[] = {"", "device-2", "Device-1", "device-1 ", "device-",
		"03204de92e11fc8c528139be419065920eb83dbff1a4663bbea455aa6e9702bd"};
	struct desk *desk = *state;
	for (size_t i = 0; i < COUNT(OTHERS); i++) {
		desk->expected.device_id = OTHERS[i];
		assert_int_equal(
			desk_judge_token(desk, maker_lease(&desk->maker, MAKER_CLAIMS)), KEYWRIGHT_WRONG_DEVICE);
	}
	desk->expected.app_id = "app-12";
	assert_int_equal(desk_judge_token(desk, maker_lease(&desk->maker, MAKER_CLAIMS)), KEYWRIGHT_WRONG_APP);
	desk->expected.app_id = "app-1";
	desk->expected.device_id = MAKER_DEVICE;
	assert_int_equal(desk_judge_changed(desk, "03204de9", "03204DE9"), KEYWRIGHT_WRONG_DEVICE);
}

static void a_key_that_is_not_pinned_verifies_nothing(void **state)
{
	struct desk *desk = *state;
	struct maker stranger;
	maker_init(&stranger);
	/* under our kid, and under its own */
	assert_int_equal(desk_judge_token(desk, maker_lease(&stranger, MAKER_CLAIMS)), KEYWRIGHT_BAD_SIGNATURE);
	static const char HEADER[] = "{\"alg\":\"ES256\",\"typ\":\"license+jwt\",\"kid\":\"lic_2\"}";
	char *token = maker_token(&stranger, HEADER, MAKER_CLAIMS, strlen(MAKER_CLAIMS));
	assert_int_equal(desk_judge_token(desk, token), KEYWRIGHT_UNKNOWN_KEY);
	maker_done(&stranger);
}

static void each_pinned_key_verifies_its_own_leases(void **state)
{
	struct desk *desk = *state;
	struct maker next;
	maker_init(&next);
	char *first = maker_jwk(&desk->maker, "lic_0"), *second = maker_jwk(&next, "lic_1"), *jwks;
	assert_true(asprintf(&jwks, "{\"keys\":[%s,%s]}", first, second) > 0);
	assert_true(keywright_pins_read(jwks, strlen(jwks), &desk->pins));
	assert_int_equal(desk_judge_token(desk, maker_lease(&next, MAKER_CLAIMS)), KEYWRIGHT_OK);
	assert_int_equal(desk_judge_token(desk, maker_lease(&desk->maker, MAKER_CLAIMS)), KEYWRIGHT_BAD_SIGNATURE);
	free(first);
	free(second);
	free(jwks);
	maker_done(&next);
}

static void what_applies_first_is_answered(void **state)
{
	struct desk *desk = *state;
	desk->expected.now = MAKER_END + 1;
	desk->expected.device_id = "device-2";
	desk->expected.app_id = "app-2";
	struct maker stranger;
	maker_init(&stranger);
	assert_int_equal(desk_judge_token(desk, maker_lease(&stranger, MAKER_CLAIMS)), KEYWRIGHT_BAD_SIGNATURE);
	assert_int_equal(desk_judge_token(desk, maker_lease(&stranger, "no JSON")), KEYWRIGHT_BAD_SIGNATURE);
	maker_done(&stranger);
	assert_int_equal(desk_judge_token(desk, maker_lease(&desk->maker, "no JSON")), KEYWRIGHT_MALFORMED);
	assert_int_equal(desk_judge_token(desk, maker_lease(&desk->maker, MAKER_CLAIMS)), KEYWRIGHT_WRONG_APP);
	desk->expected.app_id = MAKER_APP;
	assert_int_equal(desk_judge_token(desk, maker_lease(&desk->maker, MAKER_CLAIMS)), KEYWRIGHT_WRONG_DEVICE);
	desk->expected.device_id = MAKER_DEVICE;
	assert_int_equal(desk_judge_token(desk, maker_lease(&desk->maker, MAKER_CLAIMS)), KEYWRIGHT_EXPIRED);
	desk->expected.now = MAKER_ISSUED;
	assert_int_equal(desk_judge_token(desk, maker_lease(&desk->maker, MAKER_CLAIMS)), KEYWRIGHT_CLOCK_MOVED_BACK);
}

static void no_lease_with_one_flipped_bit_passes(void **state)
{
	struct desk *desk = *state;
	char *token = maker_lease(&desk->maker, MAKER_CLAIMS);
	const size_t n = strlen(token);
	for (size_t at = 0; at < n; at++)
		for (int bit = 0; bit < 8; bit++) {
			token[at] = (char)(token[at] ^ 1 << bit);
			if (desk_judge(desk, token, n) < KEYWRIGHT_BAD_SIGNATURE)
				fail_msg("bit %d of byte %zu", bit, at);
			token[at] = (char)(token[at] ^ 1 << bit);
		}
	assert_int_equal(desk_judge_token(desk, token), KEYWRIGHT_OK);
}

static void no_lease_with_a_byte_less_or_more_passes(void **state)
{
	struct desk *desk = *state;
	char *token = maker_lease(&desk->maker, MAKER_CLAIMS);
	const size_t n = strlen(token);
	char *changed = malloc(n + 2);
	assert_non_null(changed);
	for (size_t at = 0; at < n; at++) {
		/* cut off before, cut off behind, left out, and twice */
		assert_true(desk_judge(desk, token, at) >= KEYWRIGHT_BAD_SIGNATURE);
		assert_true(desk_judge(desk, token + at + 1, n - at - 1) >= KEYWRIGHT_BAD_SIGNATURE);
		memcpy(changed, token, at);
		memcpy(changed + at, token + at + 1, n - at - 1);
		assert_true(desk_judge(desk, changed, n - 1) >= KEYWRIGHT_BAD_SIGNATURE);
		memcpy(changed + at, token + at, 1);
		memcpy(changed + at + 1, token + at, n - at);
		assert_true(desk_judge(desk, changed, n + 1) >= KEYWRIGHT_BAD_SIGNATURE);
	}
	free(changed);
	free(token);
	assert_int_equal(desk_judge(desk, NULL, 0), KEYWRIGHT_MALFORMED);
}

static void segments_of_any_length_are_refused(void **state)
{
	struct desk *desk = *state;
	static char token[3 << 16];
	for (size_t size = 1; size <= 1 << 15; size *= 2)
		for (size_t n = size - 1; n <= size + 1; n++)
			for (size_t segment = 0; segment < 3; segment++) {
				char *lease = maker_lease(&desk->maker, MAKER_CLAIMS), *rest = lease, *at = token;
				for (size_t i = 0; i < 3; i++) {
					const char *part = strsep(&rest, ".");
					const size_t part_n = i == segment ? n : strlen(part);
					memset(at, 'A', part_n);
					memcpy(at, part, strlen(part) < part_n ? strlen(part) : part_n);
					at += part_n;
					*at++ = '.';
				}
				assert_true(
					desk_judge(desk, token, (size_t)(at - 1 - token)) >= KEYWRIGHT_BAD_SIGNATURE);
				free(lease);
			}
}

static void blank_space_around_a_lease_does_not_matter_and_inside_it_does(void **state)
{
	struct desk *desk = *state;
	char *token = maker_lease(&desk->maker, MAKER_CLAIMS), *spaced;
	assert_true(asprintf(&spaced, " \r\n\t%s\r\n ", token) > 0);
	assert_int_equal(desk_judge_token(desk, spaced), KEYWRIGHT_OK);
	assert_true(asprintf(&spaced, "%.*s %s", 20, token, token + 20) > 0);
	assert_int_equal(desk_judge_token(desk, spaced), KEYWRIGHT_MALFORMED);
	assert_true(asprintf(&spaced, "\"%s\"", token) > 0);
	assert_int_equal(desk_judge_token(desk, spaced), KEYWRIGHT_MALFORMED);
	free(token);
	assert_int_equal(desk_judge(desk, " \r\n", 3), KEYWRIGHT_MALFORMED);
}

/* Whoever checked anything before finds OpenSSL's errors as they were, and none of ours behind them. */
static void the_error_queue_of_openssl_is_left_as_it_was(void **state)
{
	struct desk *desk = *state;
	char *token = maker_lease(&desk->maker, MAKER_CLAIMS);
	ERR_clear_error();
	ERR_raise(ERR_LIB_USER, 7);
	assert_int_equal(desk_judge(desk, token, strlen(token)), KEYWRIGHT_OK);
	memset(strrchr(token, '.') + 1, '_', 43); /* r is above the curve's order */
	assert_int_equal(desk_judge(desk, token, strlen(token)), KEYWRIGHT_BAD_SIGNATURE);
	memset(strrchr(token, '.') + 1, 'A', 86); /* r and s are 0 */
	assert_int_equal(desk_judge_token(desk, token), KEYWRIGHT_BAD_SIGNATURE);
	assert_int_equal(ERR_GET_REASON(ERR_get_error()), 7);
	assert_int_equal(ERR_get_error(), 0);
}

static void *check_often(void *shared)
{
	static _Thread_local struct keywright_lease lease;
	const struct desk *desk = shared;
	char *token = maker_lease(&desk->maker, MAKER_CLAIMS);
	size_t passed = 0;
	for (int i = 0; i < 50; i++) {
		struct keywright_clock clock = {0, 0};
		passed +=
			keywright_lease_check(token, strlen(token), &desk->expected, &clock, &lease) == KEYWRIGHT_OK &&
			keywright_lease_flag(&lease, "pro");
	}
	free(token);
	return passed == 50 ? shared : NULL;
}

static void threads_may_check_with_the_same_keys(void **state)
{
	pthread_t threads[8];
	for (size_t i = 0; i < COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, check_often, *state), 0);
	for (size_t i = 0; i < COUNT(threads); i++) {
		void *result;
		assert_int_equal(pthread_join(threads[i], &result), 0);
		assert_non_null(result);
	}
}

static void every_result_has_a_sentence_of_its_own(void **state)
{
	for (int i = KEYWRIGHT_OK; i <= KEYWRIGHT_CRYPTO_FAILED; i++) {
		const char *text = keywright_result_text((enum keywright_result)i);
		assert_true(strlen(text) > 20 && text[strlen(text) - 1] == '.');
		for (int k = KEYWRIGHT_OK; k < i; k++)
			assert_string_not_equal(text, keywright_result_text((enum keywright_result)k));
		assert_int_equal(keywright_may_run((enum keywright_result)i), i <= KEYWRIGHT_OK_REFRESH_DUE);
	}
}

#define WITH_DESK(test) cmocka_unit_test_setup_teardown(test, desk_set_up, desk_tear_down)
int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_DESK(a_lease_lets_its_device_run_and_tells_of_itself),
		WITH_DESK(a_token_of_the_servers_own_making_holds),
		WITH_DESK(each_time_has_its_result),
		WITH_DESK(a_lease_may_begin_later_than_it_was_issued),
		WITH_DESK(app_and_device_are_compared_exactly),
		WITH_DESK(a_key_that_is_not_pinned_verifies_nothing),
		WITH_DESK(each_pinned_key_verifies_its_own_leases),
		WITH_DESK(what_applies_first_is_answered),
		WITH_DESK(no_lease_with_one_flipped_bit_passes),
		WITH_DESK(no_lease_with_a_byte_less_or_more_passes),
		WITH_DESK(segments_of_any_length_are_refused),
		WITH_DESK(blank_space_around_a_lease_does_not_matter_and_inside_it_does),
		WITH_DESK(the_error_queue_of_openssl_is_left_as_it_was),
		WITH_DESK(threads_may_check_with_the_same_keys),
		WITH_DESK(every_result_has_a_sentence_of_its_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
