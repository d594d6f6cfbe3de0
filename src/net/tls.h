/*
 * The server's end of TLS: 1.2 and 1.3, ALPN http/1.1, certificates that can be exchanged while it runs.
 */
#ifndef KW_NET_TLS_H
#define KW_NET_TLS_H

#include "base/def.h"

struct tls;
typedef struct ssl_st SSL;

/* NULL when the files do not hold a certificate chain and its key; *why_r says why (see why.h). */
struct tls *tls_new(const char *cert_file, const char *key_file, const char **why_r);
void tls_free(struct tls *tls);
/* Reads the files again; on failure the old ones stay. From any thread. */
MUST_USE int tls_reload(struct tls *tls, const char **why_r);
/* The state of one new connection, the caller's. From any thread. Out of memory ends the process. */
SSL *tls_session(struct tls *tls);

/* Until when the first certificate of a PEM file holds, ms; also of one that is over. Fails with *why_r (see why.h). */
MUST_USE int tls_expires_at(const char *cert_file, int64_t *at_r, const char **why_r);

#endif
