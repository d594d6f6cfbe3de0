#include "../check.h"

#include "core/id.h"

enum { NOW = 1748176496 };
static const int64_t NOW_MS = NOW * 1000LL + 789;

static void a_new_uuid_leads_with_its_time_and_says_version_7(void **state)
{
	struct uuid id = uuid_new(NOW_MS);
	assert_int_equal(uuid_time(id), NOW_MS);
	assert_int_equal(id.b[6] >> 4, 7);
	assert_int_equal(id.b[8] >> 6, 2);
}

static void all_62_random_bits_of_a_uuid_vary(void **state)
{
	uint8_t zeros[16], ones[16];
	memset(zeros, 0xff, sizeof zeros);
	memset(ones, 0, sizeof ones);
	for (int i = 0; i < 200; i++) {
		struct uuid id = uuid_new(NOW_MS);
		for (int b = 0; b < 16; b++) {
			zeros[b] &= id.b[b];
			ones[b] |= id.b[b];
		}
	}
	int varied = 0;
	for (int b = 8; b < 16; b++)
		varied += __builtin_popcount((unsigned)(ones[b] & ~zeros[b]));
	assert_int_equal(varied, 62);
}

static void those_of_one_millisecond_sort_as_they_were_made(void **state)
{
	struct uuid last = uuid_new(NOW_MS + 1);
	for (int i = 0; i < 1000; i++) {
		const struct uuid id = uuid_new(NOW_MS + 1);
		assert_true(memcmp(&last, &id, sizeof id) < 0);
		last = id;
	}
	assert_int_equal(uuid_time(last), NOW_MS + 1);
	const struct uuid late = uuid_new(NOW_MS), next = uuid_new(NOW_MS + 1);
	assert_int_equal(uuid_time(late), NOW_MS);
	assert_true(memcmp(&last, &next, sizeof next) < 0);
}

static void the_same_chance_makes_the_same_uuid(void **state)
{
	const uint8_t chance[UUID_CHANCE_SIZE] = {0xff, 1, 0xff, 3, 4, 5, 6, 7, 8, 9};
	char out[UUID_TEXT_SIZE];
	uuid_write(uuid_of_chance(0x01890a5dac96, chance), out);
	assert_string_equal(out, "01890a5d-ac96-7f01-bf03-040506070809");
}

static void a_uuid_is_read_in_either_case_and_written_in_lower(void **state)
{
	static const char LOWER[] = "01890a5d-ac96-774b-bcce-b302099a8057";
	struct uuid lower, upper;
	char out[UUID_TEXT_SIZE];
	assert_int_equal(uuid_read(text_of(LOWER), &lower), 0);
	assert_int_equal(uuid_read(TEXT("01890A5D-AC96-774B-BCCE-B302099A8057"), &upper), 0);
	assert_true(uuid_equal(lower, upper));
	assert_int_equal(uuid_time(lower), 0x01890a5dac96);
	uuid_write(upper, out);
	assert_string_equal(out, LOWER);
}

static void what_is_no_uuid_is_refused_and_changes_nothing(void **state)
{
	static const char *const BAD[] = {"", "01890a5d", "01890a5dac96774bbcceb302099a8057",
		"{01890a5d-ac96-774b-bcce-b302099a8057}", "01890a5d-ac96-774b-bcce-b302099a805",
		"01890a5d-ac96-774b-bcce-b302099a80577", "01890a5g-ac96-774b-bcce-b302099a8057",
		"01890a5-dac96-774b-bcce-b302099a8057", "01890a5d-ac96-774b-bcce-b302099a805 ",
		"01890a5d_ac96_774b_bcce_b302099a8057", "0x890a5d-ac96-774b-bcce-b302099a8057"};
	struct uuid id = {{1}};
	for (size_t i = 0; i < COUNT(BAD); i++)
		assert_int_not_equal(uuid_read(text_of(BAD[i]), &id), 0);
	assert_int_not_equal(uuid_read(TEXT_NONE, &id), 0);
	assert_true(uuid_equal(id, (struct uuid){{1}}));
}

static void the_nil_uuid_is_null_in_json(void **state)
{
	struct buf out;
	buf_init(&out, *state, 64);
	struct emit json = emit_to(&out);
	struct uuid id;
	assert_int_equal(uuid_read(TEXT("01890a5d-ac96-774b-bcce-b302099a8057"), &id), 0);
	assert_false(uuid_is_nil(id));
	assert_true(uuid_is_nil((struct uuid){{0}}));
	emit_array(&json, NULL);
	uuid_emit(&json, NULL, id);
	uuid_emit(&json, NULL, (struct uuid){{0}});
	emit_end_array(&json);
	CHECK_STRING(buf_text(&out), "[\"01890a5d-ac96-774b-bcce-b302099a8057\",null]");
}

static void request_ids_are_ulids_that_sort_by_time(void **state)
{
	char before[REQUEST_ID_SIZE], after[REQUEST_ID_SIZE];
	for (int64_t ms = 1; ms < (INT64_C(1) << 47); ms = ms * 2 + 1) {
		id_request(NOW_MS, before);
		id_request(NOW_MS + ms, after);
		assert_true(strcmp(before, after) < 0);
	}
	assert_int_equal(strlen(before), REQUEST_ID_SIZE - 1);
	assert_int_equal(strncmp(before, "req_", 4), 0);
	assert_int_equal(strspn(before + 4, "0123456789ABCDEFGHJKMNPQRSTVWXYZ"), 26);
	assert_true(before[4] <= '7'); /* 128 bits in 26 characters of five */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_uuid_leads_with_its_time_and_says_version_7),
		cmocka_unit_test(all_62_random_bits_of_a_uuid_vary),
		cmocka_unit_test(those_of_one_millisecond_sort_as_they_were_made),
		cmocka_unit_test(the_same_chance_makes_the_same_uuid),
		cmocka_unit_test(a_uuid_is_read_in_either_case_and_written_in_lower),
		cmocka_unit_test(what_is_no_uuid_is_refused_and_changes_nothing),
		CHECK_WITH_ARENA(the_nil_uuid_is_null_in_json),
		cmocka_unit_test(request_ids_are_ulids_that_sort_by_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
