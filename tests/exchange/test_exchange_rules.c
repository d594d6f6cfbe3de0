/* How long a code is, and who may have it. */
#include "../check.h"

#include "exchange/exchange_rules.h"

static void an_unbound_code_grows_with_those_alive(void **state)
{
	static const struct {
		int64_t alive, length;
	} ROWS[] = {{1, 8}, {2, 9}, {9, 9}, {10, 9}, {11, 10}, {100, 10}, {101, 11}, {1000, 11}, {1001, 12},
		{EXCHANGE_LOOSE_MAX, EXCHANGE_DIGITS_MAX}};
	for (size_t i = 0; i < COUNT(ROWS); i++)
		assert_int_equal(exchange_rules_length(ROWS[i].alive), ROWS[i].length);
}

/* RFC 7636 appendix B */
static const struct text VERIFIER = {"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", 43},
			 CHALLENGE = {"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", 43};

static void a_code_fits_its_app_its_verifier_and_its_time(void **state)
{
	enum { NOW = 1000 };
	const enum err NOT_FOUND = ERR_exchange_code_not_found;
	const struct uuid ours = {{1}}, theirs = {{2}}, nobody = {{0}};
	const struct app open = {.id = ours}, closed = {.id = ours, .require_secret = true};
	const struct text none = TEXT_NONE, empty = TEXT("");
	const struct {
		struct text challenge;
		int64_t expires_at, used_at;
		const struct app *app;
		struct uuid app_id;
		bool proven;
		struct text verifier;
		enum err err;
	} ROWS[] = {
		{empty, NOW + 1, 0, &open, nobody, false, none, ERR_NONE},
		{empty, NOW, 0, &open, nobody, false, none, NOT_FOUND},
		{empty, NOW + 1, 7, &open, nobody, false, none, NOT_FOUND},
		{empty, NOW + 1, 0, NULL, nobody, false, none, NOT_FOUND},
		{empty, NOW + 1, 0, &open, ours, false, none, ERR_NONE},
		{empty, NOW + 1, 0, &open, ours, true, none, ERR_NONE},
		{empty, NOW + 1, 0, &open, theirs, false, none, NOT_FOUND},
		{empty, NOW + 1, 0, &open, theirs, true, none, NOT_FOUND},
		{empty, NOW + 1, 0, &closed, ours, true, none, ERR_NONE},
		{empty, NOW + 1, 0, &closed, ours, false, none, NOT_FOUND},
		{empty, NOW + 1, 0, &closed, nobody, false, none, NOT_FOUND},
		{empty, NOW + 1, 0, &closed, theirs, true, none, NOT_FOUND},
		{CHALLENGE, NOW + 1, 0, &open, nobody, false, VERIFIER, ERR_NONE},
		{CHALLENGE, NOW + 1, 0, &open, nobody, false, none, NOT_FOUND},
		{CHALLENGE, NOW + 1, 0, &open, nobody, false, empty, NOT_FOUND},
		{CHALLENGE, NOW + 1, 0, &open, nobody, false, CHALLENGE, NOT_FOUND},
		{CHALLENGE, NOW + 1, 7, &open, nobody, false, VERIFIER, NOT_FOUND},
		{empty, NOW + 1, 0, &open, nobody, false, VERIFIER, NOT_FOUND},
	};
	for (size_t i = 0; i < COUNT(ROWS); i++) {
		const struct exchange_row row = {.grant = {.app_id = ours},
			.challenge = ROWS[i].challenge,
			.expires_at = ROWS[i].expires_at,
			.used_at = ROWS[i].used_at};
		const struct exchange_question question = {
			ROWS[i].app, ROWS[i].app_id, ROWS[i].proven, ROWS[i].verifier, NOW};
		const enum err err = exchange_rules_judge(&row, &question);
		if (err != ROWS[i].err)
			fail_msg("row %zu: %d instead of %d", i, err, ROWS[i].err);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_unbound_code_grows_with_those_alive),
		cmocka_unit_test(a_code_fits_its_app_its_verifier_and_its_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
