#include "proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PAIRS_MAX 64

struct pair {
	int client, server;
};

struct proxy {
	char url[1024];
	int listener, server_port;
	struct pair pairs[PAIRS_MAX];
	int count;
	_Atomic int wire;
	_Atomic int stopping;
	pthread_t thread;
};

static struct sockaddr_in loopback(int port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
}

/* Closes with a reset, as a vanished machine's successor would answer. */
static void reset(int fd)
{
	const struct linger now = {1, 0};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	close(fd);
}

static void drop_pair(struct proxy *proxy, int i)
{
	reset(proxy->pairs[i].client);
	close(proxy->pairs[i].server);
	proxy->pairs[i] = proxy->pairs[--proxy->count];
}

static void accept_pair(struct proxy *proxy)
{
	const struct sockaddr_in to = loopback(proxy->server_port);
	const int client = accept(proxy->listener, NULL, NULL);

	if (client < 0)
		return;
	const int server = socket(AF_INET, SOCK_STREAM, 0);
	if (proxy->wire == WIRE_CUT || proxy->count == PAIRS_MAX ||
		connect(server, (const struct sockaddr *)&to, sizeof to) != 0) {
		close(server);
		reset(client);
		return;
	}
	proxy->pairs[proxy->count++] = (struct pair){client, server};
}

/* Moves what is there; -1 when that side is gone or must be. */
static int forward(struct proxy *proxy, int from, int to, int from_client)
{
	char bytes[65536];
	const ssize_t n = recv(from, bytes, sizeof bytes, 0);

	if (n <= 0 || send(to, bytes, (size_t)n, MSG_NOSIGNAL) != n)
		return -1;
	if (!from_client || proxy->wire != WIRE_LOSES_COMMIT || !memmem(bytes, (size_t)n, "COMMIT", 6))
		return 0;
	/* The server's answer shows that it has committed. */
	if (recv(to, bytes, sizeof bytes, 0) <= 0)
		abort();
	proxy->wire = WIRE_FINE;
	return -1;
}

static void move_bytes(struct proxy *proxy, const struct pollfd *fds)
{
	for (int i = proxy->count; i-- > 0;) {
		const struct pair *pair = &proxy->pairs[i];
		if ((fds[2 * i].revents && forward(proxy, pair->client, pair->server, 1) != 0) ||
			(fds[2 * i + 1].revents && forward(proxy, pair->server, pair->client, 0) != 0))
			drop_pair(proxy, i);
	}
}

static void *serve(void *context)
{
	struct proxy *proxy = context;
	struct pollfd fds[2 * PAIRS_MAX + 1];

	while (!proxy->stopping) {
		const int wire = proxy->wire;
		while (wire == WIRE_CUT && proxy->count > 0)
			drop_pair(proxy, 0);
		for (int i = 0; i < proxy->count; i++) {
			fds[2 * i] = (struct pollfd){proxy->pairs[i].client, POLLIN, 0};
			fds[2 * i + 1] = (struct pollfd){proxy->pairs[i].server, POLLIN, 0};
		}
		fds[2 * proxy->count] = (struct pollfd){proxy->listener, POLLIN, 0};
		/* The wire is looked at every few milliseconds: simpler than waking this thread. */
		const int known = wire == WIRE_FROZEN ? 0 : 2 * proxy->count + 1;
		if (poll(fds, (nfds_t)known, 5) <= 0 || proxy->wire != wire)
			continue;
		const short newcomer = fds[2 * proxy->count].revents;
		move_bytes(proxy, fds);
		if (newcomer)
			accept_pair(proxy);
	}
	return NULL;
}

static int listen_somewhere(int *fd_r)
{
	struct sockaddr_in at = loopback(0);
	socklen_t size = sizeof at;

	*fd_r = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(*fd_r, (struct sockaddr *)&at, size) != 0 || listen(*fd_r, 64) != 0 ||
		getsockname(*fd_r, (struct sockaddr *)&at, &size) != 0)
		abort();
	return ntohs(at.sin_port);
}

struct proxy *proxy_new(const char *url)
{
	struct proxy *proxy = calloc(1, sizeof *proxy);
	const char *host = strstr(url, "127.0.0.1:");

	if (!proxy || !host)
		abort();
	const char *port = host + strlen("127.0.0.1:");
	char *rest;
	proxy->server_port = (int)strtol(port, &rest, 10);
	const int own = listen_somewhere(&proxy->listener);
	snprintf(proxy->url, sizeof proxy->url, "%.*s%d%s", (int)(port - url), url, own, rest);
	if (pthread_create(&proxy->thread, NULL, serve, proxy) != 0)
		abort();
	return proxy;
}

void proxy_free(struct proxy *proxy)
{
	proxy->stopping = 1;
	pthread_join(proxy->thread, NULL);
	while (proxy->count > 0)
		drop_pair(proxy, 0);
	close(proxy->listener);
	free(proxy);
}

const char *proxy_url(const struct proxy *proxy)
{
	return proxy->url;
}

void proxy_set(struct proxy *proxy, enum wire wire)
{
	proxy->wire = wire;
}
