/*
 * Access tokens checked, and remembered once they were found genuine (RFC 8725).
 */
#ifndef KW_TOKEN_ACCESS_H
#define KW_TOKEN_ACCESS_H

#include "token/key.h"
#include "token/token.h"

void access_start(void);
void access_stop(void);

/* What a genuine access token says; times in seconds, as in the token. */
struct access {
	struct uuid app_id, user_id, session_id, tenant_id; /* nil tenant: none */
	int64_t auth_time, iat, exp;
};

/* Judges by signature and times alone. TOKEN_INVALID, TOKEN_EXPIRED. A token that was seen by this thread before costs a
 * hash and a look-up. */
MUST_USE enum err access_check(struct op *op, struct text token, struct access *access_r);

#endif
