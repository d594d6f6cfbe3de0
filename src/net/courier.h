/*
 * Messages out: HTTP(S) requests and SMTP mail, many at a time, from ONE thread (the delivery thread). libcurl is loaded
 * by the first courier_new.
 *
 * Only http, https, smtp and smtps; no redirects, no proxies or netrc from the environment, certificates verified. Every
 * transfer ends: connected within 10 s, over within 30 s, whatever the other side does; of an answer at most 64 KiB are
 * read. How many run at once is the caller's to bound (courier_running): each has a connection of its own, and
 * connections are kept for the next one. The process must ignore SIGPIPE.
 */
#ifndef KW_NET_COURIER_H
#define KW_NET_COURIER_H

#include "base/arena.h"

struct courier;

struct courier_config {
	/* Whether courier_post reaches loopback and private targets: dev mode, and providers the operator put there.
	 * Without it every address is judged at the moment it is connected to, so that a name cannot change its mind in
	 * between. Mail relays are always the operator's choice and may be anywhere. */
	bool allow_special_addresses;
	const char *ca_file; /* trusted instead of the system's authorities; or NULL */
	long timeout_ms;     /* 0: 30 s */
};

/* How a transfer ended. */
enum courier_result {
	COURIER_OK,
	COURIER_REFUSED, /* for good: a 4xx of HTTP, a 5xx of SMTP, a message that cannot be sent */
	COURIER_LATER /* worth a retry: networks, timeouts, 408 425 429 5xx of HTTP, 4xx of SMTP, refused credentials */
};
struct courier_outcome {
	enum courier_result result;
	int status;          /* HTTP or SMTP status, 0 if none */
	int64_t retry_after; /* seconds the other side asked for, at most an hour, or 0 */
	char why[160];       /* for the log: one line, without secrets and without the other side's words; "" when OK */
};
typedef void courier_done(void *context, const struct courier_outcome *outcome);

/* Copies the configuration, also below. NULL when libcurl cannot be loaded; *why_r says why. */
struct courier *courier_new(const struct courier_config *config, const char **why_r);
/* For transfers that begin from now on. */
void courier_configure(struct courier *courier, const struct courier_config *config);
void courier_free(struct courier *courier); /* running transfers end without a call; NULL is fine */

struct courier_http {
	const char *url;
	struct text user, password; /* HTTP Basic, or absent: what the URL says */
	const char *const *headers; /* "Name: value" each, NULL at the end; or NULL */
	struct text body;           /* POSTed */
};
/* Copies the request. done is called once, by a later courier_step; it may start the next transfer. */
void courier_post(struct courier *courier, const struct courier_http *request, courier_done *done, void *context);

struct courier_mail {
	/* smtp://user:pass@host:port, user and pass percent-encoded, or smtps://… With smtp, STARTTLS is demanded unless
	 * the host is localhost or a loopback literal, where it is used if offered. A path is the name we greet with
	 * (smtp://relay.example/app.example.org); without one it is the machine's. */
	const char *url;
	const char *from, *from_name; /* envelope and header sender; name may be NULL */
	const char *to;               /* one address */
	const char *subject;          /* UTF-8; CR, LF and other controls make the mail COURIER_REFUSED */
	const char *message_id;       /* without <> */
	struct text text, html;       /* the two parts of multipart/alternative; html may be absent */
	int64_t date;                 /* ms */
};
/* Copies the mail; done as with courier_post. */
void courier_send_mail(struct courier *courier, const struct courier_mail *mail, courier_done *done, void *context);

/* Drives the transfers: waits at most wait_ms for progress or for courier_wake, then runs the done functions that are due. */
void courier_step(struct courier *courier, int wait_ms);
/* From any thread: ends a courier_step's waiting. */
void courier_wake(struct courier *courier);
/* Transfers whose done function was not called yet. */
unsigned courier_running(const struct courier *courier);

#endif
