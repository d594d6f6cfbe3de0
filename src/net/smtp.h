/*
 * One message's dialogue with a mail relay that has greeted us already: MAIL, RCPT, DATA, the message (RFC 5321). Pure:
 * the caller carries the bytes. Every reply is waited for before the next command is said.
 */
#ifndef KW_NET_SMTP_H
#define KW_NET_SMTP_H

#include "base/arena.h"

enum smtp_stage { SMTP_MAIL, SMTP_RCPT, SMTP_DATA, SMTP_MESSAGE, SMTP_STAGES };

enum smtp_verdict {
	SMTP_TALKING,
	SMTP_ACCEPTED, /* the relay has taken charge of the message */
	SMTP_REFUSED,  /* this message to this recipient: for good */
	SMTP_LATER,    /* for now, or for a reason that is the operator's to fix */
	SMTP_GARBLED   /* this is not SMTP, or there is too much of it */
};

struct smtp {
	enum smtp_stage stage;
	enum smtp_verdict verdict;
	struct text say[SMTP_STAGES];
	size_t said;  /* of say[stage] */
	size_t heard; /* bytes in all */
	char line[24];
	size_t line_size; /* of the reply line being read; only its beginning is kept in line */
	int status;       /* of the last whole reply, 0 before the first */
	char detail[12];  /* its enhanced status code (RFC 3463), "5.1.1", or "" */
	bool excess;      /* something came behind the last reply: the connection is not to be used again */
};

/* from and to are plain addresses (mime_is_address), message is what mime_write wrote. All are copied. */
void smtp_begin(struct smtp *smtp, struct arena *arena, const char *from, const char *to, struct text message);
/* The same message from the start, on another connection. */
void smtp_restart(struct smtp *smtp);
/* What is to be sent now; empty while a reply is awaited. */
struct text smtp_to_say(const struct smtp *smtp);
void smtp_said(struct smtp *smtp, size_t n);
/* Takes what the relay sent, in pieces of any size, until the verdict is not SMTP_TALKING. */
enum smtp_verdict smtp_hear(struct smtp *smtp, struct text bytes);
/* "MAIL", "RCPT", "DATA" or "the message": what the last reply is about. */
const char *smtp_stage_name(const struct smtp *smtp);

#endif
