/*
 * Sessions, and the tokens that speak for them: short ES256 JWTs, and refresh tokens that are generations of one session
 * row (DESIGN section 3).
 *
 * A refresh token is "kwr_" and base64url of: version 1 (1 byte) · app id (16) · session id (16) · generation (4,
 * big-endian) · HMAC over all that (16) · CRC-32 (4). The CRC lets scanners and typing errors be told at once; only the
 * MAC is believed. The successor is derived, so nothing of a token is stored.
 */
#ifndef KW_TOKEN_TOKEN_H
#define KW_TOKEN_TOKEN_H

#include "core/house.h"
#include "tenant/role.h"
#include "user/user.h"

/* What a fresh proof of a contact becomes. */
struct session {
	struct uuid app_id, user_id, session_id, tenant_id; /* nil tenant: none */
	uint32_t generation;
	int64_t auth_time, idle_until, expires_at; /* ms */
	struct text amr;                           /* "otp-email", … */
	/* What the user may do in the tenant, as of when the session was read for an answer; sorted. Empty without a tenant,
	 * or when the last role went meanwhile. */
	struct text_list roles;
};

/* A proven sign-in that has not become a session yet: at once, or when an exchange code is redeemed. */
struct grant {
	struct uuid app_id, user_id, tenant_id; /* nil tenant: none */
	bool is_new;                            /* the user was made by this sign-in */
	int64_t sign_outs;                      /* of the user, when the contact was proven */
	struct text amr;
	int64_t auth_time;  /* when the contact was proven, ms */
	int64_t expires_at; /* absolute end of the session, ms; 0: token.session_ttl after auth_time */
};

/* Loads the signing keys, makes the first one. */
MUST_USE int token_start(const struct house *house);
void token_stop(void);

/* Inserts the session of op's client that the grant allows, valid from op->now. The grant's user has a role in its tenant:
 * SERVICE_UNAVAILABLE if the last one went between that look and this one, and all is undone. */
MUST_USE enum err token_session_start(struct op *op, const struct grant *grant, struct session *session_r);
/* The session answer: access_token … session_id, and user unless NULL (with its "new"). Signs: call it from a reply, after the commit. */
void token_emit_session(struct op *op, struct emit *json, const struct session *session, const struct user *user);
/* Its answer_fields, with user. */
#define TOKEN_SESSION_ANSWER                                                                                           \
	{"access_token", "string", "JWT for your API, ES256"}, {"token_type", "string", "Bearer"},                     \
		{"expires_in", "integer", "seconds the access token holds"},                                           \
		{"refresh_token", "string", "for /auth/refresh; each works once"},                                     \
		{"refresh_expires_in", "integer", "seconds until the session ends if it is not refreshed"},            \
		{"session_id", "string", "the session"},                                                               \
	{                                                                                                              \
		"user", "object", "user_id, email, phone, created_at, last_sign_in_at, new"                            \
	}

/* A proof of a contact: JWT of typ verification+jwt, five minutes (API section 3, verify-otp). */
struct token_verification {
	struct uuid app_id;
	struct uuid user_id; /* sub: who asked for the code; nil: nobody did */
	struct text purpose;
	struct text jti; /* the otp_request_id of the code: it is verified once, so this is one token's */
	int64_t iat;     /* seconds; set by reading */
};
/* In op's arena. Signs too. */
struct text token_verification_write(
	struct op *op, const struct token_verification *verification, const struct contact *contact);
/* A genuine one that holds. TOKEN_INVALID for all else: TOKEN_EXPIRED would have clients refresh another one. */
MUST_USE enum err token_verification_read(struct op *op, struct text token, struct token_verification *verification_r);

/* The gate's hooks: token_caller judges an Authorization header's bearer token without the store (TOKEN_INVALID,
 * TOKEN_EXPIRED) and fills op->user; token_caller_live, in a transaction, asks whether its session lives (TOKEN_REVOKED,
 * USER_DELETED) and leaves user and session in op->user. */
enum err token_caller(struct op *op, struct text bearer);
enum err token_caller_live(struct op *op);
/* Whether op->user signed in at most ten minutes ago. */
bool token_is_fresh(const struct op *op);
/* Whether it is the current refresh token of op->user.session; looks only, whatever else it may be. */
bool token_is_current(const struct op *op, struct text refresh_token);
/* ERR_NONE while a session lives, and its user. TOKEN_REVOKED, USER_DELETED. */
MUST_USE enum err token_session_live(struct op *op, struct uuid app_id, struct uuid session_id);

/* A session as its user is shown it: address and user agent of its sign-in, absent where they are not known. */
struct session_shown {
	struct uuid session_id;
	int64_t created_at, last_used_at;
	struct text ip, user_agent;
	int64_t is_current;
};
/* A page of struct session_shown: those of op->user that live. */
MUST_USE enum err token_sessions_list(struct op *op, struct uuid cursor, int64_t limit, struct listing **listing_r);
/* Ends one session of op->user, and records it. SESSION_NOT_FOUND when it has none of that id that lives. */
MUST_USE enum err token_session_end(struct op *op, struct uuid session_id);
/* Ends all sessions of a user but one (nil: all), whose row op has changed or holds, so that none begins meanwhile. */
MUST_USE enum err token_sessions_end(
	struct op *op, struct uuid app_id, struct uuid user_id, struct uuid but, int *ended_r);
/* Removes address and user agent from all sessions that a user ever had. */
MUST_USE enum err token_sessions_forget(struct op *op, struct uuid app_id, struct uuid user_id);

/* A new epoch: every session ends; or those that live stay, and each takes, once, a genuine refresh token that is further
 * than its row, for it was given out after the backup. */
MUST_USE enum err token_void(struct op *op, bool keep_sessions);

/* Whether that master key opens a signing key as it stands in the store. */
bool token_key_opens(const uint8_t master[static MASTER_KEY_SIZE], struct text kid, struct text sealed);
/* The same of every signing key of a store: nonnegative, how many there are; -1 on a fault, -2 when it does not. */
MUST_USE int token_keys_open(struct db_tx *tx, const uint8_t master[static MASTER_KEY_SIZE]);

/* Writes the refresh token of a generation; for loaders and tests. */
struct text token_refresh_text(struct arena *arena, struct uuid app_id, struct uuid session_id, uint32_t generation);

extern const struct action token_refresh_action, token_logout_action, token_me_action, token_introspect_action;
extern const struct action key_list_action, key_rotate_action, key_retire_action;
document_fn token_jwks_document, token_discovery_document;

/* jobs.def */
void token_prune(void);
void token_reload(void);

#endif
