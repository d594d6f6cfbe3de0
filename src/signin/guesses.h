/*
 * Wrong codes per contact in 24 h, whatever carried them: text messages, mails, links. They refuse nobody; once
 * otp.failure_budget is spent, codes to that contact are long for a day (THREATS B2). Rows of the store.
 */
#ifndef KW_SIGNIN_GUESSES_H
#define KW_SIGNIN_GUESSES_H

#include "core/contact.h"
#include "core/limit.h"

enum { GUESSES_LONG_CODE = 10 };

/* Counts a wrong code. */
MUST_USE enum err guesses_note(struct op *op, struct uuid app_id, const struct contact *contact);
/* How many digits the next code to the contact has: standard, or GUESSES_LONG_CODE. */
MUST_USE enum err guesses_code_length(
	struct op *op, struct uuid app_id, const struct contact *contact, int64_t standard, int64_t *length_r);

#endif
