/*
 * What the browser carries while a code is on its way to its phone, since we keep no session: sealed, and opened by that
 * browser alone.
 */
#ifndef KW_PAGE_TICKET_H
#define KW_PAGE_TICKET_H

#include "page/flow.h"
#include "page/start.h"

struct ticket {
	struct start start; /* without tenant: no page asks for one */
	struct contact contact;
	struct text request_id; /* of the code */
	int64_t code_length, expires_at;
};

enum { TICKET_MAX = 4096 };

void ticket_start(const struct house *house);
void ticket_stop(void);

/* At most TICKET_MAX characters of base64url. */
struct text ticket_write(struct arena *arena, const struct flow *flow, const struct ticket *ticket);
/* Fails on whatever was not written for that flow, and when its app is gone. */
MUST_USE int ticket_read(struct arena *arena, const struct flow *flow, struct text written, struct ticket *ticket_r);

#endif
