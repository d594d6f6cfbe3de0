/* Signing keys: their stages by the clock, and their changes in the store. */
#include "../check.h"
#include "../user/house.h"

#include "token/key.h"

/* ---- stages ---- */

static void a_key_passes_its_stages_by_the_clock(void **state)
{
	const struct key_times times = {.created_at = 10, .active_at = 20, .retired_at = 30, .gone_at = 40};
	static const struct {
		int64_t now;
		enum key_stage stage;
	} TABLE[] = {{10, KEY_PUBLISHED}, {19, KEY_PUBLISHED}, {20, KEY_ACTIVE}, {29, KEY_ACTIVE}, {30, KEY_RETIRED},
		{39, KEY_RETIRED}, {40, KEY_GONE}, {1000, KEY_GONE}};
	for (size_t i = 0; i < COUNT(TABLE); i++)
		assert_int_equal(key_stage(&times, TABLE[i].now), TABLE[i].stage);

	const struct key_times open_end = {.created_at = 10, .active_at = 20};
	assert_int_equal(key_stage(&open_end, INT64_MAX), KEY_ACTIVE);
	const struct key_times superseded = {.active_at = 20, .retired_at = 15, .gone_at = 40};
	assert_int_equal(key_stage(&superseded, 25), KEY_RETIRED);
}

/* ---- the store (THREATS E8, E9) ---- */

static int remove_all(void **state)
{
	key_stop();
	return house_remove(state);
}

static struct test_house *start(void **state)
{
	struct test_house *house = house_of(state);
	assert_int_equal(key_start(&house->house), 0);
	/* the first key is made at the clock's time, so the tests go on from there */
	house->now = key_current()->keys[0].times.created_at;
	return house;
}

struct rotation {
	enum key_kind kind;
	bool at_once;
	struct text kid;
	struct key_times times;
};

static enum err run_rotate(struct op *op, void *context)
{
	struct rotation *rotation = context;
	return key_rotate(op, rotation->kind, rotation->at_once, &rotation->kid, &rotation->times);
}

static struct rotation rotate_kind(struct test_house *house, enum key_kind kind, bool at_once)
{
	struct rotation rotation = {.kind = kind, .at_once = at_once};
	assert_int_equal(house_run(house, house_op(house), run_rotate, &rotation), ERR_NONE);
	return rotation;
}

static struct rotation rotate(struct test_house *house, bool at_once)
{
	return rotate_kind(house, KEY_TOKEN, at_once);
}

struct retirement {
	struct text kid, replacement;
};

static enum err run_retire(struct op *op, void *context)
{
	struct retirement *retirement = context;
	return key_retire(op, retirement->kid, &retirement->replacement);
}

static struct text signer_of(enum key_kind kind, int64_t now)
{
	return text_of(key_signer(key_current(), kind, now)->kid);
}

static struct text signer(int64_t now)
{
	return signer_of(KEY_TOKEN, now);
}

static size_t count_of(enum key_kind kind)
{
	const struct key_set *set = key_current();
	size_t count = 0;
	for (size_t i = 0; i < set->count; i++)
		count += set->keys[i].kind == kind;
	return count;
}

static enum key_stage stage_of(struct text kid, int64_t now)
{
	const struct key *key = key_find(key_current(), KEY_TOKEN, kid, now);
	return key ? key_stage(&key->times, now) : KEY_GONE;
}

static void the_first_start_makes_a_key_and_the_second_finds_it(void **state)
{
	struct test_house *house = start(state);
	assert_int_equal(count_of(KEY_TOKEN), 1);
	const struct text kid = arena_copy(house->arena, signer(house->now));
	assert_true(text_starts(kid, TEXT("k")));
	assert_int_equal(stage_of(kid, house->now), KEY_ACTIVE);
	key_stop();
	assert_int_equal(key_start(&house->house), 0);
	assert_int_equal(count_of(KEY_TOKEN), 1);
	assert_true(text_equal(signer(house->now), kid));
}

