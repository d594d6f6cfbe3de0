#include <openssl/ssl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "certificate.h"
#include "client.h"
#include "echo.h"
#include "temporary.h"

#define GET TEXT("GET /a HTTP/1.1\r\nHost: a.example\r\n\r\n")
#define SILENT TEXT("GET /silent HTTP/1.1\r\nHost: a.example\r\n\r\n")

static struct echo echo;

static void assert_answered(struct client *client)
{
	char out[256] = "";
	assert_true(client_read(client, out, sizeof out - 1) > 0);
	assert_int_equal(strncmp(out, "HTTP/1.1 200", 12), 0);
}

/* ---- doors ---- */

static struct server *open_server(struct server_config config, const char **why_r)
{
	const struct http_handler handler = {0};
	return server_open(&config, &handler, why_r);
}

static void a_second_server_on_the_same_address_is_refused(void **state)
{
	echo_start(&echo, (struct server_config){.threads = 2});
	char address[32];
	const char *why = NULL;
	snprintf(address, sizeof address, "127.0.0.1:%d", echo.port);
	assert_null(open_server((struct server_config){.listen = address}, &why));
	assert_non_null(strstr(why, address));
	assert_non_null(strstr(why, "in use"));
	echo_stop(&echo);
}

static void an_address_that_is_none_is_refused(void **state)
{
	static const char *const none[] = {"", "8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
		"::1:80", "[::1]", "localhost:80"};
	for (size_t i = 0; i < COUNT(none); i++) {
		const char *why = NULL;
		assert_null(open_server((struct server_config){.listen = none[i]}, &why));
		assert_non_null(strstr(why, "not an address"));
	}
}

static void ipv6_is_an_address_too(void **state)
{
	const char *why = NULL;
	struct server *server = open_server((struct server_config){.listen = "[::1]:0"}, &why);
	if (server == NULL)
		fail_msg("%s", why);
	assert_true(server_port(server) > 0);
	server_free(server);
}

static void the_operators_socket_is_for_its_owner_and_goes_with_the_server(void **state)
{
	const char *path = temporary_path("operator.sock");
	struct stat status;
	for (int round = 0; round < 2; round++) {
		echo_start(&echo, (struct server_config){.local_socket = path, .threads = 2});
		assert_int_equal(stat(path, &status), 0);
		assert_int_equal(status.st_mode & 0777, 0600);
		const char *why = NULL;
		assert_null(open_server((struct server_config){.listen = "127.0.0.1:0", .local_socket = path}, &why));
		assert_non_null(strstr(why, "another process listens"));

		struct client client = client_open_local(path);
		client_send(&client, GET);
		assert_answered(&client);
		client_close(&client);
		echo_stop(&echo);
		assert_int_not_equal(stat(path, &status), 0);
	}
}

static void a_socket_left_by_a_dead_server_is_replaced_but_no_other_file(void **state)
{
	const char *path = temporary_path("left.sock");
	const char *why = NULL;
	/* Freed without a stop, a server leaves its socket as a dead process does. */
	server_free(open_server((struct server_config){.listen = "127.0.0.1:0", .local_socket = path}, &why));
	assert_int_equal(access(path, F_OK), 0);
	struct server *server =
		open_server((struct server_config){.listen = "127.0.0.1:0", .local_socket = path}, &why);
	assert_non_null(server);
	server_free(server);
	assert_null(
		open_server((struct server_config){.listen = "127.0.0.1:0", .local_socket = temporary_cert()}, &why));
	assert_int_equal(access(temporary_cert(), F_OK), 0);
}

static void say_door(void *context, struct http_request *request)
{
	const struct http_answer answer = {.status = 200,
		.body = arena_printf(request->arena, "door: %s%s%s, for %.*s", request->tls ? "tls" : "",
			request->metrics ? "metrics" : "", request->local ? "local" : "",
			TEXT_ARG(http_field(request, "hOST")))};
	http_respond(request, &answer);
}

