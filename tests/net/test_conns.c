#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "client.h"
#include "echo.h"
#include "temporary.h"

#define HOST "Host: a.example\r\n"
#define GET TEXT("GET / HTTP/1.1\r\n" HOST "\r\n")
#define SILENT TEXT("GET /silent HTTP/1.1\r\n" HOST "\r\n")

static struct echo echo;

static void start(struct server_config config, bool tls)
{
	config.tls_cert = tls ? temporary_cert() : NULL;
	config.tls_key = tls ? temporary_key() : NULL;
	echo_start(&echo, config);
}

static void assert_answered(struct client *client, int status)
{
	char out[256] = "", expected[32];
	snprintf(expected, sizeof expected, "HTTP/1.1 %d ", status);
	assert_true(client_read(client, out, sizeof out - 1) > strlen(expected));
	assert_memory_equal(out, expected, strlen(expected));
}

static void assert_ended(struct client *client)
{
	char byte;
	assert_int_equal(client_read(client, &byte, 1), 0);
}

/* ---- the cap ---- */

static void try_eviction(bool tls)
{
	start((struct server_config){.max_connections = 3}, tls);
	struct client clients[4];
	for (int i = 0; i < 4; i++) {
		clients[i] = client_open(echo.port, tls);
		client_send(&clients[i], GET);
		assert_answered(&clients[i], 200);
	}
	assert_ended(&clients[0]);
	client_send(&clients[1], GET);
	assert_answered(&clients[1], 200);
	assert_int_equal(server_stats(echo.server).evicted, 1);
	for (int i = 0; i < 4; i++)
		client_close(&clients[i]);
	assert_int_equal(echo_stop(&echo), 0);
}

static void at_the_cap_the_oldest_idle_connection_yields_to_a_new_one(void **state)
{
	try_eviction(false);
	try_eviction(true);
}

static void try_turning_away(bool tls)
{
	start((struct server_config){.max_connections = 2}, tls);
	struct client busy[2];
	for (unsigned i = 0; i < 2; i++) {
		busy[i] = client_open(echo.port, tls);
		client_send(&busy[i], SILENT);
	}
	while (echo.handed_out < 2)
		usleep(1000);
	struct client late = client_open(echo.port, tls);
	assert_answered(&late, 503);
	assert_ended(&late);
	client_close(&late);
	echo_release(&echo);
	for (unsigned i = 0; i < 2; i++) {
		assert_answered(&busy[i], 200);
		client_close(&busy[i]);
	}
	assert_int_equal(echo_stop(&echo), 0);
}

static void at_the_cap_with_nobody_idle_a_new_client_is_told_503(void **state)
{
	try_turning_away(false);
	try_turning_away(true);
}

/* ---- deadlines: looked at four times a second, so tiny ones are over at the next look ---- */

/* Sends what is unfinished and expects that status, or 0 for an end without an answer. */
static void assert_deadline(struct server_config config, bool tls, struct text unfinished, int status)
{
	start(config, tls);
	struct client client = client_open(echo.port, tls);
	client_send(&client, unfinished);
	if (status != 0)
		assert_answered(&client, status);
	assert_ended(&client);
	client_close(&client);
	(void)echo_stop(&echo);
}

static void a_head_that_does_not_end_in_time_is_answered_408(void **state)
{
	for (int tls = 0; tls < 2; tls++)
		assert_deadline((struct server_config){.head_ms = 200}, tls, TEXT("GET / HT"), 408);
}

static void a_body_that_does_not_end_in_time_is_answered_408(void **state)
{
	for (int tls = 0; tls < 2; tls++)
		assert_deadline((struct server_config){.body_ms = 1}, tls,
			TEXT("POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhell"), 408);
}

static void an_idle_connection_ends_in_silence(void **state)
{
	for (int tls = 0; tls < 2; tls++)
		assert_deadline((struct server_config){.idle_ms = 1}, tls, TEXT(""), 0);
}

static void a_handshake_that_does_not_end_in_time_ends_in_silence(void **state)
{
	start((struct server_config){.head_ms = 1}, true);
	struct client client = client_open(echo.port, false);
	client_send(&client, TEXT("\026\003\001\002"));
	assert_ended(&client);
	client_close(&client);
	(void)echo_stop(&echo);
}

static void a_request_that_nobody_answers_in_time_is_cut_off_and_may_still_be_answered(void **state)
{
	for (int tls = 0; tls < 2; tls++)
		assert_deadline((struct server_config){.busy_ms = 1}, tls, SILENT, 0);
}

/* F4: bytes that keep coming do not move a deadline. */
static void a_client_that_dribbles_is_answered_408_all_the_same(void **state)
{
	start((struct server_config){.head_ms = 100}, false);
	struct client client = client_open(echo.port, false);
	while (server_stats(echo.server).timeouts == 0) {
		client_send(&client, TEXT("G"));
		usleep(1000);
	}
	assert_answered(&client, 408);
	client_close(&client);
	(void)echo_stop(&echo);
}

/* F4 */
static void a_client_that_never_takes_its_answer_is_cut_off(void **state)
{
	for (int tls = 0; tls < 2; tls++) {
		start((struct server_config){.body_ms = 1}, tls);
		struct client client = client_open(echo.port, tls);
		for (int i = 0; i < 64; i++)
			client_send(&client, TEXT("GET /large HTTP/1.1\r\n" HOST "\r\n"));
		while (server_stats(echo.server).open > 0)
			usleep(1000);
		client_close(&client);
		(void)echo_stop(&echo);
	}
}

static void lingering_ends_although_the_client_stays(void **state)
{
	start((struct server_config){.linger_ms = 1}, false);
	struct client client = client_open(echo.port, false);
	client_send(&client, TEXT("nonsense\n"));
	assert_answered(&client, 400);
	while (server_stats(echo.server).open > 0)
		usleep(1000);
	client_close(&client);
	assert_int_equal(echo_stop(&echo), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(at_the_cap_the_oldest_idle_connection_yields_to_a_new_one),
		cmocka_unit_test(at_the_cap_with_nobody_idle_a_new_client_is_told_503),
		cmocka_unit_test(a_head_that_does_not_end_in_time_is_answered_408),
		cmocka_unit_test(a_body_that_does_not_end_in_time_is_answered_408),
		cmocka_unit_test(an_idle_connection_ends_in_silence),
		cmocka_unit_test(a_handshake_that_does_not_end_in_time_ends_in_silence),
		cmocka_unit_test(a_request_that_nobody_answers_in_time_is_cut_off_and_may_still_be_answered),
		cmocka_unit_test(a_client_that_dribbles_is_answered_408_all_the_same),
		cmocka_unit_test(a_client_that_never_takes_its_answer_is_cut_off),
		cmocka_unit_test(lingering_ends_although_the_client_stays),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
