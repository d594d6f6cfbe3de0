/*
 * What is done to a whole account: by its app's server, and by its user. It reaches into every room that holds something of a
 * user, and so stands above them; the end of a tenant does so, too.
 *
 * Rule of failure: each runs in op's transaction; USER_NOT_FOUND unless the app has that user, deleted or not.
 */
#ifndef KW_ACCOUNT_ACCOUNT_H
#define KW_ACCOUNT_ACCOUNT_H

#include "otp/otp.h"

/* ---- by the app's server: op->app ---- */

/* See user_create. */
MUST_USE enum err account_create(
	struct op *op, const struct user_contacts *contacts, struct text metadata, struct user *user_r);
/* See user_change. */
MUST_USE enum err account_change(
	struct op *op, struct uuid user_id, const struct user_change *change, struct user *user_r);
/* Softly: all sessions end, contacts and roles stay held. Done twice, the first time counts. */
MUST_USE enum err account_delete(struct op *op, struct uuid user_id, struct user *user_r, int *sessions_ended_r);
/* Revives no session. A user who is not deleted stays as it is. */
MUST_USE enum err account_restore(struct op *op, struct uuid user_id, struct user *user_r);
/* Frees contacts; what is left is ids and times. */
MUST_USE enum err account_erase(struct op *op, struct uuid user_id);
MUST_USE enum err account_end_sessions(struct op *op, struct uuid user_id, int *ended_r);

/* A tenant, its roles and what it owned: licenses go on without it. TENANT_NOT_FOUND. */
MUST_USE enum err account_delete_tenant(struct op *op, struct uuid tenant_id);

/* ---- by its user: op->user; TOKEN_REVOKED, USER_DELETED as of now, since the session may have ended while op waited ---- */

/* All sessions but the caller's. */
MUST_USE enum err account_end_others(struct op *op, int *ended_r);

struct account_contact {
	struct text proof;  /* a verification token of change_contact that was made for the caller */
	struct text locale; /* of the notice; absent: English */
};
/* The contact that was proven takes the place of the caller's of its kind; all other sessions end, and the old contact is told.
 * FORBIDDEN for a sign-in that is more than ten minutes old; TOKEN_INVALID for a proof that is another's, of another purpose,
 * too old or taken before; ALREADY_EXISTS, by which the proof is spent. */
MUST_USE enum err account_change_contact(
	struct op *op, const struct account_contact *asked, struct user *user_r, int *ended_r);

extern const struct action account_create_action, account_list_action, account_show_action, account_change_action,
	account_delete_action, account_restore_action, account_erase_action, account_end_sessions_action,
	account_delete_tenant_action, account_sessions_action, account_end_session_action, account_end_others_action,
	account_contact_action;

#endif