static void a_request_says_which_door_it_came_through(void **state)
{
	const struct http_handler handler = {.request = say_door};
	const struct server_config config = {.listen = "127.0.0.1:0",
		.metrics_listen = "127.0.0.1:0",
		.local_socket = temporary_path("doors.sock"),
		.tls_cert = temporary_cert(),
		.tls_key = temporary_key()};
	const char *why = NULL;
	struct server *server = server_open(&config, &handler, &why);
	if (server == NULL)
		fail_msg("%s", why);
	assert_int_equal(server_start(server), 0);
	static const char *const expected[] = {
		"door: tls, for a.example", "door: metrics, for a.example", "door: local, for a.example"};
	struct client clients[] = {client_open(server_port(server), true),
		client_open(server_metrics_port(server), false), client_open_local(config.local_socket)};
	for (size_t i = 0; i < COUNT(clients); i++) {
		client_send(&clients[i], GET);
		client_end(&clients[i]);
		const struct answers answers = client_read_all(&clients[i]);
		assert_non_null(strstr(answers.p, expected[i]));
		free(answers.p);
		client_close(&clients[i]);
	}
	assert_int_equal(server_stop(server), 0);
	server_free(server);
}

/* F5 */
static void without_descriptors_clients_wait_until_there_are_some_again(void **state)
{
	echo_start(&echo, (struct server_config){0});
	struct rlimit usual, tight;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &usual), 0);
	const int lowest = dup(0);
	close(lowest);
	/* One more descriptor: the client takes it, and none is left to accept it with. */
	tight = (struct rlimit){.rlim_cur = (rlim_t)lowest + 1, .rlim_max = usual.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
	struct client client = client_open(echo.port, false);
	client_send(&client, GET);
	usleep(50000);
	assert_int_equal(server_stats(echo.server).accepted, 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &usual), 0);
	assert_answered(&client);
	client_close(&client);
	assert_int_equal(echo_stop(&echo), 0);
}

/* ---- TLS ---- */

static void assert_served_with(const char *name)
{
	struct client client = client_open(echo.port, true);
	X509 *certificate = SSL_get1_peer_certificate(client.tls);
	char actual[64];
	X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, actual, sizeof actual);
	assert_string_equal(actual, name);
	X509_free(certificate);
	client_send(&client, GET);
	assert_answered(&client);
	client_close(&client);
}

static void certificates_are_exchanged_while_connections_live_on(void **state)
{
	const char *cert = temporary_path("changing.pem"), *key = temporary_path("changing.key"), *why = NULL;
	certificate_write(cert, key, "old.example");
	echo_start(&echo, (struct server_config){.tls_cert = cert, .tls_key = key});
	assert_served_with("old.example");
	struct client before = client_open(echo.port, true);

	certificate_write(cert, key, "new.example");
	assert_int_equal(server_reload_tls(echo.server, &why), 0);
	assert_served_with("new.example");
	client_send(&before, GET);
	assert_answered(&before);
	client_close(&before);

	assert_int_equal(truncate(key, 10), 0);
	assert_int_not_equal(server_reload_tls(echo.server, &why), 0);
	assert_non_null(strstr(why, key));
	assert_served_with("new.example");
	assert_int_equal(echo_stop(&echo), 0);
}

static void a_server_without_its_certificate_does_not_open(void **state)
{
	const char *why = NULL;
	assert_null(open_server(
		(struct server_config){.listen = "127.0.0.1:0", .tls_cert = "/nonexistent", .tls_key = "/nonexistent"},
		&why));
	assert_non_null(strstr(why, "/nonexistent"));
}

