/*
 * The one place where a proven contact becomes a signed-in user. One-time passwords, links and codes only prove; they hand
 * a proof over. A fourth way is a new room that makes one.
 */
#ifndef KW_SIGNIN_SIGNIN_H
#define KW_SIGNIN_SIGNIN_H

#include "app/app.h"
#include "token/token.h"

struct proof {
	const struct app *app;
	struct contact contact;
	const char *amr;       /* "otp-email", "otp-sms", "link", "handover" */
	struct uuid tenant_id; /* the one to sign in to; nil: none */
};

struct signin {
	struct user user;
	struct session session;
};

MUST_USE int signin_start(const struct house *house);
void signin_stop(void);

/* Each in op's transaction: */

/* What whoever consumes a proof that names a tenant asks once it proved right, before it consumes it: whether the contact's
 * holder has a role there. TENANT_NOT_FOUND: no, or nobody holds it. Of a deleted holder signin_identify has the word. Nil
 * names no tenant. */
MUST_USE enum err signin_judge_tenant(
	struct op *op, struct uuid app_id, const struct contact *contact, struct uuid tenant_id);
/* The same of a grant that is about to be redeemed. Of one that is worth nothing any more, for whatever other reason,
 * signin_redeem has the word. */
MUST_USE enum err signin_judge_grant(struct op *op, const struct grant *grant, struct uuid giver);

/* The first half: user found or made (by the app's signup rule), the source remembered as proven. USER_DELETED,
 * USER_NOT_FOUND. user_r may be NULL. */
MUST_USE enum err signin_identify(struct op *op, const struct proof *proof, struct grant *grant_r, struct user *user_r);
/* The second half, perhaps minutes later and for another device: the session. giver: the session that is handed over, which
 * must live (nil: none). USER_DELETED; USER_NOT_FOUND when the user was erased meanwhile; TOKEN_REVOKED when the giver has
 * ended, or all sessions were since the proof. */
MUST_USE enum err signin_redeem(struct op *op, const struct grant *grant, struct uuid giver, struct signin *signin_r);
/* Both at once. */
MUST_USE enum err signin_complete(struct op *op, const struct proof *proof, struct signin *signin_r);

/* Whether the contact was proven within 30 days from op's client address: such a source keeps 2 sends of its own. */
MUST_USE enum err signin_source_is_proven(
	struct op *op, struct uuid app_id, const struct contact *contact, bool *proven_r);

#endif
