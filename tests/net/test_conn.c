#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "client.h"
#include "echo.h"
#include "framing.h"
#include "temporary.h"

#define HOST "Host: a.example\r\n"

/* The two servers of these tests: in the clear, and with TLS. */
static struct echo echoes[2];

static int start(void **state)
{
	echo_start(&echoes[false], (struct server_config){.threads = 2});
	echo_start(&echoes[true],
		(struct server_config){.threads = 2, .tls_cert = temporary_cert(), .tls_key = temporary_key()});
	return 0;
}

static int stop(void **state)
{
	assert_int_equal(echo_stop(&echoes[false]), 0);
	assert_int_equal(echo_stop(&echoes[true]), 0);
	return 0;
}

static struct client open_client(bool tls)
{
	return client_open(echoes[tls].port, tls);
}

/* Sends it all, ends, and returns what came back; to be freed. */
static struct answers ask(bool tls, struct text bytes, size_t piece)
{
	struct client client = open_client(tls);
	client_send_pieces(&client, bytes, piece);
	client_end(&client);
	const struct answers answers = client_read_all(&client);
	client_close(&client);
	return answers;
}

static void assert_asked(bool tls, const char *bytes, const char *expected)
{
	const struct answers answers = ask(tls, text_of(bytes), SIZE_MAX);
	assert_string_equal(answers.p, expected);
	free(answers.p);
}

/* ---- framing ---- */

static void try_case(const struct framing_case *row, bool tls, size_t piece)
{
	const struct answers answers = ask(tls, row->bytes, piece);
	char statuses[64];
	client_statuses(&answers, statuses, sizeof statuses);
	if (strcmp(statuses, row->answers) != 0)
		fail_msg("%s, tls %d, in pieces of %zu: expected \"%s\", got \"%s\"", row->name, tls, piece,
			row->answers, statuses);
	free(answers.p);
}

static void try_cases(bool tls)
{
	for (size_t i = 0; i < COUNT(framing_cases); i++) {
		const struct framing_case *row = &framing_cases[i];
		try_case(row, tls, SIZE_MAX);
		for (size_t piece = row->bytes.n > 4096 ? 5 : 1; piece <= 5; piece++)
			try_case(row, tls, piece);
	}
}

static void every_framing_case_is_answered_as_the_table_says_whole_and_in_pieces(void **state)
{
	try_cases(false);
}

static void every_framing_case_is_answered_as_the_table_says_over_tls_whole_and_in_pieces(void **state)
{
	try_cases(true);
}

/* ---- answers ---- */

static void a_request_reaches_the_handler_with_all_its_parts(void **state)
{
	assert_asked(false, "POST /a/b?c=d HTTP/1.1\r\n" HOST "Connection: close\r\nContent-Length: 5\r\n\r\nhello",
		"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 19\r\nConnection: close\r\n\r\n"
		"POST /a/b c=d hello");
	assert_asked(false, "GET /? HTTP/1.1\r\n" HOST "\r\n",
		"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 8\r\n\r\nGET /  -");
}

static void a_keep_alive_client_of_http_1_0_is_told_so(void **state)
{
	assert_asked(false, "GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 10\r\nConnection: keep-alive\r\n\r\n"
		"GET /a - -");
}

static void an_answer_to_head_has_the_length_but_not_the_body(void **state)
{
	assert_asked(true, "HEAD /a HTTP/1.1\r\n" HOST "\r\n",
		"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 11\r\n\r\n");
}

static void an_answer_without_content_has_no_length(void **state)
{
	assert_asked(false, "GET /none HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 204 No Content\r\n\r\n");
}

static void the_handler_may_close_the_connection(void **state)
{
	assert_asked(false, "GET /last HTTP/1.1\r\n" HOST "\r\nGET /planted HTTP/1.1\r\n" HOST "\r\n",
		"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 13\r\nConnection: close\r\n\r\nGET "
		"/last - -");
}

static void a_refusal_says_close(void **state)
{
	assert_asked(true, "GET / HTTP/1.1\nHost: x\n\n",
		"HTTP/1.1 400 Bad Request\r\nContent-Length: 9\r\nConnection: close\r\n\r\na bare LF");
}

