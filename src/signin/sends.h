/*
 * How often something may be sent to one contact: rows of the store, counted per contact with mail folded.
 */
#ifndef KW_SIGNIN_SENDS_H
#define KW_SIGNIN_SENDS_H

#include "core/limit.h"
#include "signin/signin.h"

/* One kind of message and its limit. */
struct sends {
	const char *kind, *own_kind; /* of their rows: of everybody, and of sources that proved the contact */
	int64_t count, window_ms;
	enum err refusal; /* OTP_RATE_LIMITED and its like */
};

/* Counts one send. A source from which the contact was proven keeps 2 of its own beyond the limit, so that strangers
 * cannot shut its owner out. ERR_NONE, or the refusal with its wait. */
MUST_USE enum err sends_take(
	struct op *op, const struct sends *sends, struct uuid app_id, const struct contact *contact);
/* Refuses with err and the wait until a send would be accepted. */
MUST_USE enum err sends_refuse(
	struct op *op, const struct sends *sends, struct uuid app_id, const struct contact *contact, enum err err);

#endif
