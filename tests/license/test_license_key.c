/* License keys, by the published vectors and by every slip of one or two symbols. */
#include "../check.h"

#include <jansson.h>
#include <zlib.h>

#include "license/license_key.h"

static const char SYMBOLS[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static struct text member(const json_t *row, const char *name)
{
	const json_t *value = json_object_get(row, name);
	assert_true(json_is_string(value));
	return text_bytes(json_string_value(value), json_string_length(value));
}

/* The rows of that list of docs/license-key-vectors.json. */
static json_t *vectors(json_t **file_r, const char *list)
{
	*file_r = json_load_file(KEY_VECTORS, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, NULL);
	json_t *rows = json_object_get(*file_r, list);
	assert_true(json_array_size(rows) > 10);
	return rows;
}

static void every_valid_vector_reads_and_shows_as_published(void **state)
{
	json_t *file, *rows = vectors(&file, "valid"), *row;
	size_t i;
	json_array_foreach(rows, i, row)
	{
		struct license_key key;
		if (license_key_read(member(row, "typed"), &key) != ERR_NONE)
			fail_msg("row %zu: %s", i, json_string_value(json_object_get(row, "note")));
		CHECK_TEXT(license_key_canonical(&key), member(row, "canonical"));
		CHECK_TEXT(license_key_prefix(&key), member(row, "prefix"));
		CHECK_TEXT(license_key_show(*state, &key), member(row, "shown"));
	}
	json_decref(file);
}

static void every_invalid_vector_is_refused_and_nothing_is_touched(void **state)
{
	json_t *file, *rows = vectors(&file, "invalid"), *row;
	size_t i;
	json_array_foreach(rows, i, row)
	{
		struct license_key key, before;
		memset(&key, 0x5a, sizeof key);
		before = key;
		if (license_key_read(member(row, "typed"), &key) != ERR_LICENSE_INVALID)
			fail_msg("row %zu: %s", i, json_string_value(json_object_get(row, "note")));
		assert_memory_equal(&key, &before, sizeof key);
	}
	json_decref(file);
}

static void bytes_that_no_json_can_hold_are_refused_too(void **state)
{
	struct license_key key;
	const struct text shown = TEXT("KW-X760S-RQ3EP-6ZCYH-Q27ET-TTNA5-XFNMY");
	for (int byte = 0; byte < 256; byte++) {
		const struct text typed = arena_printf(*state, "%.*s ", TEXT_ARG(shown));
		((char *)typed.p)[typed.n - 1] = (char)byte;
		const bool ignored = byte == ' ' || byte == '-';
		/* a symbol behind it moves all others, so that the check symbols no longer fit */
		assert_int_equal(license_key_read(typed, &key), ignored ? ERR_NONE : ERR_LICENSE_INVALID);
	}
	assert_int_equal(license_key_read(TEXT_NONE, &key), ERR_LICENSE_INVALID);
}

static void a_new_key_reads_as_itself_with_every_length_of_prefix(void **state)
{
	static const char ALL[] = "KWDEM2X9";
	for (size_t n = LICENSE_KEY_PREFIX_MIN; n <= LICENSE_KEY_PREFIX_MAX; n++) {
		const struct text prefix = text_bytes(ALL, n);
		const struct license_key *made = license_key_new(*state, prefix);
		const struct text shown = license_key_show(*state, made);
		assert_int_equal(shown.n, n + 36);
		struct license_key read;
		assert_int_equal(license_key_read(shown, &read), ERR_NONE);
		CHECK_TEXT(license_key_canonical(&read), license_key_canonical(made));
		CHECK_TEXT(license_key_prefix(&read), prefix);
	}
}

/* Each of the 25 symbols takes each of the 32 values about equally often: 320 times in 10,240 keys, give or take. */
static void new_keys_are_random_in_every_symbol(void **state)
{
	unsigned seen[25][32] = {0};
	for (int i = 0; i < 10240; i++) {
		const struct text key = license_key_canonical(license_key_new(*state, TEXT("KW")));
		for (size_t at = 0; at < 25; at++)
			seen[at][strchr(SYMBOLS, key.p[2 + at]) - SYMBOLS]++;
	}
	for (size_t at = 0; at < 25; at++)
		for (size_t value = 0; value < 32; value++)
			assert_in_range(seen[at][value], 200, 440);
}

static void the_same_chance_makes_the_same_key(void **state)
{
	const uint8_t chance[LICENSE_KEY_CHANCE_SIZE] = {0xe0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
	const struct license_key *one = license_key_of_chance(*state, TEXT("DEM0"), chance),
				 *two = license_key_of_chance(*state, TEXT("DEM0"), chance);
	CHECK_TEXT(license_key_canonical(one), license_key_canonical(two));
	CHECK_STRING(text_bytes(one->canonical, 29), "DEM00041061050R3GG28A1C60T3GF");
}

static void no_key_with_one_other_symbol_reads(void **state)
{
	struct license_key key;
	const struct license_key *made = license_key_new(*state, TEXT("ACME2026"));
	const struct text right = arena_copy(*state, license_key_canonical(made));
	for (size_t at = 0; at < right.n; at++)
		for (const char *symbol = SYMBOLS; *symbol; symbol++) {
			const struct text typed = arena_copy(*state, right);
			((char *)typed.p)[at] = *symbol;
			const bool same = text_equal(typed, right);
			assert_int_equal(license_key_read(typed, &key), same ? ERR_NONE : ERR_LICENSE_INVALID);
		}
}

/* A CRC is linear: what a change does to it depends on the bits that change and on where, not on the key. So all changes of
 * two symbols are these differences, two by two. */
static void no_two_slips_cancel_out(void **state)
{
	enum { CHECKED = LICENSE_KEY_PREFIX_MAX + 25, LOW = 0x1ffffff };
	static uint32_t slips[CHECKED * 64];
	size_t n = 0;
	const uint8_t zeros[CHECKED] = {0};
	for (size_t at = 0; at < CHECKED; at++)
		for (unsigned difference = 1; difference < 128; difference++) {
			bool possible = false;
			for (const char *a = SYMBOLS; *a; a++)
				possible |= memchr(SYMBOLS, *a ^ (int)difference, 32) != NULL;
			if (!possible)
				continue;
			uint8_t changed[CHECKED] = {0};
			changed[at] = (uint8_t)difference;
			slips[n++] = (uint32_t)(crc32(0, changed, CHECKED) ^ crc32(0, zeros, CHECKED)) & LOW;
		}
	for (size_t i = 0; i < n; i++) {
		/* one slip in the body and at most one in the check symbols: more than one of five groups differs */
		unsigned groups = 0;
		for (int shift = 0; shift < 25; shift += 5)
			groups += (slips[i] >> shift & 31) != 0;
		assert_true(groups > 1);
		for (size_t k = 0; k < i; k++)
			assert_int_not_equal(slips[i], slips[k]);
	}
}

static void neighbours_that_are_swapped_never_read(void **state)
{
	for (int i = 0; i < 200; i++) {
		struct license_key key;
		const struct text right = license_key_canonical(license_key_new(*state, TEXT("DEM2")));
		for (size_t at = 0; at + 1 < right.n; at++) {
			const struct text typed = arena_copy(*state, right);
			((char *)typed.p)[at] = right.p[at + 1];
			((char *)typed.p)[at + 1] = right.p[at];
			const bool same = right.p[at] == right.p[at + 1];
			assert_int_equal(license_key_read(typed, &key), same ? ERR_NONE : ERR_LICENSE_INVALID);
		}
	}
}

static void a_prefix_is_two_to_eight_symbols_as_they_are_written(void **state)
{
	static const char *const GOOD[] = {"KW", "00", "ACME2026", "ZZZ"};
	static const char *const BAD[] = {
		"", "K", "ACME20267", "kw", "PRO", "P1LL", "LI", "KU", "K-W", "K W", "K\xc3\x84", "\xc3\x84"};
	for (size_t i = 0; i < COUNT(GOOD); i++)
		if (!license_key_is_prefix(text_of(GOOD[i])))
			fail_msg("%s", GOOD[i]);
	for (size_t i = 0; i < COUNT(BAD); i++)
		if (license_key_is_prefix(text_of(BAD[i])))
			fail_msg("%s", BAD[i]);
	assert_false(license_key_is_prefix(TEXT("K\0W")));
	assert_false(license_key_is_prefix(TEXT_NONE));
}

static void a_hint_has_prefix_first_group_and_last_four(void **state)
{
	struct license_key key;
	assert_int_equal(license_key_read(TEXT("dem0 7f3qk 1m0z8 xw2v5 t9rb6 yhj4c k1khs"), &key), ERR_NONE);
	CHECK_STRING(license_key_hint(*state, &key), "DEM0-7F3QK-***1KHS");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CHECK_WITH_ARENA(every_valid_vector_reads_and_shows_as_published),
		CHECK_WITH_ARENA(every_invalid_vector_is_refused_and_nothing_is_touched),
		CHECK_WITH_ARENA(bytes_that_no_json_can_hold_are_refused_too),
		CHECK_WITH_ARENA(a_new_key_reads_as_itself_with_every_length_of_prefix),
		CHECK_WITH_ARENA(new_keys_are_random_in_every_symbol),
		CHECK_WITH_ARENA(the_same_chance_makes_the_same_key),
		CHECK_WITH_ARENA(no_key_with_one_other_symbol_reads),
		CHECK_WITH_ARENA(no_two_slips_cancel_out),
		CHECK_WITH_ARENA(neighbours_that_are_swapped_never_read),
		CHECK_WITH_ARENA(a_prefix_is_two_to_eight_symbols_as_they_are_written),
		CHECK_WITH_ARENA(a_hint_has_prefix_first_group_and_last_four),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
