/* Refresh tokens: only what we wrote is read, and the cascade decides every case of API section 2. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "token/refresh.h"

static const struct refresh TOKEN = {{{0x01, 0x90}}, {{0x02, 0xff}}, 0x01020304};

static int start(void **state)
{
	static const struct house house = {.master = {1, 2, 3}};
	*state = arena_new();
	refresh_start(&house);
	return 0;
}

static int stop(void **state)
{
	arena_free(*state);
	refresh_stop();
	return 0;
}

/* ---- text ---- */

static void what_is_written_is_read(void **state)
{
	const struct text t = refresh_write(*state, &TOKEN);
	struct refresh refresh;
	assert_int_equal(t.n, 80);
	assert_memory_equal(t.p, "kwr_", 4);
	assert_int_equal(refresh_read(t, &refresh), 0);
	assert_memory_equal(&refresh, &TOKEN, sizeof refresh);
}

static void a_token_with_any_bit_flipped_is_refused(void **state)
{
	const struct text t = refresh_write(*state, &TOKEN);
	struct refresh refresh;
	for (size_t i = 0; i < t.n; i++)
		for (int bit = 0; bit < 8; bit++) {
			char *changed = arena_string(*state, t);
			changed[i] ^= (char)(1 << bit);
			assert_int_not_equal(refresh_read(text_bytes(changed, t.n), &refresh), 0);
		}
}

static void a_token_of_another_length_is_refused(void **state)
{
	const struct text t = refresh_write(*state, &TOKEN);
	struct refresh refresh;
	for (size_t n = 0; n < t.n; n++)
		assert_int_not_equal(refresh_read(text_bytes(t.p, n), &refresh), 0);
	const struct text longer = arena_printf(*state, "%.*sA", TEXT_ARG(t));
	assert_int_not_equal(refresh_read(longer, &refresh), 0);
	assert_int_not_equal(refresh_read(TEXT_NONE, &refresh), 0);
}

static void a_token_of_another_house_is_refused(void **state)
{
	static const struct house other = {.master = {9}};
	const struct text t = refresh_write(*state, &TOKEN);
	struct refresh refresh;
	refresh_stop();
	refresh_start(&other);
	assert_int_not_equal(refresh_read(t, &refresh), 0);
}

static void an_idempotency_key_is_bound_to_token_and_body(void **state)
{
	struct refresh next = TOKEN;
	next.generation++;
	const struct text key = TEXT("key"), body = TEXT("{}");
	const struct refresh_repeat same = refresh_repeat_of(&TOKEN, key, body),
				    again = refresh_repeat_of(&TOKEN, key, body),
				    other_body = refresh_repeat_of(&TOKEN, key, TEXT("{ }")),
				    other_key = refresh_repeat_of(&TOKEN, TEXT("key2"), body),
				    other_token = refresh_repeat_of(&next, key, body);
	assert_memory_equal(&same, &again, sizeof same);
	assert_memory_equal(same.key, other_body.key, sizeof same.key);
	assert_memory_not_equal(same.request, other_body.request, sizeof same.request);
	assert_memory_not_equal(same.key, other_key.key, sizeof same.key);
	assert_memory_not_equal(same.key, other_token.key, sizeof same.key);
}

/* ---- the cascade ---- */

enum { NOW = 1000000, HOUR = 3600 * 1000, GENERATION = 5 };
enum key_sent { NO_KEY, SAME_KEY, SAME_KEY_OTHER_BODY, OTHER_KEY };

static const struct refresh_repeat KNOWN = {{1}, {2}}, OTHER_BODY = {{1}, {3}}, OTHER = {{4}, {5}};
static const struct refresh_repeat *const SENT[] = {
	[NO_KEY] = NULL, [SAME_KEY] = &KNOWN, [SAME_KEY_OTHER_BODY] = &OTHER_BODY, [OTHER_KEY] = &OTHER};

/* generation: presented, relative to the row's. since: ms from the latest rotation. ended: logged out; idle, past: ms by
 * which that end is over. */
struct judged {
	const char *what;
	int generation;
	enum key_sent key;
	int64_t since, grace, idle_over, past_over;
	bool ended, deleted, unanswered, restored;
	enum refresh_verdict verdict;
};

