/*
 * The server that the network tests talk to: it says what it was asked. Failures end the test.
 *
 *	/slow…   is answered by way of another thread, a moment later
 *	/silent  is not answered before echo_release (or echo_stop)
 *	/last    is answered with close
 *	/none    is answered 204
 *	/large   is answered with ECHO_LARGE bytes
 *	others   are answered "METHOD path query body"; absent parts are "-"
 *
 * What the edge refuses is answered with the reason.
 */
#ifndef KW_TESTS_NET_ECHO_H
#define KW_TESTS_NET_ECHO_H

#include <pthread.h>

#include "net/http.h"

#define ECHO_LARGE (1 << 20)

struct slow_answer;

struct echo {
	struct server *server;
	int port;
	pthread_t thread; /* answers /slow and /silent */
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	struct slow_answer *slow, *silent;
	bool stopping;
	_Atomic unsigned handed_out, answered;
};

/* Zeros in config become values that never matter in a test: a free port on 127.0.0.1, deadlines of minutes. */
void echo_start(struct echo *echo, struct server_config config);
/* Answers what /silent holds back. */
void echo_release(struct echo *echo);
/* Stops gracefully; returns how many connections were cut. Demands that every request handed out was answered. */
unsigned echo_stop(struct echo *echo);

#endif
