/*
 * Users: found or made by a proven contact, or made and changed by their app's server.
 *
 * The row of a user is also the lock of its sessions: whatever begins one, or ends all of them, changes or holds the row
 * first, so that on every engine one of the two sees what the other did.
 */
#ifndef KW_USER_USER_H
#define KW_USER_USER_H

#include "api/action.h"
#include "api/listing.h"

struct user {
	struct uuid id;
	struct text
		email; /* where mail goes: as first proven, until then as the server spelled it; absent when there is none */
	struct text phone;
	int64_t email_proven, phone_proven;              /* 0: given by the server, proven by nobody yet */
	int64_t created_at, last_sign_in_at, deleted_at; /* 0: never */
	int64_t sign_outs;                               /* how often all its sessions were ended at once */
	struct text sources;  /* where its contacts were proven from: signin/sources.h; absent: nowhere, or not read */
	struct text metadata; /* what the app's server keeps, a JSON object; absent: not read */
	bool is_new;          /* made by the sign-in of this very operation */
	bool is_first_proof;  /* of a contact that the server had given; counts as a sign-out */
};

/* ---- signing in ---- */

/* The user who holds the contact, with last_sign_in_at set to op->now; made when there is none and may_create. Concurrent
 * calls for one contact agree on one user. USER_DELETED; USER_NOT_FOUND when none and not may_create. */
MUST_USE enum err user_sign_in(
	struct op *op, struct uuid app_id, const struct contact *contact, bool may_create, struct user *user_r);
MUST_USE enum err user_keep_sources(struct op *op, struct uuid app_id, struct uuid user_id, struct text sources);
/* The user as it stands and stays until op's transaction is over; a deleted one too, without sources. USER_NOT_FOUND. */
MUST_USE enum err user_hold(struct op *op, struct uuid app_id, struct uuid user_id, struct user *user_r);
/* Counts a sign-out, for who ends all sessions; an erased user has none. */
MUST_USE enum err user_sign_out(struct op *op, struct uuid app_id, struct uuid user_id);

/* ---- reading: deleted ones too, without sources ---- */

/* USER_NOT_FOUND. */
MUST_USE enum err user_get(struct op *op, struct uuid app_id, struct uuid user_id, struct user *user_r);
/* With sources, without metadata. USER_NOT_FOUND. */
MUST_USE enum err user_by_contact(
	struct op *op, struct uuid app_id, const struct contact *contact, struct user *user_r);
/* A page of struct user; contact NULL: of all, else of the one who holds it. */
MUST_USE enum err user_list(struct op *op, struct uuid app_id, const struct contact *contact, struct uuid cursor,
	int64_t limit, struct listing **listing_r);
/* The contact of that kind, as messages go to it. False: there is none. */
bool user_contact(struct arena *arena, const struct user *user, enum contact_kind kind, struct contact *contact_r);

/* ---- what servers do: the user as it then stands is in user_r; USER_NOT_FOUND ---- */

/* CONTACT_NONE: without one of that kind. */
struct user_contacts {
	struct contact email, phone;
};

/* A user whose contacts nobody has proven yet. ALREADY_EXISTS when one of them is held, be it by a deleted user. */
MUST_USE enum err user_create(struct op *op, struct uuid app_id, const struct user_contacts *contacts,
	struct text metadata, struct user *user_r);

struct user_change {
	bool sets_email,
		sets_phone; /* to that of contacts: unproven, unless it is the present one; CONTACT_NONE removes it */
	struct user_contacts contacts;
	bool sets_metadata;
	struct text metadata; /* a patch (RFC 7396); absent: removes all */
};
/* What was changed; no member is, when all stays as it was. */
struct user_changed {
	bool email, phone, metadata;
};
/* Nothing is changed but all at once. ALREADY_EXISTS as above; VALIDATION_ERROR when no contact would be left, or more
 * metadata than METADATA_MAX. */
MUST_USE enum err user_change(struct op *op, struct uuid app_id, struct uuid user_id, const struct user_change *change,
	struct user *user_r, struct user_changed *changed_r);
/* A proven contact takes the place of the one of its kind: counts as a sign-out. ALREADY_EXISTS, USER_DELETED. */
MUST_USE enum err user_replace_contact(
	struct op *op, struct uuid app_id, struct uuid user_id, const struct contact *contact, struct user *user_r);
/* Softly: contacts stay held; counts as a sign-out. *done_r: it was not deleted before; likewise of restore. */
MUST_USE enum err user_delete(
	struct op *op, struct uuid app_id, struct uuid user_id, struct user *user_r, bool *done_r);
MUST_USE enum err user_restore(
	struct op *op, struct uuid app_id, struct uuid user_id, struct user *user_r, bool *done_r);
/* Removes the row, and with it what refers to it (roles); user_r is as it was. */
MUST_USE enum err user_erase(struct op *op, struct uuid app_id, struct uuid user_id, struct user *user_r);

/* ---- as JSON ---- */

/* The public object under key: user_id, email, phone, created_at, last_sign_in_at. */
void user_emit(struct emit *json, const char *key, const struct user *user, bool with_new);
/* Its members as the app's server sees them: also metadata, deleted_at. */
void user_emit_members(struct emit *json, const struct user *user);
#define USER_MEMBERS "user_id, email, phone, created_at, last_sign_in_at, metadata, deleted_at"

#endif
