/* What an operator's folder changes, and what of it is refused at the start. */
#include "../check.h"

#include "api/assets.h"
#include "base/retire.h"
#include "folder.h"
#include "template/template.h"

static struct arena *arena;

static int start(void **state)
{
	arena = arena_new();
	return folder_make(arena);
}

static int stop(void **state)
{
	const int failed = folder_remove(arena);
	arena_free(arena);
	return failed;
}

static void start_well(void)
{
	const char *why = NULL;
	if (template_start(folder, &why) != 0)
		fail_msg("%s", why);
}

/* Starts, which must fail with folder/ and what is expected. */
static void start_badly(const char *expected)
{
	const char *why = NULL;
	assert_int_not_equal(template_start(folder, &why), 0);
	assert_string_equal(why, folder_path(arena, expected));
	template_stop();
}

static struct text sms(const char *language)
{
	const struct template_value value = {"code", TEXT("482913")};
	return template_render(arena, TEMPLATE_sms_otp, template_language(text_of(language)), &value, 1);
}

static struct text our_words(const char *language)
{
	return assets_find(arena_printf(arena, "assets/language/%s.ini", language))->bytes;
}

static void a_file_takes_the_place_of_ours_in_its_language_alone(void **state)
{
	folder_write(arena, "sms/otp.de.txt", TEXT("{{code}}, bitte{{#app}} {{/app}}{{^app}}!{{/app}}"));
	start_well();
	CHECK_STRING(sms("de"), "482913, bitte!");
	assert_true(text_starts(sms("en"), TEXT("482913 is your code")));
	template_stop();
	folder_drop(arena, "sms/otp.de.txt");
}

static void a_file_of_words_is_another_language(void **state)
{
	folder_write(arena, "language/fr.ini", our_words("en"));
	folder_write(arena, "sms/otp.fr.txt", TEXT("{{code}}, s’il vous plaît"));
	start_well();
	const struct language *french = template_language(TEXT("fr-CA"));
	CHECK_STRING(template_tag(french), "fr");
	CHECK_STRING(template_tag(template_accept(TEXT("fr-CA, de;q=0.9"))), "fr");
	CHECK_STRING(sms("fr"), "482913, s’il vous plaît");
	CHECK_STRING(template_tag(template_spoken(TEMPLATE_sms_otp, french)), "fr");
	/* no mail/otp.fr.txt: that mail is English */
	CHECK_STRING(template_tag(template_spoken(TEMPLATE_mail_otp_text, french)), "en");
	template_stop();
	folder_drop(arena, "sms/otp.fr.txt");
	folder_drop(arena, "language/fr.ini");
}

static void a_broken_file_is_named_with_its_line(void **state)
{
	folder_write(arena, "sms/otp.de.txt", TEXT("fine\n{{nothing}}"));
	start_badly(arena_printf(arena, "sms/otp.de.txt:2: there is no {{nothing}} in %s/sms/otp.de.txt", folder).p);
	folder_write(arena, "sms/otp.de.txt", TEXT("\n\n{{#code}}"));
	start_badly("sms/otp.de.txt:3: {{#code}} is never closed");
	folder_drop(arena, "sms/otp.de.txt");
	folder_write(arena, "mail/otp.en.txt", TEXT("{{code}}"));
	start_badly("mail/otp.en.txt:1: a mail's first line must be \"Subject: …\"");
	folder_drop(arena, "mail/otp.en.txt");
	folder_write(arena, "mail/otp.en.html", TEXT("<a title={{code}}>"));
	start_badly("mail/otp.en.html:1: a value in a tag must stand in quotes");
	folder_drop(arena, "mail/otp.en.html");
}

static void what_is_compiled_again_takes_the_place_of_what_was_whole(void **state)
{
	folder_write(arena, "language/fr.ini", our_words("en"));
	folder_write(arena, "sms/otp.fr.txt", TEXT("old {{code}}"));
	start_well();
	const struct language *held = template_language(TEXT("fr"));
	folder_drop(arena, "sms/otp.fr.txt");
	folder_drop(arena, "language/fr.ini");
	folder_write(arena, "sms/otp.de.txt", TEXT("neu {{code}}"));
	start_well();
	CHECK_STRING(sms("de"), "neu 482913");
	CHECK_STRING(template_tag(template_language(TEXT("fr"))), "en");
	/* a message that was begun with the old ones */
	const struct template_value value = {"code", TEXT("482913")};
	CHECK_STRING(template_render(arena, TEMPLATE_sms_otp, held, &value, 1), "old 482913");

	const char *why = NULL;
	folder_write(arena, "sms/otp.de.txt", TEXT("{{nothing}}"));
	assert_int_not_equal(template_start(folder, &why), 0);
	assert_non_null(strstr(why, "sms/otp.de.txt:1: "));
	CHECK_STRING(sms("de"), "neu 482913");
	template_stop();
	retire_stop();
	folder_drop(arena, "sms/otp.de.txt");
}

static void a_folder_that_is_not_there_is_refused(void **state)
{
	const char *why = NULL;
	assert_int_not_equal(template_start("/nowhere/keywright", &why), 0);
	assert_true(text_starts(text_of(why), TEXT("/nowhere/keywright: cannot be read: ")));
	template_stop();
}

static void a_language_that_lacks_a_key_of_ours_is_named(void **state)
{
	folder_write(arena, "language/fr.ini", TEXT("message_minute = 1 minute\n"));
	const char *why = NULL;
	assert_int_not_equal(template_start(folder, &why), 0);
	assert_true(text_starts(text_of(why), text_of(folder_path(arena, "language/fr.ini:1: has no key "))));
	template_stop();
	folder_write(arena, "language/fr.ini", TEXT("x\n"));
	start_badly("language/fr.ini:1: a line must be \"key = text\", or begin with \"#\"");
	folder_drop(arena, "language/fr.ini");
	folder_write(arena, "language/FR.ini", TEXT(""));
	start_badly("language/FR.ini: a language is named by two or three small letters, as in de.ini");
	folder_drop(arena, "language/FR.ini");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_takes_the_place_of_ours_in_its_language_alone),
		cmocka_unit_test(a_file_of_words_is_another_language),
		cmocka_unit_test(a_broken_file_is_named_with_its_line),
		cmocka_unit_test(what_is_compiled_again_takes_the_place_of_what_was_whole),
		cmocka_unit_test(a_folder_that_is_not_there_is_refused),
		cmocka_unit_test(a_language_that_lacks_a_key_of_ours_is_named),
	};
	return cmocka_run_group_tests_name("template/operator", tests, start, stop);
}
