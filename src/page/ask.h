/*
 * What follows when a person has said where they can be reached: a mail with a link, or a text message with a code.
 */
#ifndef KW_PAGE_ASK_H
#define KW_PAGE_ASK_H

#include "page/view.h"

/* Whether text messages go anywhere at all. */
bool ask_takes_phones(void);

/* A contact as people type it: outer blanks do not matter, nor blanks, dashes, dots and brackets in a phone number. NULL, or
 * the key of the words that say what is wrong. */
const char *ask_read(struct arena *arena, struct text typed, struct contact *contact_r);

/* Sends it, for the view's browser, and shows where the sign-in goes on. RATE_LIMITED, magic_link_rate_limited,
 * OTP_RATE_LIMITED. */
MUST_USE enum err ask_send(struct view *view, const struct start *start, const struct contact *contact);

#endif