static bool shakes_hands(int port, int version, const char *protocols)
{
	struct client client = client_open(port, false);
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_security_level(context, 0);
	SSL_CTX_set_min_proto_version(context, version);
	SSL_CTX_set_max_proto_version(context, version);
	client.tls = SSL_new(context);
	SSL_set_alpn_protos(client.tls, (const unsigned char *)protocols, (unsigned)strlen(protocols));
	SSL_set_fd(client.tls, client.fd);
	const bool done = SSL_connect(client.tls) == 1;
	client_close(&client);
	SSL_CTX_free(context);
	return done;
}

static void tls_is_1_2_or_1_3_and_speaks_http_1_1_only(void **state)
{
	echo_start(&echo, (struct server_config){.tls_cert = temporary_cert(), .tls_key = temporary_key()});
	assert_true(shakes_hands(echo.port, TLS1_3_VERSION, "\x08http/1.1"));
	assert_true(shakes_hands(echo.port, TLS1_2_VERSION, "\x02h2\x08http/1.1"));
	assert_false(shakes_hands(echo.port, TLS1_1_VERSION, "\x08http/1.1"));
	assert_false(shakes_hands(echo.port, TLS1_3_VERSION, "\x02h2"));
	assert_int_equal(echo_stop(&echo), 0);
}

/* ---- posting ---- */

struct numbered {
	struct loop_task task;
	unsigned number, *next, *wrong;
};

static void run_numbered(struct loop_task *task)
{
	struct numbered *numbered = CONTAINER(task, struct numbered, task);
	*numbered->wrong += numbered->number != (*numbered->next)++;
}

struct poster {
	struct loop *loop;
	unsigned next, wrong;
	struct numbered tasks[2000];
};

static void *post_numbered(void *context)
{
	struct poster *poster = context;
	for (unsigned i = 0; i < COUNT(poster->tasks); i++) {
		poster->tasks[i] = (struct numbered){{.fn = run_numbered}, i, &poster->next, &poster->wrong};
		loop_post(poster->loop, &poster->tasks[i].task);
	}
	return NULL;
}

static struct loop *loop_of_requests;

static void post_from_many(void *context, struct http_request *request)
{
	loop_of_requests = request->loop;
	const struct http_answer answer = {.status = 200};
	http_respond(request, &answer);
}

static void tasks_posted_by_many_threads_run_in_each_ones_order(void **state)
{
	const struct http_handler handler = {.request = post_from_many};
	const struct server_config config = {.listen = "127.0.0.1:0"};
	const char *why = NULL;
	struct server *server = server_open(&config, &handler, &why);
	assert_int_equal(server_start(server), 0);
	struct client client = client_open(server_port(server), false);
	client_send(&client, GET);
	assert_answered(&client);

	static struct poster posters[3];
	pthread_t threads[COUNT(posters)];
	for (size_t i = 0; i < COUNT(posters); i++) {
		posters[i].loop = loop_of_requests;
		pthread_create(&threads[i], NULL, post_numbered, &posters[i]);
	}
	for (size_t i = 0; i < COUNT(posters); i++)
		pthread_join(threads[i], NULL);
	/* What was posted before is run before a later request is read or the loop stops. */
	client_send(&client, GET);
	assert_answered(&client);
	client_close(&client);
	assert_int_equal(server_stop(server), 0);
	for (size_t i = 0; i < COUNT(posters); i++) {
		assert_int_equal(posters[i].next, COUNT(posters[i].tasks));
		assert_int_equal(posters[i].wrong, 0);
	}
	server_free(server);
}

/* ---- stopping ---- */

static void *stop_echo(void *cut_r)
{
	*(unsigned *)cut_r = server_stop(echo.server);
	return NULL;
}

