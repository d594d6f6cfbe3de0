/* HTTP through the courier's door, to a recording provider on loopback. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "net/courier.h"
#include "sink.h"

#define TIMEOUT_MS 1500
#define URL_SIZE 128

static struct sink sms, https;

static int start_sinks(void **state)
{
	signal(SIGPIPE, SIG_IGN);
	sms = sink_start(TESTS_LIB "/sms_sink.py", (const char *const[]){NULL});
	https = sink_start(TESTS_LIB "/sms_sink.py", (const char *const[]){"--tls", NULL});
	return 0;
}

static int stop_sinks(void **state)
{
	sink_stop(&sms);
	sink_stop(&https);
	return 0;
}

static int reset_sinks(void **state)
{
	sink_reset(&sms);
	sink_reset(&https);
	return 0;
}

static struct courier *courier_for(bool allow_special_addresses, const char *ca_file)
{
	const struct courier_config config = {
		.allow_special_addresses = allow_special_addresses, .ca_file = ca_file, .timeout_ms = TIMEOUT_MS};
	const char *why = NULL;
	struct courier *courier = courier_new(&config, &why);
	assert_non_null(courier);
	return courier;
}

static const char *url_of(char url[static URL_SIZE], const char *scheme_host, int port, const char *path)
{
	snprintf(url, URL_SIZE, "%s:%d%s", scheme_host, port, path);
	return url;
}

struct posted {
	struct courier_outcome outcome;
	bool done;
};

static void note(void *context, const struct courier_outcome *outcome)
{
	*(struct posted *)context = (struct posted){*outcome, true};
}

static struct courier_outcome post_one(struct courier *courier, const struct courier_http *request)
{
	struct posted posted = {0};
	courier_post(courier, request, note, &posted);
	while (!posted.done)
		courier_step(courier, 1000);
	return posted.outcome;
}

static json_t *only_message(const struct sink *sink)
{
	json_t *messages = sink_messages(sink);
	assert_int_equal(json_array_size(messages), 1);
	json_t *message = json_incref(json_array_get(messages, 0));
	json_decref(messages);
	return message;
}

static const char *inside(json_t *message, const char *object, const char *name)
{
	return json_string_value(json_object_get(json_object_get(message, object), name));
}

/* ---- tests ---- */

static void a_form_is_posted_with_basic_authentication(void **state)
{
	char url[URL_SIZE], path[80];
	struct courier *courier = courier_for(true, NULL);
	snprintf(path, sizeof path, "/2010-04-01/Accounts/%s/Messages.json", sink_text(&sms, "account"));
	struct courier_http request = {
		.url = url_of(url, "http://127.0.0.1", sms.port, path),
		.user = text_of(sink_text(&sms, "account")),
		.password = text_of(sink_text(&sms, "token")),
		.headers = (const char *const[]){"Content-Type: application/x-www-form-urlencoded", NULL},
		.body = TEXT("To=%2B14155550123&From=%2B14155550100&Body=Code+123456"),
	};
	struct courier_outcome outcome = post_one(courier, &request);
	assert_int_equal(outcome.result, COURIER_OK);
	assert_int_equal(outcome.status, 201);
	json_t *message = only_message(&sms);
	assert_string_equal(inside(message, "form", "To"), "+14155550123");
	assert_string_equal(inside(message, "form", "Body"), "Code 123456");
	json_decref(message);

	request.password = TEXT("wrong");
	outcome = post_one(courier, &request);
	assert_int_equal(outcome.result, COURIER_REFUSED);
	assert_int_equal(outcome.status, 401);
	assert_string_equal(outcome.why, "answered with status 401");
	courier_free(courier);
}

