/* The C client reads keys as docs/license-key-vectors.json says. */
#include "../check.h"

#include <jansson.h>

#include "keywright_license.h"

static json_t *vectors(json_t **file_r, const char *list)
{
	*file_r = json_load_file(KEY_VECTORS, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, NULL);
	json_t *rows = json_object_get(*file_r, list);
	assert_true(json_array_size(rows) > 10);
	return rows;
}

static bool reads(const json_t *row, struct keywright_key *key)
{
	const json_t *typed = json_object_get(row, "typed");
	return keywright_key_read(json_string_value(typed), json_string_length(typed), key);
}

static void every_valid_vector_reads_and_shows_as_published(void **state)
{
	json_t *file, *rows = vectors(&file, "valid"), *row;
	size_t i;
	json_array_foreach(rows, i, row)
	{
		struct keywright_key key;
		if (!reads(row, &key))
			fail_msg("row %zu: %s", i, json_string_value(json_object_get(row, "note")));
		assert_string_equal(key.prefix, json_string_value(json_object_get(row, "prefix")));
		assert_string_equal(key.canonical, json_string_value(json_object_get(row, "canonical")));
		assert_string_equal(key.shown, json_string_value(json_object_get(row, "shown")));
	}
	json_decref(file);
}

static void every_invalid_vector_is_refused_and_nothing_is_touched(void **state)
{
	json_t *file, *rows = vectors(&file, "invalid"), *row;
	size_t i;
	json_array_foreach(rows, i, row)
	{
		struct keywright_key key, before;
		memset(&key, 0x5a, sizeof key);
		before = key;
		if (reads(row, &key))
			fail_msg("row %zu: %s", i, json_string_value(json_object_get(row, "note")));
		assert_memory_equal(&key, &before, sizeof key);
	}
	json_decref(file);
}

static void bytes_that_no_json_can_hold_are_refused_too(void **state)
{
	char typed[] = "KW-X760S-RQ3EP-6ZCYH-Q27ET-TTNA5-XFNMY ";
	struct keywright_key key;
	for (int byte = 0; byte < 256; byte++) {
		typed[sizeof typed - 2] = (char)byte;
		assert_int_equal(keywright_key_read(typed, sizeof typed - 1, &key), byte == ' ' || byte == '-');
	}
	assert_false(keywright_key_read(NULL, 0, &key));
}

static void no_key_with_one_other_symbol_reads(void **state)
{
	static const char RIGHT[] = "ACME2026NECV19BRRGKEEHYQD3CE5456Q4SN73";
	struct keywright_key key;
	for (size_t at = 0; RIGHT[at]; at++)
		for (const char *symbol = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; *symbol; symbol++) {
			char typed[] = "ACME2026NECV19BRRGKEEHYQD3CE5456Q4SN73";
			typed[at] = *symbol;
			assert_int_equal(keywright_key_read(typed, strlen(typed), &key), *symbol == RIGHT[at]);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_valid_vector_reads_and_shows_as_published),
		cmocka_unit_test(every_invalid_vector_is_refused_and_nothing_is_touched),
		cmocka_unit_test(bytes_that_no_json_can_hold_are_refused_too),
		cmocka_unit_test(no_key_with_one_other_symbol_reads),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
