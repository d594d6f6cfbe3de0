/*
 * Exchange codes: a proven sign-in on its way to the place that will have the session. Opaque ones ("kwx_" and base64url of
 * 32 random bytes) travel in a redirect, numeric ones are typed into another device. Redeemed once; the store has a keyed
 * MAC, unique over all apps.
 *
 * Every wrong code costs its address a failure; ten within an hour lock it for an hour (API section 2). Whoever lets codes
 * be typed does so through this room, so that there is one lock and no way round it.
 */
#ifndef KW_EXCHANGE_EXCHANGE_H
#define KW_EXCHANGE_EXCHANGE_H

#include "magic/magic.h"
#include "signin/signin.h"

MUST_USE int exchange_start(const struct house *house);
void exchange_stop(void);

struct exchange_order {
	struct grant grant;
	bool numeric;
	struct text challenge;    /* RFC 7636 S256: redeems only with its verifier; empty: unbound */
	struct uuid from_session; /* that is handed over: redeems only while it lives; nil: none */
};
struct exchange_issued {
	struct text code;    /* a secret */
	struct text display; /* as people read it: "1234 5678"; of opaque ones the code */
	int64_t expires_at, ttl_ms;
};
/* SERVICE_UNAVAILABLE when more than 10,000 unbound numeric codes are alive; RATE_LIMITED when a user asked for more than 20
 * such in 10 minutes. */
MUST_USE enum err exchange_issue(struct op *op, const struct exchange_order *order, struct exchange_issued *issued_r);

struct exchange_ask {
	struct text code, flow_token, code_verifier; /* as sent; absent: not sent */
	struct uuid app_id;                          /* as sent: only codes of that app fit; nil: not sent */
};
/* Redeems a code, opaque, numeric or of a link's mail, for op's client: exchange_code_attempt_limit_exceeded, RATE_LIMITED,
 * exchange_code_not_found, USER_DELETED, USER_NOT_FOUND, TENANT_NOT_FOUND. Where op->app is proven, only its codes fit. */
MUST_USE enum err exchange_redeem(struct op *op, const struct exchange_ask *ask, struct signin *signin_r);
/* The code of a link's mail, typed into the hosted pages: magic_use_code under the address lock. */
MUST_USE enum err exchange_use_link_code(struct op *op, struct uuid app_id, struct uuid link_id, const uint8_t *flow,
	struct text code, struct proof *proof_r, struct magic_link *link_r);
/* exchange_code_attempt_limit_exceeded while op's client is locked out; *left_ms_r is the true rest, which pages count
 * down. Else ERR_NONE. */
MUST_USE enum err exchange_look(struct op *op, int64_t *left_ms_r);

/* For /metrics; of this node. */
struct exchange_stats {
	uint64_t locks;    /* addresses locked out */
	uint64_t breakers; /* times that unbound digits were shut for minutes, because codes are being guessed */
};
struct exchange_stats exchange_stats(void);

/* A new epoch: codes from before it redeem nothing. */
MUST_USE enum err exchange_void(struct op *op);

extern const struct action exchange_redeem_action, exchange_issue_action;

/* jobs.def */
void exchange_prune(void);

#endif