static void headers_and_body_arrive_and_the_connection_is_kept(void **state)
{
	char url[URL_SIZE];
	struct courier *courier = courier_for(true, NULL);
	const int before = sink_connections(&sms);
	const struct courier_http request = {
		.url = url_of(url, "http://127.0.0.1", sms.port, "/hook"),
		.headers = (const char *const[]){"Content-Type: application/json", "X-Signature: t=1,v1=abc", NULL},
		.body = TEXT("{\"to\":\"+1\"}"),
	};
	for (int i = 0; i < 5; i++) {
		reset_sinks(NULL);
		assert_int_equal(post_one(courier, &request).result, COURIER_OK);
		json_t *message = only_message(&sms);
		assert_string_equal(inside(message, "headers", "x-signature"), "t=1,v1=abc");
		assert_null(inside(message, "headers", "expect"));
		assert_string_equal(json_string_value(json_object_get(message, "body")), "{\"to\":\"+1\"}");
		json_decref(message);
	}
	assert_int_equal(sink_connections(&sms), before + 1);
	courier_free(courier);
}

static void answers_are_good_for_good_or_for_later(void **state)
{
	static const struct {
		const char *mode;
		enum courier_result result;
		int status;
		int64_t retry_after;
	} cases[] = {
		{"400", COURIER_REFUSED, 400, 0},
		{"429", COURIER_LATER, 429, 7},
		{"500", COURIER_LATER, 500, 0},
		{"302", COURIER_REFUSED, 302, 0},
		{"timeout", COURIER_LATER, 0, 0},
		{"one_byte", COURIER_OK, 200, 0},
		{"endless", COURIER_OK, 200, 0},
		{"ok", COURIER_OK, 200, 0},
	};
	char url[URL_SIZE];
	struct courier *courier = courier_for(true, NULL);
	const struct courier_http request = {
		.url = url_of(url, "http://127.0.0.1", sms.port, "/hook"), .body = TEXT("x")};
	for (size_t i = 0; i < COUNT(cases); i++) {
		sink_set_mode(&sms, cases[i].mode);
		const struct courier_outcome outcome = post_one(courier, &request);
		assert_int_equal(outcome.result, cases[i].result);
		assert_int_equal(outcome.status, cases[i].status);
		assert_int_equal(outcome.retry_after, cases[i].retry_after);
	}
	json_t *messages = sink_messages(&sms);
	assert_int_equal(json_array_size(messages), COUNT(cases));
	json_decref(messages);
	courier_free(courier);
}

static void a_provider_that_is_down_is_worth_a_retry(void **state)
{
	char url[URL_SIZE];
	struct courier *courier = courier_for(true, NULL);
	const struct courier_http request = {.url = url_of(url, "http://127.0.0.1", sms.port, "/"), .body = TEXT("x")};
	sink_set_listening(&sms, false);
	assert_int_equal(post_one(courier, &request).result, COURIER_LATER);
	sink_set_listening(&sms, true);
	assert_int_equal(post_one(courier, &request).result, COURIER_OK);
	courier_free(courier);
}

static void https_is_verified(void **state)
{
	char url[URL_SIZE];
	const struct courier_http request = {
		.url = url_of(url, "https://localhost", https.port, "/hook"), .body = TEXT("x")};
	struct courier *courier = courier_for(true, sink_text(&https, "ca_file"));
	assert_int_equal(post_one(courier, &request).result, COURIER_OK);
	courier_free(courier);

	courier = courier_for(true, NULL);
	const struct courier_outcome outcome = post_one(courier, &request);
	assert_int_equal(outcome.result, COURIER_LATER);
	assert_non_null(strstr(outcome.why, "certificate"));
	courier_free(courier);
	json_decref(only_message(&https));
}