static void a_stop_waits_for_the_answers_to_busy_requests(void **state)
{
	echo_start(&echo, (struct server_config){.threads = 2, .linger_ms = 1});
	struct client client = client_open(echo.port, false);
	client_send(&client, SILENT);
	while (echo.handed_out == 0)
		usleep(1000);
	pthread_t stopper;
	unsigned cut = 99;
	pthread_create(&stopper, NULL, stop_echo, &cut);
	/* Whether the stop has begun by now or not: it cannot end before the answer. */
	usleep(50000);
	echo_release(&echo);
	const struct answers answers = client_read_all(&client);
	assert_non_null(strstr(answers.p, "200 OK"));
	assert_non_null(strstr(answers.p, "GET /silent"));
	pthread_join(stopper, NULL);
	assert_int_equal(cut, 0);
	free(answers.p);
	client_close(&client);
	echo_stop(&echo);
}

static void a_stop_counts_whom_it_cuts(void **state)
{
	echo_start(&echo, (struct server_config){.head_ms = 1000, .linger_ms = 1});
	struct client client = client_open(echo.port, false);
	client_send(&client, TEXT("GET / HT"));
	while (server_stats(echo.server).accepted == 0)
		usleep(1000);
	assert_int_equal(echo_stop(&echo), 1);
	const struct answers answers = client_read_all(&client);
	assert_int_equal(strncmp(answers.p, "HTTP/1.1 408", 12), 0);
	free(answers.p);
	client_close(&client);
}

struct load {
	bool tls;
	_Atomic unsigned *answered, *lost;
};

/* Opens connections until nobody listens any more. Whoever got a connection must get an answer. */
static void *load_server(void *context)
{
	const struct load *load = context;
	struct client client;
	while (client_try_open(echo.port, load->tls, &client)) {
		client_send(&client, TEXT("GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
		const struct answers answers = client_read_all(&client);
		const bool whole = answers.n > 0 && strstr(answers.p, "GET /slow - -") != NULL;
		atomic_fetch_add(whole ? load->answered : load->lost, 1);
		free(answers.p);
		client_close(&client);
	}
	return NULL;
}

/* H3 */
static void a_stop_under_load_loses_no_accepted_request(void **state)
{
	for (int round = 0; round < 6; round++) {
		const bool tls = round % 3 == 2;
		_Atomic unsigned answered = 0, lost = 0;
		const struct load load = {.tls = tls, .answered = &answered, .lost = &lost};
		pthread_t threads[8];
		echo_start(&echo, (struct server_config){.threads = 2,
					  .tls_cert = tls ? temporary_cert() : NULL,
					  .tls_key = tls ? temporary_key() : NULL});
		for (size_t i = 0; i < COUNT(threads); i++)
			pthread_create(&threads[i], NULL, load_server, (void *)&load);
		while (answered < 100)
			usleep(1000);
		unsigned cut = 99;
		(void)stop_echo(&cut);
		for (size_t i = 0; i < COUNT(threads); i++)
			pthread_join(threads[i], NULL);
		assert_int_equal(cut, 0);
		assert_int_equal(lost, 0);
		echo_stop(&echo);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_second_server_on_the_same_address_is_refused),
		cmocka_unit_test(an_address_that_is_none_is_refused),
		cmocka_unit_test(ipv6_is_an_address_too),
		cmocka_unit_test(the_operators_socket_is_for_its_owner_and_goes_with_the_server),
		cmocka_unit_test(a_socket_left_by_a_dead_server_is_replaced_but_no_other_file),
		cmocka_unit_test(a_request_says_which_door_it_came_through),
		cmocka_unit_test(without_descriptors_clients_wait_until_there_are_some_again),
		cmocka_unit_test(certificates_are_exchanged_while_connections_live_on),
		cmocka_unit_test(a_server_without_its_certificate_does_not_open),
		cmocka_unit_test(tls_is_1_2_or_1_3_and_speaks_http_1_1_only),
		cmocka_unit_test(tasks_posted_by_many_threads_run_in_each_ones_order),
		cmocka_unit_test(a_stop_waits_for_the_answers_to_busy_requests),
		cmocka_unit_test(a_stop_counts_whom_it_cuts),
		cmocka_unit_test(a_stop_under_load_loses_no_accepted_request),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
