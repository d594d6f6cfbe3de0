#include "sink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/def.h"

extern char **environ;

#define OPTIONS_MAX 8

static json_t *read_ready_file(const char *path)
{
	for (int tries = 0; tries < 3000; tries++) {
		json_t *ready = json_load_file(path, 0, NULL);
		if (ready != NULL)
			return ready;
		usleep(10000);
	}
	return NULL;
}

struct sink sink_start(const char *script, const char *const *options)
{
	char path[] = "/tmp/sink.XXXXXX", file[64];
	MUST(mkdtemp(path) != NULL);
	snprintf(file, sizeof file, "%s/ready", path);
	const char *arguments[OPTIONS_MAX + 5] = {"/usr/bin/python3", script, "--ready-file", file};
	for (int i = 0; options[i] != NULL; i++) {
		MUST(i < OPTIONS_MAX);
		arguments[4 + i] = options[i];
	}
	struct sink sink = {0};
	MUST(posix_spawn(&sink.pid, arguments[0], NULL, NULL, (char *const *)arguments, environ) == 0);
	sink.ready = read_ready_file(file);
	MUST(sink.ready != NULL);
	MUST(unlink(file) == 0 && rmdir(path) == 0);
	sink.port = (int)json_integer_value(json_object_get(sink.ready, "port"));
	return sink;
}

void sink_stop(struct sink *sink)
{
	MUST(kill(sink->pid, SIGTERM) == 0);
	MUST(waitpid(sink->pid, NULL, 0) == sink->pid);
	json_decref(sink->ready);
}

const char *sink_text(const struct sink *sink, const char *key)
{
	return json_string_value(json_object_get(sink->ready, key));
}

/* ---- the control API ---- */

static int connect_to_loopback(int port)
{
	const struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	MUST(fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0);
	return fd;
}

static char *read_all(int fd)
{
	size_t n = 0, room = 4096;
	char *all = malloc(room + 1);
	for (ssize_t got; (got = read(fd, all + n, room - n)) != 0;) {
		MUST(got > 0);
		n += (size_t)got;
		if (n == room)
			all = realloc(all, (room *= 2) + 1);
	}
	all[n] = '\0';
	return all;
}

static json_t *control(const struct sink *sink, const char *method, const char *path, const char *body)
{
	char request[512];
	const int n = snprintf(request, sizeof request, "%s %s HTTP/1.0\r\nContent-Length: %zu\r\n\r\n%s", method, path,
		strlen(body), body);
	const int fd = connect_to_loopback((int)json_integer_value(json_object_get(sink->ready, "control_port")));
	MUST(write(fd, request, (size_t)n) == n);
	char *answer = read_all(fd);
	close(fd);
	MUST(strstr(answer, " 200 ") != NULL);
	json_t *value = json_loads(strstr(answer, "\r\n\r\n"), 0, NULL);
	MUST(value != NULL);
	free(answer);
	return value;
}

void sink_set_mode(const struct sink *sink, const char *mode)
{
	char body[64];
	snprintf(body, sizeof body, "{\"mode\": \"%s\"}", mode);
	json_decref(control(sink, "PUT", "/state", body));
}

void sink_set_listening(const struct sink *sink, bool listening)
{
	json_decref(control(sink, "PUT", "/state", listening ? "{\"listening\": true}" : "{\"listening\": false}"));
}

int sink_connections(const struct sink *sink)
{
	json_t *state = control(sink, "GET", "/state", "");
	const int connections = (int)json_integer_value(json_object_get(state, "connections"));
	json_decref(state);
	return connections;
}

json_t *sink_messages(const struct sink *sink)
{
	return control(sink, "GET", "/messages", "");
}

void sink_reset(const struct sink *sink)
{
	json_decref(control(sink, "PUT", "/state", "{\"mode\": \"ok\", \"listening\": true}"));
	json_decref(control(sink, "DELETE", "/messages", ""));
}

/* ---- canary ---- */

int canary_open(int *port_r)
{
	struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_ANY_INIT};
	socklen_t size = sizeof address;
	const int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	MUST(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &(int){0}, sizeof(int)) == 0);
	MUST(bind(fd, (struct sockaddr *)&address, size) == 0 && listen(fd, 64) == 0);
	MUST(getsockname(fd, (struct sockaddr *)&address, &size) == 0);
	*port_r = ntohs(address.sin6_port);
	return fd;
}

int canary_close(int canary)
{
	int count = 0;
	for (int fd; (fd = accept4(canary, NULL, NULL, SOCK_CLOEXEC)) >= 0; count++)
		close(fd);
	MUST(errno == EAGAIN);
	close(canary);
	return count;
}
