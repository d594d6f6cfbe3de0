/* The pure part: which refusal comes first, and what an otp_request_id is. */
#include "../check.h"

#include "otp/otp_rules.h"

static const struct uuid OURS = {{1}}, THEIRS = {{2}};
enum { NOW = 1000, TRIES = 3 };

/* Every row is wrong in all that its letters name: App, Purpose, Used, Locked, Expired. */
static void the_first_reason_in_the_order_of_the_contract_is_given(void **state)
{
	static const struct {
		const char *wrong;
		enum err err;
	} ROWS[] = {
		{"", ERR_NONE},
		{"E", ERR_OTP_EXPIRED},
		{"L", ERR_OTP_LOCKED},
		{"LE", ERR_OTP_LOCKED},
		{"U", ERR_OTP_ALREADY_USED},
		{"UE", ERR_OTP_ALREADY_USED},
		{"ULE", ERR_OTP_ALREADY_USED},
		{"P", ERR_OTP_WRONG_PURPOSE},
		{"PULE", ERR_OTP_WRONG_PURPOSE},
		{"A", ERR_OTP_WRONG_APP},
		{"APULE", ERR_OTP_WRONG_APP},
	};
	for (size_t i = 0; i < COUNT(ROWS); i++) {
		const char *wrong = ROWS[i].wrong;
		const struct otp_row row = {.app_id = strchr(wrong, 'A') ? THEIRS : OURS,
			.purpose = strchr(wrong, 'P') ? TEXT("other") : TEXT("login"),
			.used_at = strchr(wrong, 'U') ? NOW - 1 : 0,
			.tries = strchr(wrong, 'L') ? TRIES : TRIES - 1,
			.expires_at = strchr(wrong, 'E') ? NOW : NOW + 1};
		const struct otp_question question = {OURS, TEXT("login"), NOW, TRIES};
		if (otp_rules_judge(&row, &question) != ROWS[i].err)
			fail_msg("wrong in %s", wrong);
	}
}

static void an_id_is_read_as_it_was_written(void **state)
{
	const struct otp_id id = {{1, 2, 3, 4, 5, 6}, {7, 8, 9}};
	struct text text = otp_rules_write_id(*state, OURS, &id);
	struct uuid app_id;
	struct otp_id read;
	assert_true(text_starts(text, TEXT("otp_")));
	assert_int_equal(otp_rules_read_id(text, &app_id, &read), 0);
	assert_true(uuid_equal(app_id, OURS));
	assert_memory_equal(&read, &id, sizeof id);
}

static void what_was_not_written_here_is_no_id(void **state)
{
	const struct otp_id id = {{1, 2, 3, 4, 5, 6}, {7, 8, 9}};
	struct text good = otp_rules_write_id(*state, OURS, &id);
	struct uuid app_id;
	struct otp_id read;
	const struct text bad[] = {TEXT(""), TEXT("otp_"), TEXT("otp"), text_bytes(good.p, good.n - 1),
		text_bytes(good.p + 4, good.n - 4), arena_printf(*state, "%sA", good.p),
		arena_printf(*state, " %s", good.p), arena_printf(*state, "OTP_%s", good.p + 4),
		arena_printf(*state, "%.*s=", (int)good.n - 1, good.p),
		arena_printf(*state, "%.*s\xff", (int)good.n - 1, good.p),
		/* the last character holds two bits of nothing */
		arena_printf(*state, "%.*sB", (int)good.n - 1, good.p)};
	for (size_t i = 0; i < COUNT(bad); i++)
		if (otp_rules_read_id(bad[i], &app_id, &read) == 0)
			fail_msg("row %zu: %.*s", i, TEXT_ARG(bad[i]));
}

static void a_code_is_called_by_its_channel(void **state)
{
	assert_string_equal(otp_rules_amr(CONTACT_PHONE), "otp-sms");
	assert_string_equal(otp_rules_amr(CONTACT_EMAIL), "otp-email");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_reason_in_the_order_of_the_contract_is_given),
		CHECK_WITH_ARENA(an_id_is_read_as_it_was_written),
		CHECK_WITH_ARENA(what_was_not_written_here_is_no_id),
		cmocka_unit_test(a_code_is_called_by_its_channel),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
