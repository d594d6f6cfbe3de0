/*
 * Many requests, clients that leave at any moment. test_storm [requests that reach the handler]: 5,000, or 50,000 with
 * KW_LONG=1.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "client.h"
#include "echo.h"
#include "temporary.h"

#define HOST "Host: a.example\r\n"
#define CLIENTS 6

static unsigned wanted = 5000;
static struct echo echoes[2]; /* in the clear, and with TLS */

static const struct text requests[] = {
	TEXT("GET /fast HTTP/1.1\r\n" HOST "\r\n"),
	TEXT("GET /slow HTTP/1.1\r\n" HOST "\r\n"),
	TEXT("POST /slow HTTP/1.1\r\n" HOST "Content-Length: 12\r\n\r\nhello, world"),
	TEXT("POST /fast HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello"),
	TEXT("GET /large HTTP/1.1\r\n" HOST "\r\n"),
	TEXT("GET /slow HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n"),
	TEXT("GET / HTTP/1.1\r\nno colon\r\n\r\n"),
};

/* One connection: some requests, the last perhaps cut short, some answers, and then it leaves in one of three ways. */
static void one_client(bool tls, unsigned *seed)
{
	struct client client = client_open(echoes[tls].port, tls);
	const unsigned count = 1 + (unsigned)rand_r(seed) % 6;
	const bool cut_short = rand_r(seed) % 3 == 0;
	for (unsigned i = 0; i < count; i++) {
		struct text request = requests[(unsigned)rand_r(seed) % COUNT(requests)];
		if (i == count - 1 && cut_short)
			request.n = (unsigned)rand_r(seed) % request.n;
		client_send(&client, request);
	}
	char out[4096];
	if (!cut_short && rand_r(seed) % 2 == 0)
		(void)client_read(&client, out, sizeof out);
	switch (rand_r(seed) % 3) {
	case 0: client_abort(&client); break;
	case 1: client_close(&client); break;
	default:
		client_end(&client);
		free(client_read_all(&client).p);
		client_close(&client);
	}
}

static void *storm(void *context)
{
	unsigned seed = (unsigned)(uintptr_t)context;
	while (echoes[false].handed_out + echoes[true].handed_out < wanted)
		one_client(seed % 4 == 0, &seed);
	return NULL;
}

static void clients_that_leave_at_any_moment_do_no_harm(void **state)
{
	echo_start(&echoes[false], (struct server_config){.threads = 2, .linger_ms = 100});
	echo_start(&echoes[true],
		(struct server_config){
			.threads = 1, .linger_ms = 100, .tls_cert = temporary_cert(), .tls_key = temporary_key()});
	pthread_t threads[CLIENTS];
	for (uintptr_t i = 0; i < CLIENTS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, storm, (void *)(i + 1)), 0);
	for (size_t i = 0; i < CLIENTS; i++)
		pthread_join(threads[i], NULL);
	/* echo_stop sees to it that whatever was handed out was answered. */
	for (int tls = 0; tls < 2; tls++) {
		struct client client = client_open(echoes[tls].port, tls);
		client_send(&client, requests[0]);
		char out[256];
		assert_true(client_read(&client, out, sizeof out) > 0);
		client_close(&client);
		(void)echo_stop(&echoes[tls]);
	}
}

int main(int count, char **arguments)
{
	const char *run_long = getenv("KW_LONG");
	if (count > 1)
		wanted = (unsigned)atoi(arguments[1]);
	else if (run_long != NULL && run_long[0] == '1')
		wanted = 50000;
	const struct CMUnitTest tests[] = {cmocka_unit_test(clients_that_leave_at_any_moment_do_no_harm)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
