/*
 * One look at somebody else's server, and waited for: does it answer, and as what? Nothing is sent that it would act on.
 * The process must ignore SIGPIPE.
 */
#ifndef KW_NET_PROBE_H
#define KW_NET_PROBE_H

#include "net/courier.h"

/* What a mail relay says of itself before any mail: greeting, STARTTLS and log-in as courier_send_mail would have them. */
struct probe_relay {
	struct courier_outcome outcome; /* OK: a mail could be handed over now */
	bool greeted;                   /* it speaks SMTP */
	bool offers_starttls, offers_auth;
};
void probe_relay(const struct courier_config *config, const char *url, struct probe_relay *found_r);

/* What is at an http or https URL, wherever that leads. */
struct probe_page {
	struct courier_outcome outcome; /* OK: 2xx */
	struct text body;               /* in arena, at most 64 KiB */
};
void probe_page(const struct courier_config *config, struct arena *arena, const char *url, struct probe_page *found_r);

#endif
