/*
 * One message on its way: what requests (post.h) and mails (mail.h) have in common, and the courier they belong to.
 */
#ifndef KW_NET_TRANSFER_H
#define KW_NET_TRANSFER_H

#include "net/courier.h"
#include "net/curl_lazy.h"
#include "net/smtp.h"

struct mail_connection;

struct transfer {
	struct courier *courier;
	struct arena *arena; /* holds this too */
	CURL *easy;          /* on the courier's multi handle, or NULL */
	/* curl has nothing left to do for this transfer: judge what it came to. */
	void (*curl_is_done)(struct transfer *transfer, CURLcode code);
	int64_t deadline;           /* transfer_now() */
	size_t received;            /* bytes of the answer that curl handed over */
	bool public_only;           /* special addresses are not connected to */
	unsigned opened, forbidden; /* connections begun; not begun because the address is special */
	const char *host;           /* of the prepared URL, without brackets; in the arena */
	struct curl_slist *headers; /* post.c */
	struct smtp smtp;           /* mail.c, all three */
	const char *url;
	struct mail_connection *connection;
	courier_done *done;
	void *context;
	struct courier_outcome outcome;
	struct transfer *prev, *next;
};

struct courier {
	struct arena *arena; /* holds this too */
	const struct curl_lazy *curl;
	CURLM *multi;
	struct courier_config config;
	char *ca_file;                      /* config.ca_file, or NULL */
	struct transfer *running, *decided; /* utlist.h's double lists */
	unsigned count;                     /* in both */
	struct mail_connection *idle;       /* mail.c: connections that wait for the next mail */
	struct arena *scratch;              /* for one courier_step */
};

/* Milliseconds of a clock that clock_shift does not move: what is on the wire is not to be cut by a test's leap. */
int64_t transfer_now(void);

/* A running transfer of the courier. */
struct transfer *transfer_new(struct courier *courier, courier_done *done, void *context);
/* Takes curl's handle off and wipes everything; its mail connection must be gone, and it in no list. */
void transfer_free(struct transfer *transfer);

/* The outcome, once: moves the transfer to the decided ones. */
void transfer_decide(struct transfer *transfer, enum courier_result result, int status, const char *why, ...)
	PRINTF_LIKE(4, 5);
/* The outcome of a transfer that curl could not finish: LATER, except for what can never work. */
void transfer_decide_failed(struct transfer *transfer, CURLcode code);

/* A handle for the URL with everything set that keeps a transfer in bounds; schemes as CURLOPT_PROTOCOLS_STR has them.
 * User and password move from the URL into options of their own. Fails with the transfer decided. */
MUST_USE int transfer_prepare(struct transfer *transfer, const char *url, const char *schemes);
/* Gives the prepared handle to the multi handle. */
void transfer_start(struct transfer *transfer);
/* An option of the transfer's handle. It fails only when memory is out or curl lacks an option that we count on. */
#define TRANSFER_SET(transfer, option, value)                                                                          \
	MUST((transfer)->courier->curl->easy_setopt((transfer)->easy, CURLOPT_##option, (value)) == CURLE_OK)

/* curl's last status for the handle, 0 if none. */
int transfer_status(const struct transfer *transfer);

#endif
