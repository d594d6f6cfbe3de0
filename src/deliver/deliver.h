/*
 * Messages to people. A message is a sealed outbox row, written in the action's transaction; after the commit the delivery
 * thread renders and sends it at once, retries with growing pauses until its content expires, and erases the row.
 *
 * E-mail goes by SMTP, text messages by a signed webhook or Twilio's API; in dev mode, without those, into the inbox.
 */
#ifndef KW_DELIVER_DELIVER_H
#define KW_DELIVER_DELIVER_H

#include "app/app.h"

enum message_kind {
	MESSAGE_OTP,      /* a code */
	MESSAGE_LINK,     /* a link and a code; mail alone */
	MESSAGE_HANDOVER, /* notice: the session was handed to another device */
	MESSAGE_CONTACT,  /* notice: a contact of the account was changed */
	MESSAGE_KIND_COUNT
};

struct message {
	enum message_kind kind;
	struct contact to;
	struct text app_name;
	struct text code, link; /* secrets: sealed at rest, wiped when delivered */
	struct text purpose;
	struct text contact;                /* of a contact that was changed: the new one, masked */
	struct text locale;                 /* absent: English */
	struct text browser, system, place; /* of who asked; absent: not known */
	int64_t expires_at;                 /* never delivered after */
};

/* Whether settings of providers make sense; if not, *why_r says why. Those that do not must never be at work. */
MUST_USE int deliver_check(const struct settings *settings, const char **why_r);
/* Starts the delivery thread. */
MUST_USE int deliver_start(const struct house *house);
/* Gives running transfers a second, joins the thread; what was not delivered stays in the outbox. */
void deliver_stop(void);

/* Writes the outbox row and arranges that the delivery thread gets the message after the commit. */
MUST_USE enum err deliver_queue(struct op *op, struct uuid app_id, const struct message *message);
/* A new epoch: what waits in the outbox may have been delivered long ago, and is erased. */
MUST_USE enum err deliver_void(struct op *op);
/* Whether text messages can go to that number: a provider (or the dev inbox), and a country that is served. */
bool deliver_sms_can_reach(const struct contact *contact);

document_fn deliver_inbox_document, deliver_messages_document;

struct deliver_stats {
	uint64_t mails_sent, texts_sent, failed, expired, retried;
	uint64_t waiting; /* held by this process; more may lie in the outbox */
};
struct deliver_stats deliver_stats(void);

/* jobs.def */
void deliver_scan(void);

#endif
