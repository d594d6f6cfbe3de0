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

#define LINK TEXT("https://id.example/l/abcdefghijklmnopqrstuvwxyzABCDEFGHIJ-_0123456")

static struct message link_to(struct text locale)
{
	struct message message = message_to(CONTACT_EMAIL, locale);
	message.kind = MESSAGE_LINK;
	message.code = TEXT("48291374");
	message.link = LINK;
	message.browser = TEXT("Firefox");
	message.system = TEXT("Windows");
	message.place = TEXT("Weimar, Germany");
	message.expires_at = NOW + 15 * MINUTE;
	return message;
}

static void a_link_mail_says_link_code_end_and_who_asked(void **state)
{
	const struct message message = link_to(TEXT_NONE);
	const struct wording wording = words(&message);
	CHECK_STRING(wording.subject, "Sign in to Shop");
	CHECK_STRING(wording.text, "Open this link to sign in to Shop:\n"
				   "\n"
				   "https://id.example/l/abcdefghijklmnopqrstuvwxyzABCDEFGHIJ-_0123456\n"
				   "\n"
				   "Or type this code where you asked for it:\n"
				   "\n"
				   "48291374\n"
				   "\n"
				   "Whichever you use, the other ends with it. Both end at 2027-01-15 08:15 UTC\n"
				   "(15 minutes from now).\n"
				   "\n"
				   "Asked for from Firefox on Windows, Weimar, Germany.\n"
				   "\n"
				   "If that was not you, ignore this message: without the link and the code\n"
				   "nothing happens. Do not pass them on; nobody from Shop will ever ask you\n"
				   "for them.\n");
}

static void a_link_mail_in_german_reads_like_german(void **state)
{
	const struct message message = link_to(TEXT("de"));
	const struct wording wording = words(&message);
	CHECK_STRING(wording.subject, "Bei Shop anmelden");
	assert_true(holds(wording.text, TEXT("\n\nAngefordert von: Firefox unter Windows, Weimar, Germany.\n\n")));
	assert_true(holds(wording.text, TEXT("2027-01-15 08:15 UTC (noch 15 Minuten).\n")));
}

static void the_html_of_a_link_has_a_button_and_the_link_to_be_seen(void **state)
{
	const struct message message = link_to(TEXT_NONE);
	const struct text html = words(&message).html, link = LINK;
	assert_true(holds(html, arena_printf(arena, "<a href=\"%.*s\">%.*s</a>", TEXT_ARG(link), TEXT_ARG(link))));
	assert_true(holds(html, TEXT(">Sign in</a>")));
	assert_true(holds(html, TEXT(">4829</span>1374</p>")));
	assert_false(holds(html, TEXT("src=")));
}

static void who_asked_is_said_as_far_as_it_is_known(void **state)
{
	static const struct {
		struct text browser, system, place;
		const char *said;
	} CASES[] = {
		{{"Firefox", 7}, {"Windows", 7}, {NULL, 0}, "\nAsked for from Firefox on Windows.\n"},
		{{"Firefox", 7}, {NULL, 0}, {"203.0.113.7", 11}, "\nAsked for from Firefox, 203.0.113.7.\n"},
		{{NULL, 0}, {"Windows", 7}, {"Weimar", 6}, "\nAsked for from Windows, Weimar.\n"},
		{{NULL, 0}, {NULL, 0}, {"Weimar", 6}, "\nAsked for from Weimar.\n"},
		{{"curl", 4}, {NULL, 0}, {NULL, 0}, "\nAsked for from curl.\n"},
	};
	struct message message = link_to(TEXT_NONE);
	for (size_t i = 0; i < COUNT(CASES); i++) {
		message.browser = CASES[i].browser;
		message.system = CASES[i].system;
		message.place = CASES[i].place;
		assert_true(holds(words(&message).text, text_of(CASES[i].said)));
	}
	message.browser = message.system = message.place = TEXT_NONE;
	assert_false(holds(words(&message).text, TEXT("Asked")));
	assert_true(holds(words(&message).text, TEXT("(15 minutes from now).\n\nIf that was not you")));
	assert_false(holds(words(&message).html, TEXT("Asked")));
}

