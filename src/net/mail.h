/*
 * A mail as a transfer. libcurl connects, secures and logs in (CURLOPT_CONNECT_ONLY); MAIL, RCPT, DATA and the message
 * are said here, over curl_easy_send. libcurl could do that too, but waits for the reply to the message inside
 * curl_multi_perform (curl issue 8555, every version up to Debian 12's at least): one slow relay would hold up all.
 */
#ifndef KW_NET_MAIL_H
#define KW_NET_MAIL_H

#include "net/transfer.h"

/* Starts it, on a waiting connection if there is one for the URL, or decides it at once when it cannot be sent. */
void mail_begin(struct transfer *transfer, const struct courier_mail *mail);

/* Prepares a handle that connects to transfer->url, secures and logs in as every mail is sent, and does no more. Fails with
 * the transfer decided. */
MUST_USE int mail_prepare(struct transfer *transfer);

/* Whether the transfer is a mail whose dialogue goes on, so that its socket is ours to watch, not curl's. */
bool mail_is_talking(const struct transfer *transfer);
/* What to wait for on its socket. */
struct curl_waitfd mail_wants(const struct transfer *transfer);
/* Says and hears what can be said and heard now, until the socket would block; may decide the transfer. */
void mail_talk(struct transfer *transfer);
/* Decides a transfer whose time is over. */
void mail_give_up(struct transfer *transfer);

/* Ends connections that have waited too long for the next mail. */
void mail_drop_stale(struct courier *courier);
void mail_drop_all(struct courier *courier);
/* Ends the connection of a transfer that is being freed; NULL is fine. */
void mail_disconnect(struct courier *courier, struct mail_connection *connection);

#endif
