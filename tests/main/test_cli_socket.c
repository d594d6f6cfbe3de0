/* One request over the operator's socket, to servers that answer, mumble, hang up, or are not there. */
#include "../check.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "main/cli_socket.h"

struct server {
	char folder[32], path[64];
	int listener;
	const char *answer;
	char heard[1024];
	size_t heard_n;
	pthread_t thread;
};

/* Takes one connection, reads what comes at once, answers, hangs up. */
static void *serve(void *context)
{
	struct server *server = context;
	int fd = accept(server->listener, NULL, NULL);
	ssize_t n = recv(fd, server->heard, sizeof server->heard, 0);
	server->heard_n = n > 0 ? (size_t)n : 0;
	if (send(fd, server->answer, strlen(server->answer), MSG_NOSIGNAL) < 0)
		perror("send");
	close(fd);
	return NULL;
}

static void start(struct server *server, const char *answer)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	*server = (struct server){.folder = "/tmp/kw_socket_XXXXXX", .answer = answer};
	assert_non_null(mkdtemp(server->folder));
	snprintf(server->path, sizeof server->path, "%s/keywright.sock", server->folder);
	memcpy(address.sun_path, server->path, strlen(server->path) + 1);
	server->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(server->listener, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(server->listener, 1), 0);
	assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

static void stop(struct server *server)
{
	pthread_join(server->thread, NULL);
	close(server->listener);
	unlink(server->path);
	rmdir(server->folder);
}

static void a_request_is_sent_whole_and_its_answer_read_to_the_end(void **state)
{
	struct server server;
	struct text answer;
	start(&server, "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}");
	int status = cli_socket_request(*state, server.path,
		&(struct api_local){
			.method = HTTP_POST, .path = TEXT("/operator/apps"), .body = TEXT("{\"name\":\"x\"}")},
		&answer);
	stop(&server);
	assert_int_equal(status, 201);
	CHECK_STRING(answer, "{}");
	CHECK_STRING(text_bytes(server.heard, server.heard_n),
		"POST /operator/apps HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
		"Content-Type: application/json\r\nContent-Length: 12\r\n\r\n{\"name\":\"x\"}");
}

static void without_a_body_none_is_announced(void **state)
{
	struct server server;
	struct text answer;
	start(&server, "HTTP/1.1 404 Not Found\r\n\r\n");
	int status =
		cli_socket_request(*state, server.path, &(struct api_local){.path = TEXT("/operator/apps/x")}, &answer);
	stop(&server);
	assert_int_equal(status, 404);
	CHECK_STRING(answer, "");
	CHECK_STRING(text_bytes(server.heard, server.heard_n),
		"GET /operator/apps/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
}

/* Not the same as nobody being there: it may have been done, and must not be done again by other means. */
static void a_server_that_breaks_off_is_told_from_none(void **state)
{
	static const char *const ANSWERS[] = {
		"", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", "HTTP/1.1 xyz\r\n\r\n", "\r\n\r\n", "220 mail\r\n"};
	for (size_t i = 0; i < COUNT(ANSWERS); i++) {
		struct server server;
		struct text answer;
		start(&server, ANSWERS[i]);
		int status = cli_socket_request(*state, server.path, &(struct api_local){.path = TEXT("/x")}, &answer);
		stop(&server);
		assert_int_equal(status, -1);
	}
}

static void where_nobody_listens_the_answer_is_0(void **state)
{
	struct text answer;
	struct buf path;
	buf_init(&path, *state, 256);
	for (int i = 0; i < 30; i++)
		buf_add(&path, TEXT("/too/long"));
	assert_int_equal(cli_socket_request(*state, "/nonexistent/keywright.sock",
				 &(struct api_local){.path = TEXT("/x")}, &answer),
		0);
	assert_int_equal(
		cli_socket_request(*state, buf_text(&path).p, &(struct api_local){.path = TEXT("/x")}, &answer), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CHECK_WITH_ARENA(a_request_is_sent_whole_and_its_answer_read_to_the_end),
		CHECK_WITH_ARENA(without_a_body_none_is_announced),
		CHECK_WITH_ARENA(a_server_that_breaks_off_is_told_from_none),
		CHECK_WITH_ARENA(where_nobody_listens_the_answer_is_0),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
