/*
 * Roles: what a user may do in a tenant. To us a role is a name; what follows from it is the app's business.
 */
#ifndef KW_TENANT_ROLE_H
#define KW_TENANT_ROLE_H

#include "api/listing.h"

/* Roles of one user in one tenant: so many names of that size fit into an access token (JWT_SIZE_MAX), and it into the 8 KiB
 * that servers take for headers. */
enum { ROLE_NAME_MAX = 64, ROLE_HELD_MAX = 32 };

struct role {
	struct uuid tenant_id, user_id;
	struct text name;    /* [a-z][a-z0-9_:-]{0,63} */
	struct uuid role_id; /* of this assignment: version 7, of the time it was made */
};
/* When it was assigned, ms. */
int64_t role_assigned_at(const struct role *role);

/* Each in op's transaction, and about one app's rows alone. TENANT_NOT_FOUND, USER_NOT_FOUND: in this order, before all
 * others. */

/* Lets the user have it: *is_new_r says whether it is so only now, role->role_id which assignment it is. Of calls at once for
 * one role one is new. USER_DELETED; VALIDATION_ERROR when the user has ROLE_HELD_MAX others there (on PostgreSQL a few more
 * may come in at once). */
MUST_USE enum err role_assign(struct op *op, struct uuid app_id, struct role *role, bool *is_new_r);
/* Takes it away, or every one of the pair if role has no name: how many. ROLE_NOT_FOUND for none. Deleted users' too. */
MUST_USE enum err role_revoke(struct op *op, struct uuid app_id, const struct role *role, int *revoked_r);

/* A page of roles; nil ids: of any, but one of them is given. row is the struct role of listing_new. */
struct role_filter {
	struct uuid tenant_id, user_id;
};
MUST_USE enum err role_list(
	struct op *op, struct uuid app_id, const struct role_filter *filter, struct role *row, struct listing *listing);

/* What the user may do there, sorted by bytes: never nothing. TENANT_NOT_FOUND, whatever it is that is not there. */
MUST_USE enum err role_names(
	struct op *op, struct uuid app_id, struct uuid user_id, struct uuid tenant_id, struct text_list *names_r);

/* Names as an array under key. */
void role_emit_names(struct emit *json, const char *key, const struct text_list *names);

extern const struct action role_assign_action, role_revoke_action, role_list_action;

#endif
