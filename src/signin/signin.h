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
	const char *amr; /* "otp-email", "otp-sms", "link", "handover" */
};

struct signin {
	struct user user;
	struct session session;
};

MUST_USE int signin_start(const struct house *house);
void signin_stop(void);

/* User found or made (by the app's signup rule), session started, the source remembered as proven, events written: all in
 * op's transaction. USER_DELETED, USER_NOT_FOUND. */
MUST_USE enum err signin_complete(struct op *op, const struct proof *proof, struct signin *signin_r);
/* Whether the contact was proven within 30 days from op's client address: such a source keeps 2 sends of its own. */
MUST_USE enum err signin_source_is_proven(
	struct op *op, struct uuid app_id, const struct contact *contact, bool *proven_r);

/* jobs.def */
void signin_prune(void);

#endif
