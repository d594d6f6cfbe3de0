/*
 * Listening sockets, opened in a fixed order: nothing here knows loops or connections. All are non-blocking and
 * close-on-exec. On failure *why_r says why (see why.h) and nothing stays open.
 */
#ifndef KW_NET_LISTEN_H
#define KW_NET_LISTEN_H

#include "base/def.h"

/* A socket on "address:port", sharing it with others of this process (SO_REUSEPORT). *port is 0 for the first of them,
 * which fails when another process listens there, and then holds the port taken: pass it on to the next ones. */
MUST_USE int listen_tcp(const char *address, int *port, int *fd_r, const char **why_r);
/* A Unix socket, 0600 from its first moment. A file left by a dead process is removed, one with a listener is an error. */
MUST_USE int listen_local(const char *path, int *fd_r, const char **why_r);
/* From now on new TCP connections are not let into the accept queue; those being set up still are. */
void listen_fade(int fd);

#endif
