/*
 * A client on one socket that sends exactly the bytes it is given, plain or over TLS. What goes wrong at opening fails
 * the test; sending to a server that has closed is not an error: its answer is what counts.
 */
#ifndef KW_TESTS_NET_CLIENT_H
#define KW_TESTS_NET_CLIENT_H

#include "base/text.h"

typedef struct ssl_st SSL;

struct client {
	int fd;
	SSL *tls; /* or NULL */
};

/* Everything the server sent until it ended. */
struct answers {
	char *p;
	size_t n;
};

struct client client_open(int port, bool tls);
/* False when nobody listens. */
bool client_try_open(int port, bool tls, struct client *client_r);
struct client client_open_local(const char *path);
void client_send(struct client *client, struct text bytes);
/* In pieces of at most so many bytes, each a packet or record of its own. */
void client_send_pieces(struct client *client, struct text bytes, size_t piece);
/* Up to room bytes of what comes next; 0 at the end. */
size_t client_read(struct client *client, char *out, size_t room);
/* The client sends no more; it still reads. */
void client_end(struct client *client);
/* Reads to the end. */
struct answers client_read_all(struct client *client);
void client_close(struct client *client);
/* With a reset instead of an end. */
void client_abort(struct client *client);

/* The statuses in the order they came, with a space between; 100 is left out. */
void client_statuses(const struct answers *answers, char *out, size_t room);

#endif