static void a_large_answer_arrives_whole(void **state)
{
	for (int tls = 0; tls < 2; tls++) {
		const struct answers answers = ask(tls, TEXT("GET /large HTTP/1.1\r\n" HOST "\r\n"), SIZE_MAX);
		assert_int_equal(answers.n, strlen("HTTP/1.1 200 OK\r\nContent-Length: 1048576\r\n\r\n") + ECHO_LARGE);
		free(answers.p);
	}
}

/* ---- the order of things ---- */

/* The i-th of the mixed requests, and the body of its answer. */
static void mix(unsigned i, char *request, size_t request_room, char *body, size_t body_room)
{
	static const char *const paths[] = {"/fast", "/slow", "/fast", "/slow", "/fast"};
	const char *path = paths[i % COUNT(paths)];
	if (i % 3 == 0) {
		snprintf(request, request_room, "POST %s/%u HTTP/1.1\r\n" HOST "Content-Length: 6\r\n\r\n%06u", path, i,
			i);
		snprintf(body, body_room, "POST %s/%u - %06u", path, i, i);
	} else {
		snprintf(request, request_room, "GET %s/%u?%u HTTP/1.1\r\n" HOST "\r\n", path, i, i);
		snprintf(body, body_room, "GET %s/%u %u -", path, i, i);
	}
}

static void assert_mixed_answers_in_order(const struct answers *answers, unsigned count)
{
	const char *at = answers->p;
	char request[128], body[64];
	for (unsigned i = 0; i < count; i++) {
		mix(i, request, sizeof request, body, sizeof body);
		at = strstr(at, "\r\n\r\n");
		if (at == NULL || strncmp(at + 4, body, strlen(body)) != 0)
			fail_msg("answer %u is not \"%s\"", i, body);
		at += 4 + strlen(body);
	}
}

static void try_pipelining(bool tls, size_t piece)
{
	char requests[16384] = "", request[128], body[64];
	for (unsigned i = 0; i < 100; i++) {
		mix(i, request, sizeof request, body, sizeof body);
		strcat(requests, request);
	}
	const struct answers answers = ask(tls, text_of(requests), piece);
	assert_mixed_answers_in_order(&answers, 100);
	free(answers.p);
}

/* F18 */
static void a_hundred_mixed_requests_in_one_go_are_answered_in_order(void **state)
{
	try_pipelining(false, SIZE_MAX);
	try_pipelining(false, 5);
	try_pipelining(true, SIZE_MAX);
	try_pipelining(true, 5);
}

static void an_error_among_pipelined_requests_is_the_last_answer(void **state)
{
	const struct answers answers = ask(false,
		TEXT("GET /slow HTTP/1.1\r\n" HOST "\r\nGET / HTTP/1.1\r\n" HOST "\r\nGET / HTTP/9.9\r\n" HOST
		     "\r\nGET /planted HTTP/1.1\r\n" HOST "\r\n"),
		SIZE_MAX);
	char statuses[64];
	client_statuses(&answers, statuses, sizeof statuses);
	assert_string_equal(statuses, "200 200 400");
	free(answers.p);
}

static void a_body_is_invited_only_when_it_will_be_read(void **state)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
	for (int tls = 0; tls < 2; tls++) {
		struct client client = open_client(tls);
		char out[256] = "";
		client_send(
			&client, TEXT("POST /a HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n"));
		assert_int_equal(client_read(&client, out, sizeof out), strlen(go_on));
		assert_string_equal(out, go_on);
		client_send(&client, TEXT("hi"));
		assert_true(client_read(&client, out, sizeof out) > 0);
		assert_int_equal(strncmp(out, "HTTP/1.1 200", 12), 0);

		client_send(&client,
			TEXT("POST /a HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 16385\r\n\r\n"));
		assert_true(client_read(&client, out, sizeof out) > 0);
		assert_int_equal(strncmp(out, "HTTP/1.1 413", 12), 0);
		client_close(&client);
	}
}

