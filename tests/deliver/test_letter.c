/* A message keeps what it says, on the heap and through the outbox. */
#include "../check.h"

#include "api/body.h"
#include "deliver/letter.h"

static const struct message FULL = {.kind = MESSAGE_OTP,
	.to = {CONTACT_EMAIL, {"ada@example.com", 15}, {"Ada@example.com", 15}},
	.app_name = {"\"Bäckerei\"\n", 12},
	.code = {"482913", 6},
	.purpose = {"login", 5},
	.locale = {"de-AT", 5},
	.expires_at = 1800000300000};
static const struct uuid APP = {{1}};

static struct arena *arena;

static int make_arena(void **state)
{
	body_start();
	arena = arena_new();
	return 0;
}

static int free_arena(void **state)
{
	arena_free(arena);
	return 0;
}

static void check_same(const struct message *actual, const struct message *expected)
{
	assert_int_equal(actual->kind, expected->kind);
	assert_int_equal(actual->to.kind, expected->to.kind);
	assert_int_equal(actual->expires_at, expected->expires_at);
	CHECK_TEXT(actual->to.canonical, expected->to.canonical);
	CHECK_TEXT(actual->to.spelling, expected->to.spelling);
	CHECK_TEXT(actual->app_name, expected->app_name);
	CHECK_TEXT(actual->code, expected->code);
	CHECK_TEXT(actual->purpose, expected->purpose);
	CHECK_TEXT(actual->locale, expected->locale);
}

static void a_letter_has_texts_of_its_own(void **state)
{
	struct message message = FULL;
	message.code = arena_copy(arena, FULL.code);
	struct letter *letter = letter_new(APP, APP, &message);
	memset((char *)message.code.p, 'x', message.code.n);
	check_same(&letter->message, &FULL);
	const struct letter *copy = letter_copy(arena, letter);
	letter_free(letter);
	check_same(&copy->message, &FULL);
}

static void what_is_written_is_read_again(void **state)
{
	struct message message;
	assert_int_equal(letter_read(arena, letter_write(arena, &FULL), &message), 0);
	check_same(&message, &FULL);
}

static void what_is_absent_stays_absent(void **state)
{
	struct message without = FULL, message;
	without.locale = TEXT_NONE;
	without.to.kind = CONTACT_PHONE;
	assert_int_equal(letter_read(arena, letter_write(arena, &without), &message), 0);
	check_same(&message, &without);
	struct letter *letter = letter_new(APP, APP, &without);
	check_same(&letter->message, &without);
	letter_free(letter);
}

static void what_is_no_message_is_refused(void **state)
{
	static const char *const OTHERS[] = {"", "{", "[]", "{}", "{\"kind\":0}", "{\"kind\":0,\"contact_kind\":3}",
		"{\"kind\":9,\"contact_kind\":1}", "{\"kind\":0,\"contact_kind\":1} x"};
	for (size_t i = 0; i < COUNT(OTHERS); i++) {
		struct message message;
		assert_int_not_equal(letter_read(arena, text_of(OTHERS[i]), &message), 0);
	}
}

static void its_id_tells_when_it_was_queued(void **state)
{
	struct letter *letter = letter_new(APP, uuid_new(1800000000123), &FULL);
	assert_int_equal(letter_queued_at(letter), 1800000000123);
	letter_free(letter);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_letter_has_texts_of_its_own),
		cmocka_unit_test(what_is_written_is_read_again),
		cmocka_unit_test(what_is_absent_stays_absent),
		cmocka_unit_test(what_is_no_message_is_refused),
		cmocka_unit_test(its_id_tells_when_it_was_queued),
	};
	return cmocka_run_group_tests_name("deliver/letter", tests, make_arena, free_arena);
}
