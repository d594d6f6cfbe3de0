#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/smtp.h"

#define MESSAGE "Subject: x\r\n\r\nhello\r\n"

struct fixture {
	struct arena *arena;
	struct smtp smtp;
};

static int begin(void **state)
{
	static struct fixture fixture;
	fixture.arena = arena_new();
	smtp_begin(&fixture.smtp, fixture.arena, "from@example.org", "to@example.org", TEXT(MESSAGE));
	*state = &fixture;
	return 0;
}

static int end(void **state)
{
	arena_free(((struct fixture *)*state)->arena);
	return 0;
}

static void says(struct smtp *smtp, const char *expected)
{
	const struct text now = smtp_to_say(smtp);
	assert_int_equal(now.n, strlen(expected));
	assert_memory_equal(now.p, expected, now.n);
	smtp_said(smtp, now.n);
	assert_int_equal(smtp_to_say(smtp).n, 0);
}

static void hears(struct smtp *smtp, const char *reply, enum smtp_verdict expected)
{
	assert_int_equal(smtp_hear(smtp, text_of(reply)), expected);
}

/* Says everything up to the stage and hears consent to it. */
static void reach(struct smtp *smtp, enum smtp_stage stage)
{
	while (smtp->stage < stage) {
		smtp_said(smtp, smtp_to_say(smtp).n);
		hears(smtp, smtp->stage == SMTP_DATA ? "354 go\r\n" : "250 ok\r\n", SMTP_TALKING);
	}
	smtp_said(smtp, smtp_to_say(smtp).n);
}

static void a_message_is_said_command_by_command(void **state)
{
	struct smtp *smtp = &((struct fixture *)*state)->smtp;
	says(smtp, "MAIL FROM:<from@example.org>\r\n");
	hears(smtp, "250 2.1.0 ok\r\n", SMTP_TALKING);
	says(smtp, "RCPT TO:<to@example.org>\r\n");
	hears(smtp, "250-first\r\n250 last\r\n", SMTP_TALKING);
	says(smtp, "DATA\r\n");
	hears(smtp, "354 go ahead\r\n", SMTP_TALKING);
	says(smtp, MESSAGE ".\r\n");
	hears(smtp, "250 2.0.0 queued\r\n", SMTP_ACCEPTED);
	assert_false(smtp->excess);
}

static void a_reply_may_come_byte_by_byte(void **state)
{
	struct smtp *smtp = &((struct fixture *)*state)->smtp;
	reach(smtp, SMTP_RCPT);
	const char *reply = "550-5.1.1 no\r\n550 5.1.1 such user\r";
	for (const char *c = reply; *c != '\0'; c++)
		assert_int_equal(smtp_hear(smtp, text_bytes(c, 1)), SMTP_TALKING);
	hears(smtp, "\n", SMTP_REFUSED);
	assert_int_equal(smtp->status, 550);
	assert_string_equal(smtp->detail, "5.1.1");
}

static void replies_are_judged_by_stage_and_status(void **state)
{
	static const struct {
		enum smtp_stage stage;
		const char *reply;
		enum smtp_verdict verdict;
	} cases[] = {
		{SMTP_MAIL, "451 later\r\n", SMTP_LATER},
		{SMTP_MAIL, "421 bye\r\n", SMTP_LATER},
		{SMTP_MAIL, "521 no mail here\r\n", SMTP_LATER},
		{SMTP_MAIL, "530 5.7.0 log in first\r\n", SMTP_LATER},
		{SMTP_MAIL, "553 not you\r\n", SMTP_REFUSED},
		{SMTP_MAIL, "354 too early\r\n", SMTP_GARBLED},
		{SMTP_RCPT, "450 busy\r\n", SMTP_LATER},
		{SMTP_RCPT, "550 unknown\r\n", SMTP_REFUSED},
		{SMTP_RCPT, "550\r\n", SMTP_REFUSED},
		{SMTP_DATA, "250 what\r\n", SMTP_GARBLED},
		{SMTP_DATA, "554 no\r\n", SMTP_REFUSED},
		{SMTP_MESSAGE, "354 more\r\n", SMTP_GARBLED},
		{SMTP_MESSAGE, "452 full\r\n", SMTP_LATER},
		{SMTP_MESSAGE, "554 spam\r\n", SMTP_REFUSED},
		{SMTP_MESSAGE, "hello\r\n", SMTP_GARBLED},
		{SMTP_MESSAGE, "99 x\r\n", SMTP_GARBLED},
		{SMTP_MESSAGE, "\r\n", SMTP_GARBLED},
		{SMTP_MESSAGE, "650 x\r\n", SMTP_GARBLED},
	};
	struct smtp *smtp = &((struct fixture *)*state)->smtp;
	for (size_t i = 0; i < COUNT(cases); i++) {
		smtp_restart(smtp);
		reach(smtp, cases[i].stage);
		hears(smtp, cases[i].reply, cases[i].verdict);
	}
}

static void consent_before_the_command_was_said_is_garbled(void **state)
{
	struct smtp *smtp = &((struct fixture *)*state)->smtp;
	reach(smtp, SMTP_MAIL);
	hears(smtp, "250 ok\r\n250 ok\r\n354 go\r\n250 sent\r\n", SMTP_GARBLED);
}

static void bytes_behind_the_last_reply_are_noticed(void **state)
{
	struct smtp *smtp = &((struct fixture *)*state)->smtp;
	reach(smtp, SMTP_MESSAGE);
	hears(smtp, "250 ok\r\n421 bye\r\n", SMTP_ACCEPTED);
	assert_true(smtp->excess);
}

static void an_endless_reply_and_an_endless_line_are_garbled(void **state)
{
	static char line[10000];
	memset(line, 'x', sizeof line);
	struct smtp *smtp = &((struct fixture *)*state)->smtp;
	reach(smtp, SMTP_MAIL);
	for (int i = 0; i < 6; i++)
		assert_int_equal(smtp_hear(smtp, text_bytes(line, sizeof line)), SMTP_TALKING);
	assert_int_equal(smtp_hear(smtp, text_bytes(line, sizeof line)), SMTP_GARBLED);

	smtp_restart(smtp);
	reach(smtp, SMTP_MAIL);
	enum smtp_verdict verdict = SMTP_TALKING;
	for (int i = 0; i < 10000 && verdict == SMTP_TALKING; i++)
		verdict = smtp_hear(smtp, TEXT("250-and another\r\n"));
	assert_int_equal(verdict, SMTP_GARBLED);
}

static void the_relays_prose_is_never_kept(void **state)
{
	struct smtp *smtp = &((struct fixture *)*state)->smtp;
	reach(smtp, SMTP_MESSAGE);
	hears(smtp, "554 123456 is a code, and so is 1.2.secret\r\n", SMTP_REFUSED);
	assert_string_equal(smtp->detail, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define FRESH(name) cmocka_unit_test_setup_teardown(name, begin, end)
		FRESH(a_message_is_said_command_by_command),
		FRESH(a_reply_may_come_byte_by_byte),
		FRESH(replies_are_judged_by_stage_and_status),
		FRESH(consent_before_the_command_was_said_is_garbled),
		FRESH(bytes_behind_the_last_reply_are_noticed),
		FRESH(an_endless_reply_and_an_endless_line_are_garbled),
		FRESH(the_relays_prose_is_never_kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