/* F2: the answer arrives although the client goes on sending what nobody reads. */
static void a_refused_client_may_finish_sending_and_still_reads_its_answer(void **state)
{
	static char megabytes[4 << 20];
	for (int tls = 0; tls < 2; tls++) {
		struct client client = open_client(tls);
		client_send(&client, TEXT("POST /a HTTP/1.1\r\n" HOST "Content-Length: 4194304\r\n\r\n"));
		client_send_pieces(&client, text_bytes(megabytes, sizeof megabytes), 16384);
		client_end(&client);
		const struct answers answers = client_read_all(&client);
		assert_int_equal(strncmp(answers.p, "HTTP/1.1 413", 12), 0);
		free(answers.p);
		client_close(&client);
	}
}

/* ---- clients that misbehave ---- */

static void a_client_that_does_not_read_is_not_worked_for(void **state)
{
	enum { REQUESTS = 64 };
	for (int tls = 0; tls < 2; tls++) {
		struct client client = open_client(tls);
		const unsigned before = echoes[tls].handed_out;
		for (int i = 0; i < REQUESTS; i++)
			client_send(&client, TEXT("GET /large HTTP/1.1\r\n" HOST "\r\n"));
		client_end(&client);
		/* The system's own buffers hold some answers; slow machines have started even fewer by now. */
		usleep(100000);
		assert_true(echoes[tls].handed_out - before < REQUESTS / 2);
		const struct answers answers = client_read_all(&client);
		assert_true(answers.n > (size_t)REQUESTS * ECHO_LARGE);
		assert_int_equal(echoes[tls].handed_out - before, REQUESTS);
		free(answers.p);
		client_close(&client);
	}
}

static void wait_until_open_is(struct echo *echo, uint64_t open)
{
	while (server_stats(echo->server).open != open)
		usleep(1000);
}

static void a_client_that_leaves_while_its_request_is_busy_does_no_harm(void **state)
{
	for (int tls = 0; tls < 2; tls++) {
		struct echo *echo = &echoes[tls];
		wait_until_open_is(echo, 0);
		const unsigned before = echo->handed_out;
		struct client client = open_client(tls);
		client_send(&client, TEXT("GET /silent HTTP/1.1\r\n" HOST "\r\n"));
		while (echo->handed_out == before)
			usleep(1000);
		client_abort(&client);
		wait_until_open_is(echo, 0);
		echo_release(echo);
		while (echo->answered != echo->handed_out)
			usleep(1000);
	}
}

static void a_client_that_ended_its_side_still_gets_a_late_answer(void **state)
{
	const struct answers answers = ask(true, TEXT("GET /slow HTTP/1.1\r\n" HOST "\r\n"), SIZE_MAX);
	assert_int_equal(strncmp(answers.p, "HTTP/1.1 200", 12), 0);
	free(answers.p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_framing_case_is_answered_as_the_table_says_whole_and_in_pieces),
		cmocka_unit_test(every_framing_case_is_answered_as_the_table_says_over_tls_whole_and_in_pieces),
		cmocka_unit_test(a_request_reaches_the_handler_with_all_its_parts),
		cmocka_unit_test(a_keep_alive_client_of_http_1_0_is_told_so),
		cmocka_unit_test(an_answer_to_head_has_the_length_but_not_the_body),
		cmocka_unit_test(an_answer_without_content_has_no_length),
		cmocka_unit_test(the_handler_may_close_the_connection),
		cmocka_unit_test(a_refusal_says_close),
		cmocka_unit_test(a_large_answer_arrives_whole),
		cmocka_unit_test(a_hundred_mixed_requests_in_one_go_are_answered_in_order),
		cmocka_unit_test(an_error_among_pipelined_requests_is_the_last_answer),
		cmocka_unit_test(a_body_is_invited_only_when_it_will_be_read),
		cmocka_unit_test(a_refused_client_may_finish_sending_and_still_reads_its_answer),
		cmocka_unit_test(a_client_that_does_not_read_is_not_worked_for),
		cmocka_unit_test(a_client_that_leaves_while_its_request_is_busy_does_no_harm),
		cmocka_unit_test(a_client_that_ended_its_side_still_gets_a_late_answer),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
