/*
 * Users: found or made by a proven contact.
 */
#ifndef KW_USER_USER_H
#define KW_USER_USER_H

#include "api/action.h"

struct user {
	struct uuid id;
	struct text email; /* as first proven; absent when there is none */
	struct text phone;
	int64_t created_at, last_sign_in_at, deleted_at; /* 0: never */
	struct text sources; /* where its contacts were proven from: signin/sources.h; absent: nowhere */
	bool is_new;         /* made by this very operation */
};

/* The user who holds the contact, with last_sign_in_at set to op->now; made when there is none and may_create. Concurrent
 * calls for one contact agree on one user. USER_DELETED; USER_NOT_FOUND when none and not may_create. */
MUST_USE enum err user_sign_in(
	struct op *op, struct uuid app_id, const struct contact *contact, bool may_create, struct user *user_r);
MUST_USE enum err user_keep_sources(struct op *op, struct uuid app_id, struct uuid user_id, struct text sources);
/* Without writing; deleted ones too. USER_NOT_FOUND. */
MUST_USE enum err user_by_contact(
	struct op *op, struct uuid app_id, const struct contact *contact, struct user *user_r);
MUST_USE enum err user_get(struct op *op, struct uuid app_id, struct uuid user_id, struct user *user_r);
/* The public object under key: user_id, email, phone, created_at, last_sign_in_at. */
void user_emit(struct emit *json, const char *key, const struct user *user, bool with_new);

#endif
