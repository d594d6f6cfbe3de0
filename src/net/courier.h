/*
 * Messages out: HTTPS requests and SMTP mail through libcurl's multi interface, many at a time, from ONE thread (the
 * delivery thread). libcurl is loaded when first used. Only http(s) and smtp(s), no redirects, no proxies from the
 * environment, TLS verified. Every transfer ends: connect 10 s, whole 30 s, answers over 64 KiB are cut off as failures.
 */
#ifndef KW_NET_COURIER_H
#define KW_NET_COURIER_H

#include "base/arena.h"

struct courier;

struct courier_config {
	bool allow_special_addresses; /* loopback and private targets: dev mode and operator-configured providers */
	const char *ca_file;	      /* or NULL: the system's */
	long timeout_ms;	      /* 0: 30 s */
};

/* How a transfer ended. */
enum courier_result { COURIER_OK, COURIER_REFUSED /* 4xx/5xx for good */, COURIER_LATER /* worth a retry */ };
struct courier_outcome {
	enum courier_result result;
	int status;	     /* HTTP or SMTP status, 0 if none */
	int64_t retry_after; /* seconds the other side asked for, or 0 */
	char why[160];	     /* for the log; no secrets, one line */
};
typedef void courier_done(void *context, const struct courier_outcome *outcome);

/* NULL when libcurl cannot be loaded; *why_r says why. */
struct courier *courier_new(const struct courier_config *config, const char **why_r);
void courier_free(struct courier *courier); /* running transfers end without a call */

struct courier_http {
	const char *url;
	struct text user, password; /* HTTP Basic, or absent */
	const char *const *headers; /* "Name: value" each, NULL at the end; or NULL */
	struct text body;	    /* POST; copied */
};
void courier_post(struct courier *courier, const struct courier_http *request, courier_done *done, void *context);

struct courier_mail {
	const char *url; /* smtp://user:pass@host:port (STARTTLS demanded unless the host is loopback) or smtps://… */
	const char *from, *from_name; /* envelope and header sender; name may be NULL */
	const char *to;		      /* one address */
	const char *subject;	      /* UTF-8; CR, LF and other controls make the mail COURIER_REFUSED */
	const char *message_id;	      /* without <> */
	struct text text, html;	      /* the two parts of multipart/alternative; html may be absent */
	int64_t date;		      /* ms */
};
void courier_send_mail(struct courier *courier, const struct courier_mail *mail, courier_done *done, void *context);

/* Drives the transfers: waits at most wait_ms for progress or for courier_wake, then runs the done functions that are due. */
void courier_step(struct courier *courier, int wait_ms);
/* From any thread: ends a courier_step's waiting. */
void courier_wake(struct courier *courier);
unsigned courier_running(const struct courier *courier);

#endif
