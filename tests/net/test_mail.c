/* Mail through the courier's door, to real SMTP servers on loopback. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>

#include "net/courier.h"
#include "sink.h"

/* Long enough for every honest sink, and how long each hostile one takes. */
#define TIMEOUT_MS 3000
#define URL_SIZE 128

static struct sink plain, second, starttls, implicit;

static int start_sinks(void **state)
{
	signal(SIGPIPE, SIG_IGN);
	plain = sink_start(TESTS_LIB "/smtp_sink.py", (const char *const[]){NULL});
	second = sink_start(TESTS_LIB "/smtp_sink.py", (const char *const[]){NULL});
	starttls = sink_start(
		TESTS_LIB "/smtp_sink.py", (const char *const[]){"--tls", "starttls", "--auth", "us@r:p:/%ss", NULL});
	implicit = sink_start(TESTS_LIB "/smtp_sink.py", (const char *const[]){"--tls", "implicit", NULL});
	return 0;
}

static int stop_sinks(void **state)
{
	sink_stop(&plain);
	sink_stop(&second);
	sink_stop(&starttls);
	sink_stop(&implicit);
	return 0;
}

static int reset_sinks(void **state)
{
	sink_reset(&plain);
	sink_reset(&second);
	sink_reset(&starttls);
	sink_reset(&implicit);
	return 0;
}

/* ---- sending ---- */

static struct courier *courier_for(const char *ca_file)
{
	const struct courier_config config = {.ca_file = ca_file, .timeout_ms = TIMEOUT_MS};
	const char *why = NULL;
	struct courier *courier = courier_new(&config, &why);
	assert_non_null(courier);
	return courier;
}

static struct courier_mail mail_to(char url[static URL_SIZE], const char *format, const struct sink *sink)
{
	const char *port = strchr(format, '#');
	snprintf(url, URL_SIZE, "%.*s%d%s", (int)(port - format), format, sink->port, port + 1);
	return (struct courier_mail){
		.url = url,
		.from = "no-reply@example.org",
		.from_name = "Keywright",
		.to = "ada@example.org",
		.subject = "Your code",
		.message_id = "01J@example.org",
		.text = TEXT("The code is 123456\n"),
		.html = TEXT("<p>The code is 123456</p>\n"),
	};
}

/* What became of a mail, and when: order counts the done calls of a test. */
struct sent {
	struct courier_outcome outcome;
	int order;
};
static int order;

static void note(void *context, const struct courier_outcome *outcome)
{
	*(struct sent *)context = (struct sent){*outcome, ++order};
}

static void run_all(struct courier *courier)
{
	while (courier_running(courier) > 0)
		courier_step(courier, 1000);
}

/* Sends a mail and waits for it alone: others may be on their way. */
static struct courier_outcome send_one(struct courier *courier, const struct courier_mail *mail)
{
	struct sent sent = {0};
	courier_send_mail(courier, mail, note, &sent);
	while (sent.order == 0)
		courier_step(courier, 1000);
	return sent.outcome;
}

static json_t *only_message(const struct sink *sink)
{
	json_t *messages = sink_messages(sink);
	assert_int_equal(json_array_size(messages), 1);
	json_t *message = json_incref(json_array_get(messages, 0));
	json_decref(messages);
	return message;
}

static size_t message_count(const struct sink *sink)
{
	json_t *messages = sink_messages(sink);
	const size_t count = json_array_size(messages);
	json_decref(messages);
	return count;
}

static const char *field(json_t *message, const char *name)
{
	return json_string_value(json_object_get(message, name));
}

/* ---- tests ---- */

static void a_mail_arrives_as_it_was_sent(void **state)
{
	char url[URL_SIZE];
	struct courier *courier = courier_for(NULL);
	struct courier_mail mail = mail_to(url, "smtp://127.0.0.1:#/app.example.org", &plain);
	mail.text = TEXT("one\r\n.\r\ntwo\n.\nthree\r.\rMAIL FROM:<eve@example.org>");
	const struct courier_outcome outcome = send_one(courier, &mail);
	assert_int_equal(outcome.result, COURIER_OK);
	assert_int_equal(outcome.status, 250);
	assert_string_equal(outcome.why, "");

	json_t *message = only_message(&plain);
	assert_string_equal(field(message, "from"), "no-reply@example.org");
	assert_string_equal(field(message, "helo"), "app.example.org");
	json_t *to = json_object_get(message, "to");
	assert_int_equal(json_array_size(to), 1);
	assert_string_equal(json_string_value(json_array_get(to, 0)), "ada@example.org");
	assert_non_null(strstr(field(message, "raw"), "\r\nSubject: Your code\r\n"));
	assert_non_null(strstr(field(message, "raw"), "one\r\n=2E\r\ntwo\r\n=2E\r\nthree\r\n=2E\r\nMAIL FROM"));
	assert_non_null(strstr(field(message, "raw"), "<p>The code is 123456</p>\r\n"));
	json_decref(message);
	courier_free(courier);
}