static const struct judged TABLE[] = {
	{"current", 0, NO_KEY, 0, .verdict = REFRESH_CURRENT},
	{"current, any key", 0, SAME_KEY, 0, .verdict = REFRESH_CURRENT},
	{"current, logged out", 0, NO_KEY, 0, .ended = true, .verdict = REFRESH_ENDED},
	{"current, idle end now", 0, NO_KEY, 0, .idle_over = 1, .verdict = REFRESH_ENDED},
	{"current, absolute end now", 0, NO_KEY, 0, .past_over = 1, .verdict = REFRESH_ENDED},
	{"current, user deleted", 0, NO_KEY, 0, .deleted = true, .verdict = REFRESH_USER_DELETED},
	{"current, user deleted and logged out", 0, NO_KEY, 0, .ended = true, .deleted = true,
		.verdict = REFRESH_USER_DELETED},
	{"from the future", 1, NO_KEY, 0, .verdict = REFRESH_ENDED},
	{"from the future, user deleted", 1, NO_KEY, 0, .deleted = true, .verdict = REFRESH_USER_DELETED},
	{"parent", -1, NO_KEY, 0, .verdict = REFRESH_REPLAYED},
	{"parent, its time before the rotation's", -1, NO_KEY, -1, .verdict = REFRESH_REPLAYED},
	{"parent, logged out", -1, NO_KEY, 0, .ended = true, .verdict = REFRESH_REPLAYED},
	{"parent, user deleted", -1, NO_KEY, 0, .deleted = true, .verdict = REFRESH_USER_DELETED},
	{"grandparent", -2, NO_KEY, 0, .verdict = REFRESH_REPLAYED},
	{"parent, same key", -1, SAME_KEY, 0, .verdict = REFRESH_AGAIN},
	{"parent, same key, last moment", -1, SAME_KEY, REFRESH_REPEAT_MS, .verdict = REFRESH_AGAIN},
	{"parent, same key, too late", -1, SAME_KEY, REFRESH_REPEAT_MS + 1, .verdict = REFRESH_REPLAYED},
	{"parent, other key", -1, OTHER_KEY, 0, .verdict = REFRESH_REPLAYED},
	{"parent, other body", -1, SAME_KEY_OTHER_BODY, 0, .verdict = REFRESH_OTHER_REQUEST},
	{"parent, other body, too late", -1, SAME_KEY_OTHER_BODY, REFRESH_REPEAT_MS + 1, .verdict = REFRESH_REPLAYED},
	{"parent, same key, logged out", -1, SAME_KEY, 0, .ended = true, .verdict = REFRESH_REPLAYED},
	{"parent, same key, idle end over", -1, SAME_KEY, 0, .idle_over = 1, .verdict = REFRESH_REPLAYED},
	{"parent, same key, user deleted", -1, SAME_KEY, 0, .deleted = true, .verdict = REFRESH_USER_DELETED},
	{"grandparent, same key", -2, SAME_KEY, 0, .verdict = REFRESH_REPLAYED},
	{"parent in the grace time", -1, NO_KEY, 999, .grace = 1000, .verdict = REFRESH_AGAIN},
	{"parent after the grace time", -1, NO_KEY, 1000, .grace = 1000, .verdict = REFRESH_REPLAYED},
	{"grandparent in the grace time", -2, NO_KEY, 0, .grace = 1000, .verdict = REFRESH_REPLAYED},
	{"parent in the grace time, logged out", -1, NO_KEY, 0, .grace = 1000, .ended = true,
		.verdict = REFRESH_REPLAYED},
	{"parent, never answered", -1, NO_KEY, HOUR, .unanswered = true, .verdict = REFRESH_AGAIN},
	{"parent, never answered, logged out", -1, NO_KEY, 0, .unanswered = true, .ended = true,
		.verdict = REFRESH_REPLAYED},
	{"grandparent, never answered", -2, NO_KEY, 0, .unanswered = true, .verdict = REFRESH_REPLAYED},
	{"restored, current", 0, NO_KEY, 0, .restored = true, .verdict = REFRESH_CURRENT},
	{"restored, from after the backup", 1, NO_KEY, 0, .restored = true, .verdict = REFRESH_CURRENT},
	{"restored, from long after the backup", 1000, NO_KEY, 0, .restored = true, .verdict = REFRESH_CURRENT},
	{"restored, from after the backup, logged out", 1, NO_KEY, 0, .restored = true, .ended = true,
		.verdict = REFRESH_ENDED},
	{"restored, from after the backup, idle end now", 1, NO_KEY, 0, .restored = true, .idle_over = 1,
		.verdict = REFRESH_ENDED},
	{"restored, from after the backup, user deleted", 1, NO_KEY, 0, .restored = true, .deleted = true,
		.verdict = REFRESH_USER_DELETED},
	{"restored, parent", -1, NO_KEY, 0, .restored = true, .verdict = REFRESH_REPLAYED},
};

static void every_case_has_its_verdict(void **state)
{
	for (size_t i = 0; i < COUNT(TABLE); i++) {
		const struct judged *judged = &TABLE[i];
		const struct session_row row = {
			.session = {.generation = GENERATION,
				.idle_until = judged->idle_over ? NOW + 1 - judged->idle_over : NOW + HOUR,
				.expires_at = judged->past_over ? NOW + 1 - judged->past_over : NOW + 2 * HOUR},
			.user = {.deleted_at = judged->deleted ? 1 : 0},
			.last_used_at = NOW - judged->since,
			.ended_at = judged->ended ? NOW - 1 : 0,
			.restored = judged->restored,
			.has_repeat = true,
			.repeat = KNOWN,
		};
		const struct refresh_ask ask = {.generation = (uint32_t)(GENERATION + judged->generation),
			.repeat = SENT[judged->key],
			.never_answered = judged->unanswered,
			.now = NOW,
			.grace_ms = judged->grace};
		if (refresh_judge(&row, &ask) != judged->verdict)
			fail_msg("%s", judged->what);
	}
}

static void a_row_without_a_key_is_no_repeat(void **state)
{
	const struct refresh_repeat zero = {{0}, {0}};
	const struct session_row row = {
		.session = {.generation = 2, .idle_until = NOW + HOUR, .expires_at = NOW + HOUR}, .last_used_at = NOW};
	const struct refresh_ask ask = {.generation = 1, .repeat = &zero, .now = NOW};
	assert_int_equal(refresh_judge(&row, &ask), REFRESH_REPLAYED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_written_is_read, start, stop),
		cmocka_unit_test_setup_teardown(a_token_with_any_bit_flipped_is_refused, start, stop),
		cmocka_unit_test_setup_teardown(a_token_of_another_length_is_refused, start, stop),
		cmocka_unit_test_setup_teardown(a_token_of_another_house_is_refused, start, stop),
		cmocka_unit_test_setup_teardown(an_idempotency_key_is_bound_to_token_and_body, start, stop),
		cmocka_unit_test(every_case_has_its_verdict),
		cmocka_unit_test(a_row_without_a_key_is_no_repeat),
	};
	return cmocka_run_group_tests_name("refresh", tests, NULL, NULL);
}
