#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "net/courier.h"
#include "net/mime.h"

static struct arena *arena;

static int begin(void **state)
{
	arena = arena_new();
	return 0;
}

static int end(void **state)
{
	arena_free(arena);
	return 0;
}

static struct courier_mail plain_mail(void)
{
	return (struct courier_mail){
		.from = "no-reply@example.org",
		.from_name = "Keywright",
		.to = "ada@example.org",
		.subject = "Your code",
		.message_id = "01J@example.org",
		.text = TEXT("Hello"),
		.date = INT64_C(1779712496789),
	};
}

static const char *written(const struct courier_mail *mail)
{
	struct buf out;
	const char *why;
	buf_init(&out, arena, 100);
	assert_int_equal(mime_write(&out, mail, &why), 0);
	return buf_text(&out).p;
}

static void holds(const char *message, const char *part)
{
	assert_non_null(strstr(message, part));
}

static void a_plain_mail_is_one_part(void **state)
{
	const struct courier_mail mail = plain_mail();
	assert_string_equal(written(&mail), "Date: Mon, 25 May 2026 12:34:56 +0000\r\n"
					    "From: \"Keywright\"\r\n <no-reply@example.org>\r\n"
					    "To: <ada@example.org>\r\n"
					    "Subject: Your code\r\n"
					    "Message-ID: <01J@example.org>\r\n"
					    "MIME-Version: 1.0\r\n"
					    "Auto-Submitted: auto-generated\r\n"
					    "Content-Type: text/plain; charset=utf-8\r\n"
					    "Content-Transfer-Encoding: quoted-printable\r\n"
					    "\r\n"
					    "Hello\r\n");
}

static void html_makes_it_multipart_alternative(void **state)
{
	struct courier_mail mail = plain_mail();
	mail.html = TEXT("<p class=\"x\">Hello</p>");
	holds(written(&mail), "Content-Type: multipart/alternative; boundary=\"=_keywright\"\r\n"
			      "\r\n"
			      "--=_keywright\r\n"
			      "Content-Type: text/plain; charset=utf-8\r\n"
			      "Content-Transfer-Encoding: quoted-printable\r\n"
			      "\r\n"
			      "Hello\r\n"
			      "--=_keywright\r\n"
			      "Content-Type: text/html; charset=utf-8\r\n"
			      "Content-Transfer-Encoding: quoted-printable\r\n"
			      "\r\n"
			      "<p class=3D\"x\">Hello</p>\r\n"
			      "--=_keywright--\r\n");
}

static void bodies_are_quoted_printable(void **state)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{"", "\r\n\r\n"},
		{"a\nb\rc\r\nd", "\r\n\r\na\r\nb\r\nc\r\nd\r\n"},
		{"x\r\n.\r\ny", "x\r\n=2E\r\ny\r\n"},
		{".\n.\r..", "\r\n\r\n=2E\r\n=2E\r\n=2E.\r\n"},
		{"gr\xc3\xbc\xc3\x9f 1=1", "gr=C3=BC=C3=9F 1=3D1\r\n"},
		{"blank \nand tab\t", "blank=20\r\nand tab=09\r\n"},
		{"--=_keywright--", "--=3D_keywright--\r\n"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct courier_mail mail = plain_mail();
		mail.text = text_of(cases[i].text);
		const char *message = written(&mail);
		const size_t n = strlen(message), tail = strlen(cases[i].expected);
		holds(message, cases[i].expected);
		assert_string_equal(message + n - tail, i == 0 ? "\r\n\r\n" : cases[i].expected);
	}
}

/* What SMTP needs: CRLF and nothing else ends a line, short lines, no dot at a line's start, ASCII without controls but tabs. */
static void assert_fit_for_smtp(const char *message)
{
	size_t column = 0;
	for (const char *c = message; *c != '\0'; c++) {
		if (*c == '\r') {
			assert_int_equal(c[1], '\n');
			c++;
			column = 0;
			continue;
		}
		assert_true((*c >= ' ' && *c <= '~') || *c == '\t');
		assert_false(column == 0 && *c == '.');
		assert_true(++column <= 78);
	}
	assert_int_equal(column, 0);
}

static void whatever_the_text_holds_the_message_is_fit_for_smtp(void **state)
{
	char text[400];
	srandom(1);
	for (int round = 0; round < 2000; round++) {
		static const char likely[] = "\r\n. =\t-ab\0\x7f\xc3\xbc";
		const size_t n = (size_t)random() % sizeof text;
		for (size_t i = 0; i < n; i++)
			text[i] = likely[(size_t)random() % (sizeof likely - 1)];
		struct courier_mail mail = plain_mail();
		mail.text = mail.html = text_bytes(text, n);
		assert_fit_for_smtp(written(&mail));
		arena_clear(arena);
	}
}

