#include "../check.h"

#include "desk.h"

#include <stdlib.h>

int desk_set_up(void **state)
{
	struct desk *desk = calloc(1, sizeof *desk);
	assert_non_null(desk);
	maker_init(&desk->maker);
	char *jwks = maker_jwks(&desk->maker);
	assert_true(keywright_pins_read(jwks, strlen(jwks), &desk->pins));
	free(jwks);
	desk->expected = (struct keywright_expected){&desk->pins, MAKER_APP, MAKER_DEVICE, MAKER_ISSUED + 60};
	*state = desk;
	return 0;
}

int desk_tear_down(void **state)
{
	struct desk *desk = *state;
	maker_done(&desk->maker);
	free(desk);
	return 0;
}

static bool is_ours(enum keywright_result result)
{
	return keywright_may_run(result) || result == KEYWRIGHT_EXPIRED || result == KEYWRIGHT_NOT_YET_VALID ||
	       result == KEYWRIGHT_CLOCK_MOVED_BACK;
}

enum keywright_result desk_judge(struct desk *desk, const char *text, size_t n)
{
	static const struct keywright_lease EMPTY;
	const struct keywright_clock before = desk->clock;
	memset(&desk->lease, 0x5a, sizeof desk->lease);
	const enum keywright_result result =
		keywright_lease_check(text, n, &desk->expected, &desk->clock, &desk->lease);
	if (!is_ours(result)) {
		assert_memory_equal(&desk->lease, &EMPTY, sizeof EMPTY);
		assert_memory_equal(&desk->clock, &before, sizeof before);
	}
	if (!keywright_may_run(result))
		assert_null(keywright_lease_name(&desk->lease, 0));
	return result;
}

enum keywright_result desk_judge_token(struct desk *desk, char *token)
{
	const enum keywright_result result = desk_judge(desk, token, strlen(token));
	free(token);
	return result;
}

enum keywright_result desk_judge_changed(struct desk *desk, const char *piece, const char *by)
{
	char *claims = maker_claims(piece, by);
	const enum keywright_result result = desk_judge_token(desk, maker_lease(&desk->maker, claims));
	free(claims);
	return result;
}
