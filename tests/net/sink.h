/*
 * The recording servers of tests/lib as child processes of a C test. Whatever goes wrong here fails the test.
 */
#ifndef KW_TESTS_NET_SINK_H
#define KW_TESTS_NET_SINK_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

struct sink {
	pid_t pid;
	json_t *ready; /* what the server wrote when it listened: ports, ca_file, … */
	int port;
};

/* Starts tests/lib/<script> with the options, NULL at the end, and waits until it listens. */
struct sink sink_start(const char *script, const char *const *options);
void sink_stop(struct sink *sink);

/* See tests/lib/sink_control.py. */
void sink_set_mode(const struct sink *sink, const char *mode);
void sink_set_listening(const struct sink *sink, bool listening);
int sink_connections(const struct sink *sink);
json_t *sink_messages(const struct sink *sink); /* a new reference */
/* "ok", listening, nothing recorded: for the next test. */
void sink_reset(const struct sink *sink);
const char *sink_text(const struct sink *sink, const char *key); /* of ready */

/* A TCP socket that listens on a free port of every address of this machine; closing it says how many ever knocked. */
int canary_open(int *port_r);
int canary_close(int canary);

#endif
