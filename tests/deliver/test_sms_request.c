/* What providers of text messages get to see. */
#include "../check.h"

#include "deliver/sms_request.h"

static const int64_t NOW = 1800000000123;
static const struct uuid ID = {{0x01, 0x8f, 0, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, 7}};

static struct arena *arena;
static struct letter *letter;

static int make_letter(void **state)
{
	const struct message message = {.to = {CONTACT_PHONE, TEXT("+4915112345678"), TEXT("+4915112345678")},
		.app_name = TEXT("Shop & Söhne"),
		.code = TEXT("482913"),
		.expires_at = 1800000300000};
	arena = arena_new();
	letter = letter_new(ID, ID, &message);
	return 0;
}

static int free_letter(void **state)
{
	letter_free(letter);
	arena_free(arena);
	return 0;
}

static const char *header(const struct courier_http *request, const char *name)
{
	for (const char *const *line = request->headers; *line; line++)
		if (strncmp(*line, name, strlen(name)) == 0)
			return *line + strlen(name);
	return NULL;
}

/* The signature was computed with Python's hmac. */
static void a_webhook_is_signed_and_says_which_message_it_is(void **state)
{
	const struct settings settings = {.sms_url = "https://sms.example/hook", .sms_token = "a-webhook-secret"};
	const struct courier_http request =
		sms_request_webhook(arena, &settings, letter, TEXT("482913 is your code\n@h #482913"), NOW);
	CHECK_STRING(request.body, "{\"id\":\"018f0000-0000-7000-8000-000000000007\",\"to\":\"+4915112345678\","
				   "\"text\":\"482913 is your code\\n@h #482913\",\"app\":\"Shop & Söhne\","
				   "\"expires_at\":\"2027-01-15T08:05:00Z\"}");
	assert_string_equal(request.url, "https://sms.example/hook");
	assert_string_equal(header(&request, "Content-Type: "), "application/json");
	assert_string_equal(header(&request, "X-Keywright-Timestamp: "), "1800000000");
	assert_string_equal(header(&request, "X-Keywright-Signature: "),
		"v1=c65beeae0d92837206f14a79b4561b068ec5c2938094c14a711d27b0d54aa0ec");
	assert_string_equal(header(&request, "Idempotency-Key: "), "018f0000-0000-7000-8000-000000000007");
	assert_true(text_absent(request.user));
}

static void twilio_gets_a_form_and_basic_credentials(void **state)
{
	const struct settings settings = {.sms_url = "", .sms_token = "AC12:secret:rest", .sms_from = "+1 555"};
	const struct courier_http request = sms_request_twilio(arena, &settings, letter, TEXT("a b&c=ü\n@h #1"));
	assert_string_equal(request.url, "https://api.twilio.com/2010-04-01/Accounts/AC12/Messages.json");
	CHECK_STRING(request.user, "AC12");
	CHECK_STRING(request.password, "secret:rest");
	CHECK_STRING(request.body, "To=%2B4915112345678&From=%2B1%20555&Body=a%20b%26c%3D%C3%BC%0A%40h%20%231");
	assert_string_equal(header(&request, "Content-Type: "), "application/x-www-form-urlencoded");
}

static void twilios_base_may_be_another(void **state)
{
	const struct settings settings = {.sms_url = "http://127.0.0.1:9/", .sms_token = "AC12:x", .sms_from = "a"};
	const struct courier_http request = sms_request_twilio(arena, &settings, letter, TEXT("x"));
	assert_string_equal(request.url, "http://127.0.0.1:9/2010-04-01/Accounts/AC12/Messages.json");
}

static void a_twilio_token_is_an_account_and_a_password(void **state)
{
	assert_true(sms_request_is_twilio_token(TEXT("AC0123:p:w")));
	assert_false(sms_request_is_twilio_token(TEXT("AC0123")));
	assert_false(sms_request_is_twilio_token(TEXT("AC0123:")));
	assert_false(sms_request_is_twilio_token(TEXT(":p")));
	assert_false(sms_request_is_twilio_token(TEXT("AC/../x:p")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_webhook_is_signed_and_says_which_message_it_is),
		cmocka_unit_test(twilio_gets_a_form_and_basic_credentials),
		cmocka_unit_test(twilios_base_may_be_another),
		cmocka_unit_test(a_twilio_token_is_an_account_and_a_password),
	};
	return cmocka_run_group_tests_name("deliver/sms_request", tests, make_letter, free_letter);
}