static void a_mail_that_could_forge_a_header_is_refused_unsent(void **state)
{
	char url[URL_SIZE];
	struct courier *courier = courier_for(NULL);
	const int before = sink_connections(&plain);
	struct courier_mail mail = mail_to(url, "smtp://127.0.0.1:#", &plain);
	mail.subject = "x\r\nBcc: eve@example.org";
	assert_int_equal(send_one(courier, &mail).result, COURIER_REFUSED);
	mail = mail_to(url, "smtp://127.0.0.1:#", &plain);
	mail.to = "ada@example.org>\r\nRCPT TO:<eve@example.org";
	assert_int_equal(send_one(courier, &mail).result, COURIER_REFUSED);
	mail.to = "ada@example.org,eve@example.org";
	assert_int_equal(send_one(courier, &mail).result, COURIER_REFUSED);
	assert_int_equal(sink_connections(&plain), before);
	courier_free(courier);
}

static void starttls_comes_before_the_credentials(void **state)
{
	char url[URL_SIZE];
	struct courier *courier = courier_for(sink_text(&starttls, "ca_file"));
	const struct courier_mail mail = mail_to(url, "smtp://us%40r:p%3A%2F%25ss@localhost:#", &starttls);
	assert_int_equal(send_one(courier, &mail).result, COURIER_OK);
	json_t *message = only_message(&starttls);
	assert_true(json_is_true(json_object_get(message, "tls")));
	assert_string_equal(field(message, "user"), "us@r");
	json_decref(message);
	courier_free(courier);
}

static void wrong_credentials_are_the_operators_to_fix_and_are_not_repeated(void **state)
{
	char url[URL_SIZE];
	struct courier *courier = courier_for(sink_text(&starttls, "ca_file"));
	const struct courier_mail mail = mail_to(url, "smtp://someone:wr0ng-pass@localhost:#", &starttls);
	const struct courier_outcome outcome = send_one(courier, &mail);
	assert_int_equal(outcome.result, COURIER_LATER);
	assert_int_equal(outcome.status, 535);
	assert_null(strstr(outcome.why, "wr0ng-pass"));
	assert_null(strstr(outcome.why, "someone"));
	courier_free(courier);
}

static void a_certificate_that_does_not_verify_ends_it_also_on_loopback(void **state)
{
	char url[URL_SIZE];
	struct courier *courier = courier_for(sink_text(&implicit, "ca_file"));
	struct courier_mail mail = mail_to(url, "smtp://us%40r:p%3A%2F%25ss@127.0.0.1:#", &starttls);
	struct courier_outcome outcome = send_one(courier, &mail);
	assert_int_equal(outcome.result, COURIER_LATER);
	assert_non_null(strstr(outcome.why, "certificate"));
	assert_int_equal(message_count(&starttls), 0);
	courier_free(courier);

	courier = courier_for(NULL);
	mail = mail_to(url, "smtps://127.0.0.1:#", &implicit);
	outcome = send_one(courier, &mail);
	assert_int_equal(outcome.result, COURIER_LATER);
	assert_non_null(strstr(outcome.why, "certificate"));
	assert_int_equal(message_count(&implicit), 0);
	courier_free(courier);
}

static void smtps_is_tls_from_the_first_byte(void **state)
{
	char url[URL_SIZE];
	struct courier *courier = courier_for(sink_text(&implicit, "ca_file"));
	const struct courier_mail mail = mail_to(url, "smtps://127.0.0.1:#", &implicit);
	for (int i = 0; i < 3; i++)
		assert_int_equal(send_one(courier, &mail).result, COURIER_OK);
	assert_int_equal(message_count(&implicit), 3);
	courier_free(courier);
}