static void names_and_subjects_are_encoded_when_they_must_be(void **state)
{
	struct courier_mail mail = plain_mail();
	mail.from_name = "The \"Best\" \\ App";
	mail.subject = "Gr\xc3\xbc\xc3\x9f"
		       "e";
	holds(written(&mail), "From: \"The \\\"Best\\\" \\\\ App\"\r\n <no-reply@example.org>\r\n");
	holds(written(&mail), "Subject: =?UTF-8?B?R3LDvMOfZQ==?=\r\n");
	mail.from_name = "=?UTF-8?B?R3LDvA==?=";
	holds(written(&mail), "From: =?UTF-8?B?PT9VVEYtOD9CP1IzTER2QT09Pz0=?=\r\n <no-reply@example.org>\r\n");
	mail.from_name = NULL;
	holds(written(&mail), "From: <no-reply@example.org>\r\n");
}

static void a_long_subject_is_folded_between_characters(void **state)
{
	char subject[1 + 3 * 60 + 1] = "x";
	for (int i = 0; i < 60; i++)
		memcpy(subject + 1 + 3 * i, "\xe2\x82\xac", 4);
	struct courier_mail mail = plain_mail();
	mail.subject = subject;
	const char *message = written(&mail);
	assert_fit_for_smtp(message);
	/* 1 + 12 * 3 bytes, then 13 * 3: "x€€…" and "€€…". */
	holds(message, "Subject: =?UTF-8?B?eOKC");
	holds(message, "?=\r\n =?UTF-8?B?4oKs");
}

static void nothing_that_could_end_a_header_gets_into_one(void **state)
{
	static const char *const bad[] = {
		"x\r\nBcc: eve@example.org",
		"x\nBcc: eve@example.org",
		"x\rBcc: eve@example.org",
		"x\x7f",
		"x\tx",
		"x\r\n.\r\n",
		"x\n.\r\n",
		"bad utf-8 \xff",
	};
	for (size_t i = 0; i < COUNT(bad); i++) {
		for (int field = 0; field < 5; field++) {
			struct courier_mail mail = plain_mail();
			*(const char **[]){
				&mail.subject, &mail.from_name, &mail.from, &mail.to, &mail.message_id}[field] = bad[i];
			struct buf out;
			const char *why = NULL;
			buf_init(&out, arena, 100);
			assert_int_not_equal(mime_write(&out, &mail, &why), 0);
			assert_non_null(why);
			assert_int_equal(out.n, 0);
		}
	}
}

static void only_one_plain_address_is_an_address(void **state)
{
	static const char *const good[] = {"a@b", "a.b+c@example.org", "!#$%&'*+-/=?^_`{|}~@x-y.org", "1@1.2"};
	static const char *const bad[] = {"", "a", "@", "a@", "@b", "a@b@c", "a@x,b@y", "a@x b@y", "a@x;b@y", "<a@x>",
		"\"a@x\" <b@y>", "\"a\"@x", "a(b)@x", "a@x(b)", "a..b@x", ".a@x", "a.@x", "a@.x", "a@x.", "a@x..y",
		" a@x", "a@x ", "a@x\r\nRCPT TO:<b@y>", "a@x>\r\n", "a@[127.0.0.1]", "\xc3\xbc@x", "a@\xc3\xbc.org",
		"=?utf-8?q?a=40x?=@y@z", "a@x%00"};
	for (size_t i = 0; i < COUNT(good); i++)
		assert_true(mime_is_address(text_of(good[i])));
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(mime_is_address(text_of(bad[i])));
	assert_false(mime_is_address(TEXT("a\0b@x")));
	assert_false(mime_is_address(TEXT_NONE));

	char long_one[256];
	memset(long_one, 'a', sizeof long_one);
	long_one[1] = '@';
	assert_true(mime_is_address(text_bytes(long_one, 254)));
	assert_false(mime_is_address(text_bytes(long_one, 255)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define FRESH(name) cmocka_unit_test_setup_teardown(name, begin, end)
		FRESH(a_plain_mail_is_one_part),
		FRESH(html_makes_it_multipart_alternative),
		FRESH(bodies_are_quoted_printable),
		FRESH(whatever_the_text_holds_the_message_is_fit_for_smtp),
		FRESH(names_and_subjects_are_encoded_when_they_must_be),
		FRESH(a_long_subject_is_folded_between_characters),
		FRESH(nothing_that_could_end_a_header_gets_into_one),
		FRESH(only_one_plain_address_is_an_address),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