static void a_rotated_key_is_published_first_and_the_old_one_verifies_on(void **state)
{
	struct test_house *house = start(state);
	const struct text old = arena_copy(house->arena, signer(house->now));
	const struct rotation rotation = rotate(house, false);
	const int64_t active_at = rotation.times.active_at;
	assert_true(active_at >= house->now + (300 + KEY_JWKS_MAX_AGE_S) * 1000);
	assert_int_equal(stage_of(rotation.kid, house->now), KEY_PUBLISHED);
	assert_true(text_equal(signer(active_at - 1), old));
	assert_true(text_equal(signer(active_at), rotation.kid));
	assert_int_equal(stage_of(old, active_at), KEY_RETIRED);
	/* the longest life of the last token it signed, a minute of skew, a JWKS cache */
	const int64_t gone_at = active_at + (3600 + 60 + KEY_JWKS_MAX_AGE_S) * 1000;
	assert_true(house->settings.token_access_ttl < 3600 * 1000);
	assert_int_equal(stage_of(old, gone_at - 1), KEY_RETIRED);
	assert_int_equal(stage_of(old, gone_at), KEY_GONE);
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM events WHERE type = 'key.rotated'"), 1);
}

static void a_key_rotated_in_at_once_signs_at_once_whatever_was_waiting(void **state)
{
	struct test_house *house = start(state);
	const struct rotation waiting = rotate(house, false);
	house->now += 1000;
	const struct rotation urgent = rotate(house, true);
	assert_true(text_equal(signer(house->now), urgent.kid));
	assert_true(text_equal(signer(waiting.times.active_at), urgent.kid));
	assert_int_equal(stage_of(waiting.kid, waiting.times.active_at), KEY_RETIRED);
}

static void rotations_in_a_row_take_over_one_after_the_other(void **state)
{
	struct test_house *house = start(state);
	const struct rotation second = rotate(house, false);
	house->now += 60 * 1000;
	const struct rotation third = rotate(house, false);
	assert_true(text_equal(signer(second.times.active_at), second.kid));
	assert_true(text_equal(signer(third.times.active_at), third.kid));
	assert_int_equal(stage_of(second.kid, third.times.active_at), KEY_RETIRED);
	assert_int_equal(count_of(KEY_TOKEN), 3);
}

static void kinds_do_not_find_each_others_keys(void **state)
{
	struct test_house *house = start(state);
	const struct text token = signer(house->now), license = signer_of(KEY_LICENSE, house->now);
	assert_true(text_starts(license, TEXT("lic_")));
	assert_non_null(key_find(key_current(), KEY_LICENSE, license, house->now));
	assert_null(key_find(key_current(), KEY_TOKEN, license, house->now));
	assert_null(key_find(key_current(), KEY_LICENSE, token, house->now));
}

static void a_rotation_leaves_the_other_kind_alone(void **state)
{
	struct test_house *house = start(state);
	const struct text token = arena_copy(house->arena, signer(house->now)),
			  license = arena_copy(house->arena, signer_of(KEY_LICENSE, house->now));
	rotate(house, true);
	assert_true(text_equal(signer_of(KEY_LICENSE, house->now), license));
	const struct text next = rotate_kind(house, KEY_LICENSE, true).kid;
	assert_true(text_equal(signer_of(KEY_LICENSE, house->now), next));
	assert_false(text_equal(signer(house->now), token));
	assert_int_equal(count_of(KEY_TOKEN), 2);
	assert_int_equal(count_of(KEY_LICENSE), 2);
}

static void a_key_of_leases_is_published_90_days_ahead(void **state)
{
	struct test_house *house = start(state);
	const int64_t day = 24 * 3600 * 1000LL;
	house->settings.license_lease_ttl = 7 * day;
	const struct text old = arena_copy(house->arena, signer_of(KEY_LICENSE, house->now));
	const struct rotation rotation = rotate_kind(house, KEY_LICENSE, false);
	const int64_t active_at = rotation.times.active_at;
	assert_int_equal(active_at, house->now + 90 * day);
	assert_true(text_equal(signer_of(KEY_LICENSE, active_at - 1), old));
	assert_true(text_equal(signer_of(KEY_LICENSE, active_at), rotation.kid));
	const int64_t gone_at = active_at + 30 * day + (60 + KEY_JWKS_MAX_AGE_S) * 1000;
	assert_non_null(key_find(key_current(), KEY_LICENSE, old, gone_at - 1));
	assert_null(key_find(key_current(), KEY_LICENSE, old, gone_at));
}

static void a_published_key_takes_over_from_one_that_was_dropped(void **state)
{
	struct test_house *house = start(state);
	const struct text next = arena_copy(house->arena, rotate_kind(house, KEY_LICENSE, false).kid);
	struct retirement retirement = {.kid = arena_copy(house->arena, signer_of(KEY_LICENSE, house->now))};
	assert_int_equal(house_run(house, house_op(house), run_retire, &retirement), ERR_NONE);
	CHECK_TEXT(retirement.replacement, next);
	CHECK_TEXT(signer_of(KEY_LICENSE, house->now), next);
	assert_int_equal(count_of(KEY_LICENSE), 1);
	assert_int_equal(count_of(KEY_TOKEN), 1);
}