static void without_starttls_nothing_is_said_to_a_host_that_is_not_loopback(void **state)
{
	char url[URL_SIZE];
	struct courier *courier = courier_for(NULL);
	/* By its name 0.0.0.0 is no loopback, but it reaches this machine. */
	const struct courier_mail mail = mail_to(url, "smtp://user:pass@0.0.0.0:#", &plain);
	const struct courier_outcome outcome = send_one(courier, &mail);
	assert_int_equal(outcome.result, COURIER_LATER);
	assert_non_null(strstr(outcome.why, "SSL"));
	assert_int_equal(message_count(&plain), 0);
	courier_free(courier);
}

static void refusals_are_for_good_or_for_later(void **state)
{
	static const struct {
		const char *mode;
		enum courier_result result;
		int status;
		const char *why;
	} cases[] = {
		{"banner_554", COURIER_LATER, 554, NULL},
		{"mail_451", COURIER_LATER, 451, "MAIL was answered with 451 4.3.0"},
		{"mail_530", COURIER_LATER, 530, "MAIL was answered with 530 5.7.0"},
		{"rcpt_450", COURIER_LATER, 450, "RCPT was answered with 450 4.2.1"},
		{"rcpt_550", COURIER_REFUSED, 550, "RCPT was answered with 550 5.1.1"},
		{"data_451", COURIER_LATER, 451, "the message was answered with 451 4.3.0"},
		{"data_554", COURIER_REFUSED, 554, "the message was answered with 554 5.6.0"},
	};
	char url[URL_SIZE];
	struct courier *courier = courier_for(NULL);
	const struct courier_mail mail = mail_to(url, "smtp://127.0.0.1:#", &plain);
	for (size_t i = 0; i < COUNT(cases); i++) {
		sink_set_mode(&plain, cases[i].mode);
		const struct courier_outcome outcome = send_one(courier, &mail);
		assert_int_equal(outcome.result, cases[i].result);
		assert_int_equal(outcome.status, cases[i].status);
		if (cases[i].why != NULL)
			assert_string_equal(outcome.why, cases[i].why);
	}
	assert_int_equal(message_count(&plain), 0);
	courier_free(courier);
}

static void one_connection_carries_many_mails(void **state)
{
	char url[URL_SIZE];
	struct courier *courier = courier_for(NULL);
	const int before = sink_connections(&plain);
	const struct courier_mail mail = mail_to(url, "smtp://127.0.0.1:#", &plain);
	for (int i = 0; i < 20; i++)
		assert_int_equal(send_one(courier, &mail).result, COURIER_OK);
	assert_int_equal(message_count(&plain), 20);
	assert_int_equal(sink_connections(&plain), before + 1);
	courier_free(courier);
}

static void a_connection_is_not_shared_with_other_credentials(void **state)
{
	char url[URL_SIZE];
	struct courier *courier = courier_for(sink_text(&starttls, "ca_file"));
	struct courier_mail mail = mail_to(url, "smtp://us%40r:p%3A%2F%25ss@localhost:#", &starttls);
	assert_int_equal(send_one(courier, &mail).result, COURIER_OK);
	mail = mail_to(url, "smtp://us%40r:other@localhost:#", &starttls);
	assert_int_equal(send_one(courier, &mail).result, COURIER_LATER);
	assert_int_equal(message_count(&starttls), 1);
	courier_free(courier);
}

static void a_waiting_connection_that_the_relay_closed_is_replaced(void **state)
{
	char url[URL_SIZE];
	struct courier *courier = courier_for(NULL);
	const struct courier_mail mail = mail_to(url, "smtp://127.0.0.1:#", &plain);
	assert_int_equal(send_one(courier, &mail).result, COURIER_OK);
	sink_set_listening(&plain, false);
	assert_int_equal(send_one(courier, &mail).result, COURIER_LATER);
	sink_set_listening(&plain, true);
	assert_int_equal(send_one(courier, &mail).result, COURIER_OK);
	sink_set_listening(&plain, false);
	sink_set_listening(&plain, true);
	assert_int_equal(send_one(courier, &mail).result, COURIER_OK);
	assert_int_equal(message_count(&plain), 3);
	courier_free(courier);
}

