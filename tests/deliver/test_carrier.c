/* Who takes a message away, by the settings. */
#include "../check.h"

#include "deliver/carrier.h"

static struct arena *arena;

static int make_arena(void **state)
{
	arena = arena_new();
	return 0;
}

static int free_arena(void **state)
{
	arena_free(arena);
	return 0;
}

static struct settings no_settings(void)
{
	return (struct settings){.arena = arena,
		.mail_smtp_url = "",
		.mail_from = "",
		.mail_ca_file = "",
		.sms_provider = "",
		.sms_url = "",
		.sms_token = "",
		.sms_from = "",
		.sms_countries = ""};
}

static void check_carriers(const struct settings *settings, enum carrier of_mail, enum carrier of_sms)
{
	const char *why = NULL;
	assert_int_equal(carrier_check(settings, &why), 0);
	assert_int_equal(carrier_of(settings, CONTACT_EMAIL), of_mail);
	assert_int_equal(carrier_of(settings, CONTACT_PHONE), of_sms);
}

static void without_providers_dev_mode_has_its_inbox_and_production_nobody(void **state)
{
	struct settings settings = no_settings();
	check_carriers(&settings, CARRIER_NONE, CARRIER_NONE);
	settings.dev = true;
	check_carriers(&settings, CARRIER_INBOX, CARRIER_INBOX);
}

static void providers_come_before_the_inbox(void **state)
{
	struct settings settings = no_settings();
	settings.dev = true;
	settings.mail_smtp_url = "smtp://127.0.0.1:25";
	settings.mail_from = "login@example.com";
	check_carriers(&settings, CARRIER_SMTP, CARRIER_INBOX);
	settings.sms_provider = "webhook";
	check_carriers(&settings, CARRIER_SMTP, CARRIER_WEBHOOK);
	settings.sms_provider = "twilio";
	settings.sms_token = "AC1:x";
	check_carriers(&settings, CARRIER_SMTP, CARRIER_TWILIO);
}

static void check_refused(const struct settings *settings, const char *key)
{
	const char *why = NULL;
	assert_int_not_equal(carrier_check(settings, &why), 0);
	assert_non_null(strstr(why, key));
}

static void settings_that_cannot_work_are_refused(void **state)
{
	struct settings settings = no_settings();
	settings.mail_smtp_url = "smtp://127.0.0.1:25";
	check_refused(&settings, "mail.from");
	settings.mail_from = "login@example.com";
	settings.mail_smtp_url = "http://127.0.0.1:25";
	check_refused(&settings, "mail.smtp_url");
	settings.mail_smtp_url = "";
	settings.sms_provider = "twilio";
	settings.sms_token = "AC/1:x";
	check_refused(&settings, "sms.token");
}

static void a_sender_is_an_address_with_or_without_a_name(void **state)
{
	struct sender sender;
	assert_int_equal(carrier_read_sender(arena, TEXT("login@example.com"), &sender), 0);
	assert_string_equal(sender.address, "login@example.com");
	assert_string_equal(sender.name, "");
	assert_int_equal(carrier_read_sender(arena, TEXT(" Key Wright\t<login@example.com> "), &sender), 0);
	assert_string_equal(sender.address, "login@example.com");
	assert_string_equal(sender.name, "Key Wright");

	static const char *const OTHERS[] = {"", "login", "<login@example.com", "a@example.com>", "a <b@example.com> c",
		"a@example.com, b@example.com", "a\n<b@exa\nmple.com>"};
	for (size_t i = 0; i < COUNT(OTHERS); i++)
		assert_int_not_equal(carrier_read_sender(arena, text_of(OTHERS[i]), &sender), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_providers_dev_mode_has_its_inbox_and_production_nobody),
		cmocka_unit_test(providers_come_before_the_inbox),
		cmocka_unit_test(settings_that_cannot_work_are_refused),
		cmocka_unit_test(a_sender_is_an_address_with_or_without_a_name),
	};
	return cmocka_run_group_tests_name("deliver/carrier", tests, make_arena, free_arena);
}
