/* One look at mail relays and pages on loopback: nothing is sent. */
#include "../check.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/probe.h"
#include "sink.h"

#define TIMEOUT_MS 3000

static struct sink plain, starttls, implicit;

static int start_sinks(void **state)
{
	signal(SIGPIPE, SIG_IGN);
	plain = sink_start(TESTS_LIB "/smtp_sink.py", (const char *const[]){NULL});
	starttls = sink_start(
		TESTS_LIB "/smtp_sink.py", (const char *const[]){"--tls", "starttls", "--auth", "user:pass", NULL});
	implicit = sink_start(TESTS_LIB "/smtp_sink.py", (const char *const[]){"--tls", "implicit", NULL});
	return 0;
}

static int stop_sinks(void **state)
{
	sink_stop(&plain);
	sink_stop(&starttls);
	sink_stop(&implicit);
	return 0;
}

/* ---- relays ---- */

static struct probe_relay look(const struct sink *sink, const char *format, bool trusts)
{
	const struct courier_config config = {
		.ca_file = trusts ? sink_text(sink, "ca_file") : NULL, .timeout_ms = TIMEOUT_MS};
	const char *port = strchr(format, '#');
	struct probe_relay found;
	char url[128];
	snprintf(url, sizeof url, "%.*s%d", (int)(port - format), format, sink->port);
	probe_relay(&config, url, &found);
	json_t *messages = sink_messages(sink);
	assert_int_equal(json_array_size(messages), 0);
	json_decref(messages);
	return found;
}

static void a_relay_is_greeted_secured_and_logged_in_to(void **state)
{
	struct probe_relay found = look(&starttls, "smtp://user:pass@localhost:#", true);
	assert_int_equal(found.outcome.result, COURIER_OK);
	assert_true(found.greeted && found.offers_starttls && found.offers_auth);
	found = look(&implicit, "smtps://localhost:#", true);
	assert_int_equal(found.outcome.result, COURIER_OK);
	assert_true(found.greeted && !found.offers_starttls);
	found = look(&plain, "smtp://127.0.0.1:#", false);
	assert_int_equal(found.outcome.result, COURIER_OK);
	assert_true(found.greeted && !found.offers_starttls);
}

static void why_no_mail_can_be_handed_over_is_told(void **state)
{
	struct probe_relay found = look(&starttls, "smtp://user:wrong@localhost:#", true);
	assert_int_equal(found.outcome.result, COURIER_LATER);
	assert_true(found.greeted && found.offers_starttls);
	assert_non_null(strstr(found.outcome.why, "ogin"));
	found = look(&starttls, "smtp://user:pass@localhost:#", false);
	assert_non_null(strstr(found.outcome.why, "certificate"));
	found = look(&plain, "smtp://relay.localhost:#", false);
	assert_int_not_equal(found.outcome.result, COURIER_OK);
	assert_true(found.greeted && !found.offers_starttls);
	found = look(&plain, "smtps://localhost:#", false);
	assert_int_not_equal(found.outcome.result, COURIER_OK);
	assert_false(found.greeted);
	found = look(&plain, "gopher://localhost:#", false);
	assert_int_equal(found.outcome.result, COURIER_REFUSED);
}

static void one_that_never_ends_is_left(void **state)
{
	static const char *const MODES[] = {"slow_banner", "one_byte", "endless_reply", "stalled_tls"};
	for (size_t i = 0; i < COUNT(MODES); i++) {
		sink_set_mode(&starttls, MODES[i]);
		const struct probe_relay found = look(&starttls, "smtp://user:pass@localhost:#", true);
		if (found.outcome.result == COURIER_OK || !*found.outcome.why)
			fail_msg("%s", MODES[i]);
	}
	sink_reset(&starttls);
}

/* ---- pages ---- */

struct host {
	int listener;
	const char *answer;
	size_t size;
};

static void *answer_once(void *context)
{
	const struct host *host = context;
	char request[2048];
	/* a canary does not wait */
	struct pollfd client = {.fd = host->listener, .events = POLLIN};
	if (poll(&client, 1, TIMEOUT_MS) != 1)
		return NULL;
	const int fd = accept(host->listener, NULL, NULL);
	(void)!recv(fd, request, sizeof request, 0);
	for (size_t sent = 0; sent < host->size;) {
		const ssize_t n = send(fd, host->answer + sent, host->size - sent, MSG_NOSIGNAL);
		if (n <= 0)
			break;
		sent += (size_t)n;
	}
	close(fd);
	return NULL;
}

static struct probe_page visit(struct arena *arena, const char *answer, size_t size)
{
	const struct courier_config config = {.timeout_ms = TIMEOUT_MS};
	struct host host = {.answer = answer, .size = size};
	struct probe_page page;
	int port;
	host.listener = canary_open(&port);
	pthread_t thread;
	assert_int_equal(pthread_create(&thread, NULL, answer_once, &host), 0);
	probe_page(&config, arena, arena_printf(arena, "http://127.0.0.1:%d/healthz", port).p, &page);
	pthread_join(thread, NULL);
	(void)canary_close(host.listener);
	return page;
}
#define VISIT(arena, literal) visit((arena), "" literal, sizeof(literal) - 1)

static void a_page_is_fetched(void **state)
{
	struct arena *arena = *state;
	struct probe_page page = VISIT(arena, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
	assert_int_equal(page.outcome.result, COURIER_OK);
	CHECK_STRING(page.body, "hello");
	page = VISIT(arena, "HTTP/1.1 503 No\r\nContent-Length: 2\r\n\r\nno");
	assert_int_equal(page.outcome.result, COURIER_REFUSED);
	assert_int_equal(page.outcome.status, 503);
	page = VISIT(arena, "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(page.outcome.status, 302);
	page = VISIT(arena, "nonsense\r\n\r\n");
	assert_int_not_equal(page.outcome.result, COURIER_OK);
}

static void a_page_without_an_end_is_left(void **state)
{
	struct arena *arena = *state;
	static const char head[] = "HTTP/1.1 200 OK\r\n\r\n";
	const size_t size = 1 << 20;
	char *flood = arena_alloc(arena, size);
	memset(flood, 'x', size);
	memcpy(flood, head, sizeof head - 1);
	const struct probe_page page = visit(arena, flood, size);
	assert_int_equal(page.outcome.result, COURIER_LATER);
	assert_non_null(strstr(page.outcome.why, "too long"));
	assert_true(page.body.n <= 64 * 1024);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_relay_is_greeted_secured_and_logged_in_to),
		cmocka_unit_test(why_no_mail_can_be_handed_over_is_told),
		cmocka_unit_test(one_that_never_ends_is_left),
		CHECK_WITH_ARENA(a_page_is_fetched),
		CHECK_WITH_ARENA(a_page_without_an_end_is_left),
	};
	return cmocka_run_group_tests_name("probe", tests, start_sinks, stop_sinks);
}