static void nothing_that_could_end_a_header_gets_into_one(void **state)
{
	char url[URL_SIZE];
	struct courier *courier = courier_for(true, NULL);
	const struct courier_http fine = {.url = url_of(url, "http://127.0.0.1", sms.port, "/"), .body = TEXT("x")};
	struct courier_http request = fine;
	request.headers = (const char *const[]){"X-A: b\r\nX-Evil: c", NULL};
	assert_int_equal(post_one(courier, &request).result, COURIER_REFUSED);
	request.headers = (const char *const[]){"no colon", NULL};
	assert_int_equal(post_one(courier, &request).result, COURIER_REFUSED);
	request = fine;
	request.user = TEXT("user\0");
	assert_int_equal(post_one(courier, &request).result, COURIER_REFUSED);
	request = fine;
	request.url = "http://127.0.0.1/a\r\nX-Evil: c";
	assert_int_equal(post_one(courier, &request).result, COURIER_REFUSED);
	request.url = "http://us%0d%0aer:x@127.0.0.1/";
	assert_int_equal(post_one(courier, &request).result, COURIER_REFUSED);
	courier_free(courier);
}

static void other_schemes_are_refused(void **state)
{
	static const char *const urls[] = {"file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1:25/_x",
		"smtp://127.0.0.1/", "dict://127.0.0.1/", "", "/", "http://"};
	struct courier *courier = courier_for(true, NULL);
	for (size_t i = 0; i < COUNT(urls); i++) {
		const struct courier_http request = {.url = urls[i], .body = TEXT("x")};
		const struct courier_outcome outcome = post_one(courier, &request);
		if (outcome.result != COURIER_REFUSED)
			fail_msg("%s: %d %s", urls[i], outcome.result, outcome.why);
	}
	courier_free(courier);
}

/* THREATS D18. */
static void special_addresses_get_no_connection_however_they_are_written(void **state)
{
	static const char *const hosts[] = {"127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1",
		"0177.0.0.1", "017700000001", "0", "0.0.0.0", "localhost", "LOCALHOST", "[::1]", "[::]",
		"[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]",
		"169.254.169.254", "0xa9fea9fe", "10.0.0.1", "172.16.0.1", "192.168.1.1", "[fe80::1]", "[fd00::1]",
		"user@127.0.0.1", "example.org@127.0.0.1"};
	char url[URL_SIZE], host[URL_SIZE / 2];
	int port;
	const int canary = canary_open(&port);
	struct courier *courier = courier_for(false, NULL);
	for (size_t i = 0; i < COUNT(hosts) * 2; i++) {
		snprintf(host, sizeof host, "%s://%s", i % 2 ? "https" : "http", hosts[i / 2]);
		const struct courier_http request = {.url = url_of(url, host, port, "/"), .body = TEXT("x")};
		const struct courier_outcome outcome = post_one(courier, &request);
		if (outcome.result != COURIER_REFUSED)
			fail_msg("%s: %d %s", url, outcome.result, outcome.why);
	}
	courier_free(courier);
	assert_int_equal(canary_close(canary), 0);
}

static void a_proxy_from_the_environment_is_not_used(void **state)
{
	char proxy[URL_SIZE], url[URL_SIZE];
	int port;
	const int canary = canary_open(&port);
	setenv("http_proxy", url_of(proxy, "http://127.0.0.1", port, ""), 1);
	setenv("ALL_PROXY", proxy, 1);
	struct courier *courier = courier_for(true, NULL);
	const struct courier_http request = {.url = url_of(url, "http://127.0.0.1", sms.port, "/"), .body = TEXT("x")};
	assert_int_equal(post_one(courier, &request).result, COURIER_OK);
	courier_free(courier);
	unsetenv("http_proxy");
	unsetenv("ALL_PROXY");
	assert_int_equal(canary_close(canary), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define FRESH(name) cmocka_unit_test_setup(name, reset_sinks)
		FRESH(a_form_is_posted_with_basic_authentication),
		FRESH(headers_and_body_arrive_and_the_connection_is_kept),
		FRESH(answers_are_good_for_good_or_for_later),
		FRESH(a_provider_that_is_down_is_worth_a_retry),
		FRESH(https_is_verified),
		FRESH(nothing_that_could_end_a_header_gets_into_one),
		FRESH(other_schemes_are_refused),
		FRESH(special_addresses_get_no_connection_however_they_are_written),
		FRESH(a_proxy_from_the_environment_is_not_used),
	};
	return cmocka_run_group_tests(tests, start_sinks, stop_sinks);
}
