/* Statements and rows of tenants. */
#ifndef KW_TENANT_TENANT_SQL_H
#define KW_TENANT_TENANT_SQL_H

#include "tenant/tenant.h"

/* 1, or 0 when the slug is taken. */
MUST_USE int tenant_sql_insert(struct db_tx *tx, struct uuid app_id, const struct tenant *tenant);
MUST_USE enum db_found tenant_sql_get(
	struct db_tx *tx, struct uuid app_id, struct uuid tenant_id, struct tenant *tenant_r);
/* Whether there is one; from here to the end of the transaction nobody deletes it. */
MUST_USE enum db_found tenant_sql_hold(struct db_tx *tx, struct uuid app_id, struct uuid tenant_id);
MUST_USE int tenant_sql_each(struct db_tx *tx, struct uuid app_id, struct tenant *row, struct listing *listing);
/* The tenant as it then stands; DB_NONE when there is none, or the slug is another's. */
MUST_USE enum db_found tenant_sql_update(struct db_tx *tx, struct uuid app_id, struct uuid tenant_id,
	const struct tenant_change *change, struct tenant *tenant_r);
/* How many were deleted: 0 or 1. Their roles are not counted. */
MUST_USE int tenant_sql_delete(struct db_tx *tx, struct uuid app_id, struct uuid tenant_id);

#endif
