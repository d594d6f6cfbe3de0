/*
 * What a message says: the templates of assets/mail and assets/sms, in the language of its locale (English when there is
 * none of ours).
 */
#ifndef KW_DELIVER_WORDING_H
#define KW_DELIVER_WORDING_H

#include "deliver/letter.h"

struct wording {
	struct text subject, html; /* absent for text messages */
	struct text text;
};

/* As of now. host is what browsers may fill the code of a text message into: its last line is "@host #code" (WICG,
 * origin-bound one-time codes). */
struct wording wording_of(struct arena *arena, const struct message *message, const char *host, int64_t now);

#endif
