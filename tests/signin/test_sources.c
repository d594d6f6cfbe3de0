/* Sources as bytes: who was proven, when, and who makes place. */
#include "../check.h"

#include "signin/sources.h"

static const int64_t NOW = 1800000000000, DAY = 24 * 3600 * 1000LL;

/* One MAC per number; they differ in a byte that is kept. */
static const uint8_t *mac(uint8_t number)
{
	static uint8_t bytes[MAC_SIZE];
	bytes[9] = number;
	return bytes;
}

static void a_source_is_proven_when_it_was_added_and_for_thirty_days(void **state)
{
	const struct text none = TEXT_NONE, sources = sources_add(*state, none, mac(1), NOW);
	assert_int_equal(sources_proven_at(none, mac(1), NOW), 0);
	assert_int_equal(sources_proven_at(sources, mac(1), NOW), NOW);
	assert_int_equal(sources_proven_at(sources, mac(2), NOW), 0);
	assert_int_equal(sources_proven_at(sources, mac(1), NOW + 30 * DAY - 1), NOW);
	assert_int_equal(sources_proven_at(sources, mac(1), NOW + 30 * DAY), 0);
}

static void a_source_that_is_proven_again_has_one_place(void **state)
{
	struct text sources = sources_add(*state, TEXT_NONE, mac(1), NOW);
	sources = sources_add(*state, sources, mac(2), NOW + DAY);
	sources = sources_add(*state, sources, mac(1), NOW + 2 * DAY);
	assert_int_equal(sources.n, 2 * 16);
	assert_int_equal(sources_proven_at(sources, mac(1), NOW + 2 * DAY), NOW + 2 * DAY);
	assert_int_equal(sources_proven_at(sources, mac(2), NOW + 2 * DAY), NOW + DAY);
}

static void sources_older_than_thirty_days_are_not_kept(void **state)
{
	struct text sources = sources_add(*state, TEXT_NONE, mac(1), NOW);
	sources = sources_add(*state, sources, mac(2), NOW + 30 * DAY);
	assert_int_equal(sources.n, 16);
	assert_int_equal(sources_proven_at(sources, mac(2), NOW + 30 * DAY), NOW + 30 * DAY);
}

static void the_seventeenth_takes_the_place_of_the_oldest(void **state)
{
	struct text sources = TEXT_NONE;
	for (uint8_t i = 1; i <= 17; i++)
		sources = sources_add(*state, sources, mac(i), NOW + i);
	assert_int_equal(sources.n, 16 * 16);
	assert_int_equal(sources_proven_at(sources, mac(1), NOW + 17), 0);
	for (uint8_t i = 2; i <= 17; i++)
		assert_int_equal(sources_proven_at(sources, mac(i), NOW + 17), NOW + i);
}

static void bytes_that_are_no_sources_are_none(void **state)
{
	struct text sources = sources_add(*state, TEXT_NONE, mac(1), NOW);
	assert_int_equal(sources_proven_at(text_bytes(sources.p, 15), mac(1), NOW), 0);
	assert_int_equal(sources_add(*state, text_bytes(sources.p, 15), mac(2), NOW).n, 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CHECK_WITH_ARENA(a_source_is_proven_when_it_was_added_and_for_thirty_days),
		CHECK_WITH_ARENA(a_source_that_is_proven_again_has_one_place),
		CHECK_WITH_ARENA(sources_older_than_thirty_days_are_not_kept),
		CHECK_WITH_ARENA(the_seventeenth_takes_the_place_of_the_oldest),
		CHECK_WITH_ARENA(bytes_that_are_no_sources_are_none),
	};
	return cmocka_run_group_tests_name("sources", tests, NULL, NULL);
}
