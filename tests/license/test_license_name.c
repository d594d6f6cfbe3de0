/* The names under which the store knows license keys. */
#include "../check.h"

#include "license/license_name.h"

static const struct app APP = {.id = {{1}}}, OTHER = {.id = {{2}}}, CUSTOM = {.id = {{1}}, .accept_custom_keys = true};

static int start(void **state)
{
	const struct house house = {.master = {7}};
	license_name_start(&house);
	return check_new_arena(state);
}

static int stop(void **state)
{
	license_name_stop();
	return check_free_arena(state);
}

static struct license_name name_of(const struct app *app, struct text typed)
{
	struct license_name name;
	assert_int_equal(license_name_read(app, typed, &name), ERR_NONE);
	return name;
}

static bool is_same(struct license_name a, struct license_name b)
{
	return secret_equal(a.mac, b.mac, sizeof a.mac);
}

static void a_key_has_one_name_in_any_spelling(void **state)
{
	const struct license_key *key = license_key_new(*state, TEXT("DEM0"));
	const struct license_name name = license_name_of(APP.id, key);
	assert_true(is_same(name_of(&APP, license_key_canonical(key)), name));
	assert_true(is_same(name_of(&APP, license_key_show(*state, key)), name));
	assert_true(is_same(name_of(&CUSTOM, license_key_show(*state, key)), name));
}

static void apps_have_names_of_their_own(void **state)
{
	const struct text key = license_key_show(*state, license_key_new(*state, TEXT("DEM0")));
	assert_false(is_same(name_of(&APP, key), name_of(&OTHER, key)));
}

static void what_is_no_key_has_a_name_only_where_custom_keys_are_accepted(void **state)
{
	static const struct text GOOD[] = {{"12345678", 8}, {"a legacy key!", 13}, {"~~~~~~~~", 8}},
				 BAD[] = {{"1234567", 7}, {"", 0}, {"tab\there", 8}, {"K\xc3\xa4se-1234", 10},
					 {"nul\0-1234", 9}};
	struct license_name name;
	for (size_t i = 0; i < COUNT(GOOD); i++) {
		assert_int_equal(license_name_read(&APP, GOOD[i], &name), ERR_LICENSE_INVALID);
		assert_int_equal(license_name_read(&CUSTOM, GOOD[i], &name), ERR_NONE);
	}
	for (size_t i = 0; i < COUNT(BAD); i++)
		assert_int_equal(license_name_read(&CUSTOM, BAD[i], &name), ERR_LICENSE_INVALID);
	char longest[129];
	memset(longest, 'x', sizeof longest);
	assert_int_equal(license_name_read(&CUSTOM, text_bytes(longest, 128), &name), ERR_NONE);
	assert_int_equal(license_name_read(&CUSTOM, text_bytes(longest, 129), &name), ERR_LICENSE_INVALID);
	assert_false(is_same(name_of(&CUSTOM, TEXT("legacy-1")), name_of(&CUSTOM, TEXT("LEGACY-1"))));
}

static void a_custom_key_is_shown_as_it_is_and_hinted_at_by_a_quarter(void **state)
{
	const struct license_key *key = license_key_new(*state, TEXT("DEM0"));
	const struct text typed = license_key_canonical(key);
	CHECK_TEXT(license_name_show(*state, typed), license_key_show(*state, key));
	CHECK_TEXT(license_name_hint(*state, typed), license_key_hint(*state, key));
	CHECK_STRING(license_name_show(*state, TEXT("Legacy 1")), "Legacy 1");
	CHECK_STRING(license_name_hint(*state, TEXT("Legacy 1")), "*** 1");
	CHECK_STRING(license_name_hint(*state, TEXT("a-longer-legacy-key")), "***-key");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_key_has_one_name_in_any_spelling),
		CASE(apps_have_names_of_their_own),
		CASE(what_is_no_key_has_a_name_only_where_custom_keys_are_accepted),
		CASE(a_custom_key_is_shown_as_it_is_and_hinted_at_by_a_quarter),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