static void a_handover_is_told_by_mail_and_by_text_message(void **state)
{
	struct message message = link_to(TEXT_NONE);
	message.kind = MESSAGE_HANDOVER;
	message.code = message.link = TEXT_NONE;
	CHECK_STRING(words(&message).subject, "Your sign-in to Shop was used on another device");
	CHECK_STRING(words(&message).text,
		"Your sign-in to Shop was used on another device: Firefox on Windows, Weimar, Germany.\n"
		"\n"
		"If that was you, there is nothing to do. If it was not, sign in to Shop\n"
		"and end all other sign-ins there.\n");
	assert_true(holds(words(&message).html, TEXT("<strong>Firefox on Windows, Weimar, Germany</strong>")));
	message.to.kind = CONTACT_PHONE;
	message.place = TEXT_NONE;
	CHECK_STRING(words(&message).text, "Your sign-in to Shop was used on another device: Firefox on Windows. "
					   "If that was not you, sign in and end all other sign-ins.");
}

static void a_changed_contact_is_told_by_mail_and_by_text_message(void **state)
{
	struct message message = link_to(TEXT_NONE);
	message.kind = MESSAGE_CONTACT;
	message.code = message.link = TEXT_NONE;
	message.contact = TEXT("m***@e***.org");
	CHECK_STRING(words(&message).subject, "Your sign-in to Shop was changed");
	CHECK_STRING(words(&message).text,
		"From now on you sign in to Shop with m***@e***.org. This was changed from: Firefox on Windows, "
		"Weimar, Germany.\n"
		"\n"
		"If that was you, there is nothing to do. If it was not, write to the people\n"
		"behind Shop at once.\n");
	assert_true(holds(words(&message).html, TEXT("<strong>m***@e***.org</strong>")));
	message.to.kind = CONTACT_PHONE;
	message.browser = message.system = message.place = TEXT_NONE;
	CHECK_STRING(words(&message).text, "From now on you sign in to Shop with m***@e***.org. "
					   "If that was not you, write to the people behind it at once.");
	message.locale = TEXT("de");
	CHECK_STRING(words(&message).text, "Von nun an melden Sie sich bei Shop mit m***@e***.org an. "
					   "Waren Sie das nicht, wenden Sie sich sofort an die Menschen dahinter.");
}

static void no_value_of_a_link_mail_adds_a_line_or_markup(void **state)
{
	const struct text bad = TEXT("x\r\nBcc: evil@example.com\n\n<svg onload=x>\"'");
	struct message message = link_to(TEXT_NONE);
	const struct text good = words(&message).text;
	message.app_name = message.browser = message.system = message.place = bad;
	const struct wording wording = words(&message);
	size_t lines = 0, good_lines = 0;
	for (size_t i = 0; i < wording.text.n; i++)
		lines += wording.text.p[i] == '\n';
	for (size_t i = 0; i < good.n; i++)
		good_lines += good.p[i] == '\n';
	assert_int_equal(lines, good_lines);
	CHECK_STRING(wording.subject, "Sign in to x  Bcc: evil@example.com  <svg onload=x>\"'");
	assert_false(holds(wording.html, TEXT("<svg")));
	assert_false(holds(wording.html, TEXT("x>\"")));
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
		cmocka_unit_test(a_link_mail_says_link_code_end_and_who_asked),
		cmocka_unit_test(a_link_mail_in_german_reads_like_german),
		cmocka_unit_test(the_html_of_a_link_has_a_button_and_the_link_to_be_seen),
		cmocka_unit_test(who_asked_is_said_as_far_as_it_is_known),
		cmocka_unit_test(a_handover_is_told_by_mail_and_by_text_message),
		cmocka_unit_test(a_changed_contact_is_told_by_mail_and_by_text_message),
		cmocka_unit_test(no_value_of_a_link_mail_adds_a_line_or_markup),
	};
	return cmocka_run_group_tests_name("deliver/wording", tests, start, stop);
}
