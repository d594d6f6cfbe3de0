/*
 * The browser that asks: its flow cookie, and the form tokens that go with it. No store, no session: the cookie holds a seed
 * of ours, names the link that was asked for last, and has a MAC over both, so that one that was planted or made up is
 * nobody's.
 *
 * __Host-kw_flow is base64url of 32 random bytes · app id (16) · link id (16) · their MAC (32) (RFC 6265, prefix: RFC 6265bis
 * 4.1.3): Path=/, Secure, HttpOnly, SameSite=Lax. Browsers take Secure cookies from http://127.0.0.1 and http://localhost too.
 */
#ifndef KW_PAGE_FLOW_H
#define KW_PAGE_FLOW_H

#include "core/house.h"
#include "core/op.h"

enum { FLOW_SIZE = 32 };

struct flow {
	uint8_t seed[FLOW_SIZE]; /* what the cookie holds */
	/* derived from it; never leaves us, so that no flow token (magic.h) is made of a cookie */
	uint8_t secret[FLOW_SIZE];
	struct uuid app_id, link_id; /* of the link it asked for last; nil: none yet */
	bool is_new;                 /* drawn just now: the answer must set its cookie */
	bool is_changed;             /* asked for a link just now: the same */
};

void flow_start(const struct house *house);
void flow_stop(void);

/* The flow of the request's cookie; one drawn anew when there is none that is genuine. */
void flow_of(const struct op *op, struct flow *flow_r);
/* One drawn anew: after a sign-in, so that no later one is tied to it. */
void flow_draw(struct flow *flow_r);
/* It asked for that link. */
void flow_asked(struct flow *flow, struct uuid app_id, struct uuid link_id);
/* The Set-Cookie of a flow. */
struct text flow_cookie(struct arena *arena, const struct flow *flow);
/* A hidden input of every form we make for that browser, and whether one that came back is it. */
struct text flow_form_token(struct arena *arena, const struct flow *flow);
bool flow_form_fits(const struct flow *flow, struct text form_token);

#endif
