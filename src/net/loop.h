/*
 * One thread, one event_base: runs what is posted to it and what its sockets and timers call.
 */
#ifndef KW_NET_LOOP_H
#define KW_NET_LOOP_H

#include <pthread.h>
#include <stdatomic.h>

#include "net/http.h"

struct event;
struct event_base;

struct loop {
	struct event_base *base;
	pthread_t thread;
	bool running; /* the thread was started and not joined yet */
	int wake_fd;  /* written when posted was empty */
	struct event *wake;
	_Atomic(struct loop_task *) posted; /* the latest first */
};

MUST_USE int loop_init(struct loop *loop);
void loop_done(struct loop *loop);
MUST_USE int loop_start(struct loop *loop);
/* On the loop's thread: ends it when the callbacks that are due now have returned, those that libevent put off included: a
 * socket whose callback is never made is never freed. */
void loop_exit(struct loop *loop);
void loop_join(struct loop *loop);

/* Milliseconds for deadlines: monotonic, to a few ms, and deaf to clock_shift, so that a shifted clock cuts nobody off. */
int64_t loop_now(void);

#endif
