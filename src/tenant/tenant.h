/*
 * Tenants: whom the users of an app act for, such as the customers of a business app. What a user may do there are roles
 * (role.h).
 */
#ifndef KW_TENANT_TENANT_H
#define KW_TENANT_TENANT_H

#include "api/listing.h"

enum { TENANT_NAME_MAX = 200, TENANT_SLUG_MAX = 63 }; /* bytes */

struct tenant {
	struct uuid id;
	struct text name, slug; /* slug: [a-z0-9-], one tenant's alone within its app; absent: none */
	int64_t created_at;
};

/* Each in op's transaction, and about one app's tenants alone: */

/* ALREADY_EXISTS for a slug that is taken. */
MUST_USE enum err tenant_create(
	struct op *op, struct uuid app_id, struct text name, struct text slug, struct tenant *tenant_r);
/* TENANT_NOT_FOUND. */
MUST_USE enum err tenant_get(struct op *op, struct uuid app_id, struct uuid tenant_id, struct tenant *tenant_r);
/* There is that tenant, and nobody deletes it until the end of the transaction. TENANT_NOT_FOUND. */
MUST_USE enum err tenant_hold(struct op *op, struct uuid app_id, struct uuid tenant_id);
/* A page of them: row is the struct tenant of listing_new. */
MUST_USE enum err tenant_list(struct op *op, struct uuid app_id, struct tenant *row, struct listing *listing);

struct tenant_change {
	struct text name; /* absent: stays */
	bool sets_slug;
	struct text slug; /* absent: none from now on */
};
/* TENANT_NOT_FOUND, ALREADY_EXISTS. */
MUST_USE enum err tenant_change(struct op *op, struct uuid app_id, struct uuid tenant_id,
	const struct tenant_change *change, struct tenant *tenant_r);
/* Its roles go along; what else names it is its owner's to change (account_delete_tenant). TENANT_NOT_FOUND. */
MUST_USE enum err tenant_delete(struct op *op, struct uuid app_id, struct uuid tenant_id);

extern const struct action tenant_create_action, tenant_list_action, tenant_show_action, tenant_set_action;

#endif