static void a_slow_relay_holds_up_nobody_else(void **state)
{
	char slow_url[URL_SIZE], url[URL_SIZE];
	struct courier *courier = courier_for(NULL);
	const struct courier_mail slow = mail_to(slow_url, "smtp://127.0.0.1:#", &plain);
	const struct courier_mail mail = mail_to(url, "smtp://127.0.0.1:#", &second);
	struct sent slow_ones[4] = {0};
	sink_set_mode(&plain, "slow_data");
	order = 0;
	for (int i = 0; i < 4; i++)
		courier_send_mail(courier, &slow, note, &slow_ones[i]);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(send_one(courier, &mail).result, COURIER_OK);
		assert_int_equal(order, i + 1);
	}
	run_all(courier);
	for (int i = 0; i < 4; i++)
		assert_int_equal(slow_ones[i].outcome.result, COURIER_OK);
	courier_free(courier);
}

/* Every hostile connection stands before the next good mail is sent. */
static void hostile_relays_are_cut_off_while_other_mail_flows(void **state)
{
	static const char *const modes[] = {"slow_banner", "one_byte", "endless_reply", "long_line", "stalled_tls"};
	char hostile_url[URL_SIZE], url[URL_SIZE];
	struct courier *courier = courier_for(NULL);
	const struct courier_mail hostile = mail_to(hostile_url, "smtp://127.0.0.1:#", &plain);
	const struct courier_mail mail = mail_to(url, "smtp://127.0.0.1:#", &second);
	struct sent cut[COUNT(modes)] = {0};
	for (size_t i = 0; i < COUNT(modes); i++) {
		const int before = sink_connections(&plain);
		sink_set_mode(&plain, modes[i]);
		courier_send_mail(courier, &hostile, note, &cut[i]);
		while (sink_connections(&plain) == before)
			courier_step(courier, 10);
		assert_int_equal(send_one(courier, &mail).result, COURIER_OK);
	}
	run_all(courier);
	for (size_t i = 0; i < COUNT(modes); i++)
		assert_int_equal(cut[i].outcome.result, COURIER_LATER);
	courier_free(courier);
}

static void mails_on_their_way_may_be_given_up(void **state)
{
	char url[URL_SIZE];
	struct courier *courier = courier_for(NULL);
	const struct courier_mail mail = mail_to(url, "smtp://127.0.0.1:#", &plain);
	struct sent sent[3] = {0};
	sink_set_mode(&plain, "slow_data");
	for (size_t i = 0; i < COUNT(sent); i++)
		courier_send_mail(courier, &mail, note, &sent[i]);
	for (int i = 0; i < 20; i++)
		courier_step(courier, 10);
	courier_send_mail(courier, &mail, note, &sent[0]);
	assert_int_equal(courier_running(courier), 4);
	courier_free(courier);
	for (size_t i = 0; i < COUNT(sent); i++)
		assert_int_equal(sent[i].order, 0);
	courier_free(NULL);
}

static void *wake(void *courier)
{
	courier_wake(courier);
	return NULL;
}

static void a_wake_from_another_thread_ends_the_waiting(void **state)
{
	struct courier *courier = courier_for(NULL);
	pthread_t thread;
	assert_int_equal(pthread_create(&thread, NULL, wake, courier), 0);
	courier_step(courier, 3600 * 1000);
	assert_int_equal(pthread_join(thread, NULL), 0);
	courier_free(courier);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define FRESH(name) cmocka_unit_test_setup(name, reset_sinks)
		FRESH(a_mail_arrives_as_it_was_sent),
		FRESH(a_mail_that_could_forge_a_header_is_refused_unsent),
		FRESH(starttls_comes_before_the_credentials),
		FRESH(wrong_credentials_are_the_operators_to_fix_and_are_not_repeated),
		FRESH(a_certificate_that_does_not_verify_ends_it_also_on_loopback),
		FRESH(smtps_is_tls_from_the_first_byte),
		FRESH(without_starttls_nothing_is_said_to_a_host_that_is_not_loopback),
		FRESH(refusals_are_for_good_or_for_later),
		FRESH(one_connection_carries_many_mails),
		FRESH(a_connection_is_not_shared_with_other_credentials),
		FRESH(a_waiting_connection_that_the_relay_closed_is_replaced),
		FRESH(a_slow_relay_holds_up_nobody_else),
		FRESH(hostile_relays_are_cut_off_while_other_mail_flows),
		FRESH(mails_on_their_way_may_be_given_up),
		FRESH(a_wake_from_another_thread_ends_the_waiting),
	};
	return cmocka_run_group_tests(tests, start_sinks, stop_sinks);
}
