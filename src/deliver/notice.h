/*
 * Notices: something was done with an account, and whoever did not do it should know.
 */
#ifndef KW_DELIVER_NOTICE_H
#define KW_DELIVER_NOTICE_H

#include "deliver/deliver.h"
#include "user/user.h"

/* Tells the user what op's client did: message says its kind, what that kind is about, and the locale. Goes to a proven
 * contact, of the preferred kind if there is one; where there is none that can be reached, to nobody. */
MUST_USE enum err notice_send(struct op *op, const struct app *app, const struct user *user,
	enum contact_kind preferred, struct message message);

#endif
