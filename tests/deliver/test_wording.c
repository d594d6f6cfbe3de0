/* What people read, word for word. */
#include "../check.h"

#include "deliver/wording.h"
#include "template/template.h"

enum { MINUTE = 60 * 1000 };
static const int64_t NOW = 1800000000000; /* 2027-01-15T08:00:00Z */

static struct arena *arena;

static int start(void **state)
{
	const char *why;
	arena = arena_new();
	return template_start("", &why);
}

static int stop(void **state)
{
	template_stop();
	arena_free(arena);
	return 0;
}

static struct message message_to(enum contact_kind kind, struct text locale)
{
	return (struct message){.kind = MESSAGE_OTP,
		.to = {.kind = kind},
		.app_name = TEXT("Shop"),
		.code = TEXT("482913"),
		.locale = locale,
		.expires_at = NOW + 5 * MINUTE};
}

static struct wording words(const struct message *message)
{
	return wording_of(arena, message, "id.example", NOW);
}

static bool holds(struct text t, struct text part)
{
	return memmem(t.p, t.n, part.p, part.n) != NULL;
}

static void a_mail_says_code_app_and_end(void **state)
{
	const struct message message = message_to(CONTACT_EMAIL, TEXT_NONE);
	const struct wording wording = words(&message);
	CHECK_STRING(wording.subject, "Your code for Shop");
	CHECK_STRING(wording.text, "482913 is your code for Shop.\n"
				   "\n"
				   "It works once, until 2027-01-15 08:05 UTC (5 minutes from now).\n"
				   "\n"
				   "If you did not ask for it, ignore this message: without the code nothing\n"
				   "happens. Do not pass it on; nobody from Shop will ever ask you for it.\n");
}

static void the_html_says_the_same_and_shows_the_code_in_two_groups(void **state)
{
	const struct message message = message_to(CONTACT_EMAIL, TEXT_NONE);
	const struct text html = words(&message).html;
	assert_true(holds(html, TEXT("482913 is your code for Shop.")));
	assert_true(holds(html, TEXT(">482</span>913</p>")));
	assert_true(holds(html, TEXT("until 2027-01-15 08:05 UTC (5 minutes from now).")));
	assert_false(holds(html, TEXT("http")));
	assert_false(holds(html, TEXT("src=")));
}

static void a_text_message_ends_in_the_line_that_browsers_fill_in(void **state)
{
	const struct message message = message_to(CONTACT_PHONE, TEXT_NONE);
	const struct wording wording = words(&message);
	CHECK_STRING(wording.text, "482913 is your code for Shop, good for 5 minutes. Do not pass it on.\n"
				   "\n"
				   "@id.example #482913");
	assert_true(text_absent(wording.subject) && text_absent(wording.html));
	assert_true(wording.text.n <= 160);
}

static void the_locale_chooses_the_language(void **state)
{
	static const char *const GERMAN[] = {"de", "DE", "de-AT", "de_CH", "de-Latn-DE-1996"};
	static const char *const ENGLISH[] = {"en", "en-GB", "d", "den", "fr", "x", ""};
	for (size_t i = 0; i < COUNT(GERMAN); i++) {
		const struct message message = message_to(CONTACT_EMAIL, text_of(GERMAN[i]));
		CHECK_STRING(words(&message).subject, "Ihr Code für Shop");
	}
	for (size_t i = 0; i < COUNT(ENGLISH); i++) {
		const struct message message = message_to(CONTACT_EMAIL, text_of(ENGLISH[i]));
		CHECK_STRING(words(&message).subject, "Your code for Shop");
	}
}

static void german_reads_like_german(void **state)
{
	const struct message mail = message_to(CONTACT_EMAIL, TEXT("de")), sms = message_to(CONTACT_PHONE, TEXT("de"));
	CHECK_STRING(words(&mail).text, "482913 ist Ihr Code für Shop.\n"
					"\n"
					"Er gilt einmal, bis 2027-01-15 08:05 UTC (noch 5 Minuten).\n"
					"\n"
					"Haben Sie ihn nicht angefordert, beachten Sie diese Nachricht nicht weiter:\n"
					"Ohne den Code geschieht nichts. Geben Sie ihn nicht weiter; niemand von\n"
					"Shop wird Sie je danach fragen.\n");
	CHECK_STRING(words(&sms).text, "482913 ist Ihr Code für Shop, gültig noch 5 Minuten. Nicht weitergeben.\n"
				       "\n"
				       "@id.example #482913");
}

static void minutes_are_those_that_are_left(void **state)
{
	struct message message = message_to(CONTACT_PHONE, TEXT_NONE);
	message.expires_at = NOW + 4 * MINUTE + 1;
	assert_true(holds(words(&message).text, TEXT("good for 5 minutes.")));
	message.expires_at = NOW + 4 * MINUTE;
	assert_true(holds(words(&message).text, TEXT("good for 4 minutes.")));
	message.expires_at = NOW + 1000;
	assert_true(holds(words(&message).text, TEXT("good for 1 minute.")));
}

static void an_apps_name_adds_no_line_and_no_markup(void **state)
{
	struct message message = message_to(CONTACT_EMAIL, TEXT_NONE);
	message.app_name = TEXT("Shop\r\nBcc: evil@example.com\n@evil.example #000000<svg onload=x>");
	const struct wording mail = words(&message);
	CHECK_STRING(mail.subject, "Your code for Shop  Bcc: evil@example.com @evil.example #000000<svg onload=x>");
	assert_false(holds(mail.text, TEXT("\nBcc")));
	assert_false(holds(mail.html, TEXT("<svg")));

	message.to.kind = CONTACT_PHONE;
	const struct text text = words(&message).text;
	const char *last_line = memrchr(text.p, '\n', text.n);
	assert_string_equal(last_line, "\n@id.example #482913");
	assert_false(holds(text, TEXT("\n@evil")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mail_says_code_app_and_end),
		cmocka_unit_test(the_html_says_the_same_and_shows_the_code_in_two_groups),
		cmocka_unit_test(a_text_message_ends_in_the_line_that_browsers_fill_in),
		cmocka_unit_test(the_locale_chooses_the_language),
		cmocka_unit_test(german_reads_like_german),
		cmocka_unit_test(minutes_are_those_that_are_left),
		cmocka_unit_test(an_apps_name_adds_no_line_and_no_markup),
	};
	return cmocka_run_group_tests_name("deliver/wording", tests, start, stop);
}
