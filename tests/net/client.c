#include "client.h"

#include <ctype.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

/* One for all threads, never freed; the certificates of these tests are not checked. */
static SSL_CTX *tls_context;

static void make_tls_context(void)
{
	tls_context = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_options(tls_context, SSL_OP_IGNORE_UNEXPECTED_EOF);
}

bool client_try_open(int port, bool tls, struct client *client_r)
{
	const struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct client client = {.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
	const int on = 1;
	if (connect(client.fd, (const struct sockaddr *)&address, sizeof address) != 0) {
		close(client.fd);
		return false;
	}
	(void)setsockopt(client.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (tls) {
		static pthread_once_t once = PTHREAD_ONCE_INIT;
		pthread_once(&once, make_tls_context);
		client.tls = SSL_new(tls_context);
		SSL_set_fd(client.tls, client.fd);
		if (SSL_connect(client.tls) != 1)
			fail_msg("no TLS handshake with a server that let us connect");
	}
	*client_r = client;
	return true;
}

struct client client_open(int port, bool tls)
{
	struct client client = {0};
	assert_true(client_try_open(port, tls, &client));
	return client;
}

struct client client_open_local(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	struct client client = {.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
	assert_int_equal(connect(client.fd, (const struct sockaddr *)&address, sizeof address), 0);
	return client;
}

static bool send_some(struct client *client, const char *p, size_t n)
{
	if (client->tls != NULL)
		return SSL_write(client->tls, p, (int)n) == (int)n;
	return send(client->fd, p, n, MSG_NOSIGNAL) == (ssize_t)n;
}

void client_send_pieces(struct client *client, struct text bytes, size_t piece)
{
	bool taken = true;
	for (size_t at = 0; at < bytes.n && taken; at += piece)
		taken = send_some(client, bytes.p + at, bytes.n - at < piece ? bytes.n - at : piece);
}

void client_send(struct client *client, struct text bytes)
{
	client_send_pieces(client, bytes, bytes.n);
}

size_t client_read(struct client *client, char *out, size_t room)
{
	const ssize_t n = client->tls != NULL ? SSL_read(client->tls, out, (int)room) : recv(client->fd, out, room, 0);
	return n > 0 ? (size_t)n : 0;
}

void client_end(struct client *client)
{
	if (client->tls != NULL)
		(void)SSL_shutdown(client->tls);
	else
		(void)shutdown(client->fd, SHUT_WR);
}

struct answers client_read_all(struct client *client)
{
	struct answers answers = {0};
	size_t room = 0, n;
	do {
		if (room - answers.n < 65536)
			answers.p = realloc(answers.p, room = 2 * room + 65536);
		n = client_read(client, answers.p + answers.n, room - answers.n - 1);
		answers.n += n;
	} while (n > 0);
	answers.p[answers.n] = '\0';
	return answers;
}

void client_close(struct client *client)
{
	SSL_free(client->tls);
	close(client->fd);
}

void client_abort(struct client *client)
{
	const struct linger reset = {.l_onoff = 1};
	(void)setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
	client_close(client);
}

void client_statuses(const struct answers *answers, char *out, size_t room)
{
	size_t n = 0;
	out[0] = '\0';
	const struct text version = TEXT("HTTP/1.1 ");
	const char *at = answers->p, *end = answers->p + answers->n;
	while ((at = memmem(at, (size_t)(end - at), version.p, version.n)) != NULL) {
		at += version.n;
		if (isdigit((unsigned char)at[0]) && strncmp(at, "100 ", 4) != 0 && n < room)
			n += (size_t)snprintf(out + n, room - n, "%s%.3s", n > 0 ? " " : "", at);
	}
}
