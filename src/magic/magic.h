/*
 * Magic links: a mail with a link and a code, two faces of one row that die together. Proves a contact and hands over to
 * signin.
 *
 * A link's token is 43 base64url characters: 256 random bits. The mail's code is derived from the token, so that the page
 * behind the link can show it. A flow token, which the asker keeps, is "kwf_" and base64url of: app id (16 bytes) · link id
 * (16) · 32 random bytes. The store has keyed MACs of the three, nothing else.
 *
 * Whoever may not use a link, a code or a flow token is told magic_link_not_found (codes: exchange_code_not_found), and
 * nothing of it is consumed.
 */
#ifndef KW_MAGIC_MAGIC_H
#define KW_MAGIC_MAGIC_H

#include "deliver/deliver.h"
#include "signin/signin.h"

MUST_USE int magic_start(const struct house *house);
void magic_stop(void);

/* Who asked, and where the link leads. Values are stored. */
enum magic_way {
	MAGIC_HOSTED =
		1,     /* asked for by the app; leads to <public_url>/l/{token}; verifies there and at /auth/verify */
	MAGIC_APP = 2, /* asked for by the app; leads to its redirect_uri; verifies at /auth/verify alone */
	MAGIC_PAGE = 3 /* asked for on the hosted pages; leads to /l/{token}; verifies there alone */
};

struct magic_link {
	struct uuid app_id, link_id, tenant_id; /* nil tenant: none */
	enum magic_way way;
	bool bound; /* /auth/verify demands the flow token (the app's bind_links when it was asked for) */
	struct contact contact;
	struct text redirect_uri, state, locale; /* absent: none */
	struct text challenge;                   /* RFC 7636 S256; empty: none */
	struct text ip, user_agent;              /* of the asker; absent: not known */
	struct text token_mac, flow_mac, code_mac;
	int64_t code_tries, created_at, expires_at, approved_at, used_at; /* ms; 0: never */
};

/* ---- asking ---- */

enum { MAGIC_FLOW_SIZE = 32 };

struct magic_order {
	const struct app *app;
	struct contact contact;
	enum magic_way way;
	struct text redirect_uri, state, challenge, locale; /* as struct magic_link; judged by the caller */
	struct uuid tenant_id;
	const uint8_t *flow; /* MAGIC_FLOW_SIZE bytes that the asker keeps; NULL: drawn */
};
struct magic_sent {
	struct uuid link_id;
	struct text flow_token; /* absent when the order brought its flow */
	int64_t code_length, expires_at, ttl_ms, resend_after_ms;
};
/* Draws a token, keeps its MAC, queues the mail. Same way and time for known and unknown contacts.
 * magic_link_rate_limited. */
MUST_USE enum err magic_send(struct op *op, const struct magic_order *order, struct magic_sent *sent_r);

/* ---- finding: reads alone ---- */

/* By the link's token, whatever its state and way. magic_link_not_found. */
MUST_USE enum err magic_find(struct op *op, struct text token, struct magic_link *link_r);
/* By who asked: flow is MAGIC_FLOW_SIZE bytes. magic_link_not_found, also for another's. */
MUST_USE enum err magic_find_asked(
	struct op *op, struct uuid app_id, struct uuid link_id, const uint8_t *flow, struct magic_link *link_r);
/* What a flow token says; its link need not exist. Fails on whatever magic_send would not write. */
MUST_USE int magic_read_flow_token(
	struct text flow_token, struct uuid *app_id_r, struct uuid *link_id_r, uint8_t flow_r[static MAGIC_FLOW_SIZE]);
/* Whether flow is the asker's; NULL is nobody's. */
bool magic_is_asker(const struct magic_link *link, const uint8_t *flow);
/* ERR_NONE while it may be used; else magic_link_already_used, magic_link_expired: in this order. */
enum err magic_judge(const struct magic_link *link, int64_t now);
/* Whether wrong ones have used its code up; the link lives on. */
bool magic_code_is_spent(const struct magic_link *link);
/* "pending", "approved", "used" or "expired": what the screen that asked is told. */
const char *magic_status(const struct magic_link *link, int64_t now);
/* The code of its mail. token is the one it was found by. */
struct text magic_code(struct arena *arena, const struct magic_link *link, struct text token);
/* The two digits that the asking screen shows, and that must be typed where the link is opened. */
struct text magic_number(struct arena *arena, const struct magic_link *link);

/* ---- changing: each one conditional statement; what a race lost answers as magic_judge ---- */

/* Consumes the link and proves its contact. TENANT_NOT_FOUND (not consumed). */
MUST_USE enum err magic_use(struct op *op, const struct magic_link *link, struct proof *proof_r);
/* Consumes by the code of the mail. A wrong one of the asker spends one of three tries, and counts for the contact.
 * exchange_code_not_found for whatever does not fit: wrong, used, expired, out of tries, not the asker; the caller counts
 * the address. TENANT_NOT_FOUND. link_r may be NULL. */
MUST_USE enum err magic_use_code(struct op *op, struct uuid app_id, struct uuid link_id, const uint8_t *flow,
	struct text code, struct proof *proof_r, struct magic_link *link_r);
/* What /auth/verify does: finds, judges, consumes, signs in. magic_link_not_found for whom the link is not meant (wrong
 * door, verifier, flow token or app): nothing is consumed then. TENANT_NOT_FOUND; USER_DELETED, USER_NOT_FOUND. */
struct magic_answer {
	struct text token, code_verifier, flow_token; /* as sent; absent: not sent */
};
MUST_USE enum err magic_verify(struct op *op, const struct magic_answer *answer, struct signin *signin_r);
/* Lets the asking screen go on, if number is the one it shows: then magic_use by the asker is what is left to do. Else
 * link and code are dead: FORBIDDEN. */
MUST_USE enum err magic_approve(struct op *op, const struct magic_link *link, struct text number);
/* "Not me": link and code are dead. */
MUST_USE enum err magic_deny(struct op *op, const struct magic_link *link);

/* A new epoch: links and codes from before it are expired. */
MUST_USE enum err magic_void(struct op *op);

extern const struct action magic_send_action, magic_verify_action, magic_status_action;

/* jobs.def */
void magic_prune(void);

#endif