static void dropping_the_active_key_makes_another(void **state)
{
	struct test_house *house = start(state);
	struct retirement retirement = {.kid = arena_copy(house->arena, signer(house->now))};
	assert_int_equal(house_run(house, house_op(house), run_retire, &retirement), ERR_NONE);
	assert_null(key_find(key_current(), KEY_TOKEN, retirement.kid, house->now));
	assert_true(text_equal(signer(house->now), retirement.replacement));
	assert_int_equal(house_run(house, house_op(house), run_retire, &retirement), ERR_NOT_FOUND);
}

static void dropping_another_key_changes_no_signer(void **state)
{
	struct test_house *house = start(state);
	struct retirement retirement = {.kid = arena_copy(house->arena, signer(house->now))};
	const struct rotation rotation = rotate(house, true);
	assert_int_equal(house_run(house, house_op(house), run_retire, &retirement), ERR_NONE);
	assert_true(text_absent(retirement.replacement));
	assert_int_equal(count_of(KEY_TOKEN), 1);
	assert_true(text_equal(signer(house->now), rotation.kid));

	struct retirement unknown = {.kid = TEXT("k../../etc/passwd")};
	assert_int_equal(house_run(house, house_op(house), run_retire, &unknown), ERR_NOT_FOUND);
}

static void another_node_sees_the_change(void **state)
{
	struct test_house *house = start(state);
	const struct key_set *before = key_current();
	key_reload();
	assert_ptr_equal(key_current(), before);
	house_exec(house, "UPDATE signing_keys SET retired_at = 1, gone_at = 2");
	key_reload();
	assert_ptr_equal(key_current(), before);
	house_exec(house, "UPDATE versions SET version = version + 1 WHERE name = 'signing_keys'");
	house_exec(house, "UPDATE signing_keys SET retired_at = 0, gone_at = 0, active_at = 5");
	key_reload();
	assert_ptr_not_equal(key_current(), before);
	assert_int_equal(key_current()->keys[0].times.active_at, 5);
}

static void a_house_without_a_key_of_some_kind_makes_one(void **state)
{
	struct test_house *house = start(state);
	house_exec(house, "DELETE FROM signing_keys");
	house_exec(house, "UPDATE versions SET version = version + 1 WHERE name = 'signing_keys'");
	key_reload();
	assert_int_equal(count_of(KEY_TOKEN), 1);
	assert_int_equal(count_of(KEY_LICENSE), 1);
	house_exec(house, "DELETE FROM signing_keys WHERE kind = 1"); /* as a house of before they were there */
	house_exec(house, "UPDATE versions SET version = version + 1 WHERE name = 'signing_keys'");
	key_reload();
	assert_int_equal(count_of(KEY_LICENSE), 1);
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM signing_keys"), 2);
}

static void a_key_sealed_by_another_master_key_stops_the_start(void **state)
{
	struct test_house *house = start(state);
	key_stop();
	house->house.master[0] ^= 1;
	assert_int_not_equal(key_start(&house->house), 0);
}

#define CASE(test)                                                                                                     \
	{#test " (sqlite)", test, house_on_sqlite, remove_all, NULL},                                                  \
	{                                                                                                              \
#test " (postgres)", test, house_on_postgres, remove_all, NULL                                         \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_passes_its_stages_by_the_clock),
		CASE(the_first_start_makes_a_key_and_the_second_finds_it),
		CASE(a_rotated_key_is_published_first_and_the_old_one_verifies_on),
		CASE(a_key_rotated_in_at_once_signs_at_once_whatever_was_waiting),
		CASE(rotations_in_a_row_take_over_one_after_the_other),
		CASE(kinds_do_not_find_each_others_keys),
		CASE(a_rotation_leaves_the_other_kind_alone),
		CASE(a_key_of_leases_is_published_90_days_ahead),
		CASE(a_published_key_takes_over_from_one_that_was_dropped),
		CASE(dropping_the_active_key_makes_another),
		CASE(dropping_another_key_changes_no_signer),
		CASE(another_node_sees_the_change),
		CASE(a_house_without_a_key_of_some_kind_makes_one),
		CASE(a_key_sealed_by_another_master_key_stops_the_start),
	};
	return cmocka_run_group_tests_name("key", tests, NULL, NULL);
}
