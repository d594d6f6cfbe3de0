/* Statements and rows of roles. */
#ifndef KW_TENANT_ROLE_SQL_H
#define KW_TENANT_ROLE_SQL_H

#include "tenant/role.h"

/* 1 if tenant and user are there, the user lives, holds less than ROLE_HELD_MAX roles there and not this one; else 0. */
MUST_USE int role_sql_insert(struct db_tx *tx, struct uuid app_id, const struct role *role);

/* How things stand between a user and a tenant, in one snapshot. */
struct role_standing {
	int64_t tenants, users; /* 0 or 1: whether they are there */
	int64_t deleted_at;     /* of the user */
	int64_t held;           /* roles the user has there */
	struct uuid role_id;    /* of the one that was asked about; nil: not held */
};
MUST_USE enum db_found role_sql_standing(
	struct db_tx *tx, struct uuid app_id, const struct role *role, struct role_standing *standing_r);

/* How many were deleted: 0 or 1. */
MUST_USE int role_sql_delete(struct db_tx *tx, struct uuid app_id, const struct role *role);
/* Deletes every role of the pair; *name is the one that was, when each is called. How many, or -1. */
MUST_USE int role_sql_delete_all(struct db_tx *tx, struct uuid app_id, const struct role *role, struct text *name,
	int (*each)(void *context), void *context);

/* Of a tenant by an index that is sorted as lists are. */
MUST_USE int role_sql_each_of_tenant(
	struct db_tx *tx, struct uuid app_id, struct uuid tenant_id, struct role *row, struct listing *listing);
/* Of a user, in one tenant or in all, in no order: *row is the one at hand, when each is called. */
MUST_USE int role_sql_each_of_user(struct db_tx *tx, struct uuid app_id, const struct role_filter *filter,
	struct role *row, int (*each)(void *context), void *context);
/* Every role of the user there, in no order. */
MUST_USE int role_sql_each_name(struct db_tx *tx, struct uuid app_id, struct uuid user_id, struct uuid tenant_id,
	struct text *name, int (*each)(void *context), void *context);

#endif
