/*
 * Who takes messages away: a mail relay, a provider of text messages, the inbox of dev mode, or nobody.
 */
#ifndef KW_DELIVER_CARRIER_H
#define KW_DELIVER_CARRIER_H

#include "deliver/wording.h"
#include "net/courier.h"

enum carrier {
	CARRIER_NONE, /* messages wait in the outbox until they expire */
	CARRIER_INBOX,
	CARRIER_SMTP,
	CARRIER_WEBHOOK,
	CARRIER_TWILIO
};

/* How long one try may take. */
enum { CARRIER_TRY_MS = 15 * 1000 };

/* Fails with a sentence, in the settings' arena, when those of a provider make no sense. */
MUST_USE int carrier_check(const struct settings *settings, const char **why_r);
/* Settings that were checked must be at work. */
void carrier_start(const struct house *house);
void carrier_stop(void);

enum carrier carrier_of(const struct settings *settings, enum contact_kind kind);

/* What the message says at that time. From any thread. */
struct wording carrier_wording(struct arena *arena, const struct letter *letter, int64_t now);

/* The delivery thread alone: */

/* Loads libcurl. NULL when it cannot; *why_r says why. */
struct courier *carrier_courier(const char **why_r);
/* Words the message and sends it as these settings say, by which its carrier is one that needs a courier. done as with
 * courier_post. */
void carrier_send(struct courier *courier, const struct settings *settings, const struct letter *letter,
	courier_done *done, void *context);

/* A sender as "address" or "Name <address>". */
struct sender {
	const char *name; /* "" without one */
	const char *address;
};
MUST_USE int carrier_read_sender(struct arena *arena, struct text setting, struct sender *sender_r);

#endif
