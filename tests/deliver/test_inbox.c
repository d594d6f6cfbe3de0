/* The inbox of dev mode: order, limit, and no more than it should hold. */
#include "../check.h"

#include <stdio.h>

#include "deliver/inbox.h"

static struct arena *arena;

static int make_arena(void **state)
{
	arena = arena_new();
	return 0;
}

static int clear(void **state)
{
	inbox_clear();
	arena_free(arena);
	return 0;
}

static void add(const char *contact, const char *code)
{
	const struct message message = {
		.to = {CONTACT_EMAIL, text_of(contact), text_of(contact)}, .code = text_of(code)};
	inbox_add(letter_new((struct uuid){{1}}, (struct uuid){{2}}, &message));
}

static void add_numbered(const char *contact, int number)
{
	char code[16];
	snprintf(code, sizeof code, "%d", number);
	add(contact, code);
}

/* Codes with a blank behind each, newest first. */
static struct text codes(const char *contact, size_t limit)
{
	const struct letter *letters[10];
	struct buf out;
	assert_true(limit <= COUNT(letters));
	buf_init(&out, arena, 64);
	const size_t count = inbox_read(arena, text_of(contact), limit, letters);
	for (size_t i = 0; i < count; i++) {
		buf_add(&out, letters[i]->message.code);
		buf_add_char(&out, ' ');
	}
	return buf_text(&out);
}

static void the_newest_come_first_and_no_more_than_asked(void **state)
{
	add("a@example.com", "1");
	add("b@example.com", "2");
	add("a@example.com", "3");
	CHECK_STRING(codes(NULL, 10), "3 2 1 ");
	CHECK_STRING(codes("a@example.com", 10), "3 1 ");
	CHECK_STRING(codes("a@example.com", 1), "3 ");
	CHECK_STRING(codes(NULL, 2), "3 2 ");
	CHECK_STRING(codes("nobody@example.com", 10), "");
}

static void the_oldest_make_room(void **state)
{
	add("early@example.com", "0");
	add("both@example.com", "1");
	for (int i = 2; i < INBOX_MAX; i++)
		add_numbered("many@example.com", i);
	CHECK_STRING(codes("early@example.com", 10), "0 ");
	add("both@example.com", "last");
	CHECK_STRING(codes("early@example.com", 10), "");
	CHECK_STRING(codes("both@example.com", 10), "last 1 ");
	add("many@example.com", "more");
	CHECK_STRING(codes("both@example.com", 10), "last ");
	CHECK_STRING(codes(NULL, 2), "more last ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_newest_come_first_and_no_more_than_asked, make_arena, clear),
		cmocka_unit_test_setup_teardown(the_oldest_make_room, make_arena, clear),
	};
	return cmocka_run_group_tests_name("deliver/inbox", tests, NULL, NULL);
}
