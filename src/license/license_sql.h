/* Statements and rows of licenses. Those that answer a license fill all but metadata and revoke_reason, unless said. */
#ifndef KW_LICENSE_LICENSE_SQL_H
#define KW_LICENSE_LICENSE_SQL_H

#include "api/listing.h"
#include "license/license.h"
#include "license/license_name.h"

/* The columns of a license behind a table's name, which may be empty, and where each goes; both for license_sql.c and
 * activation_sql.c. */
#define LICENSE_SQL_COLUMNS(t)                                                                                         \
	t "app_id, " t "license_id, " t "key_hint, " t "created_at, " t "expires_at, " t "revoked_at, " t              \
	  "max_activations, " t "activations_used, " t "slot_freed_at, " t "version, " t "user_id, " t "tenant_id, " t \
	  "entitlements"
#define LICENSE_SQL_COLS(license)                                                                                      \
	COL_BYTES((license).app_id), COL_BYTES((license).license_id), COL_TEXT((license).key_hint),                    \
		COL_INT((license).created_at), COL_INT((license).expires_at), COL_INT((license).revoked_at),           \
		COL_INT((license).max_activations), COL_INT((license).activations_used),                               \
		COL_INT((license).slot_freed_at), COL_INT((license).version), COL_BYTES((license).user_id),            \
		COL_BYTES((license).tenant_id), COL_TEXT((license).entitlements)

/* Inserts count licenses that differ in id, key and hint alone, all hints of one length, with metadata, under keys that the app
 * was just seen not to have; who loses a race for one runs again (db/postgres.c). In one statement: a thousand would take more
 * time on their way to PostgreSQL than a work has. */
MUST_USE int license_sql_insert(
	struct db_tx *tx, const struct license_issued *issued, const struct license_name *names, int64_t count);
/* The id alone: one look into an index. */
MUST_USE enum db_found license_sql_find(
	struct db_tx *tx, struct uuid app_id, const struct license_name *name, struct uuid *license_id_r);
/* All of it. */
MUST_USE enum db_found license_sql_get(
	struct db_tx *tx, struct uuid app_id, struct uuid license_id, struct license *license_r);
/* All of it; from here to the end of the transaction nobody else changes the license or its slots. */
MUST_USE enum db_found license_sql_hold(
	struct db_tx *tx, struct uuid app_id, struct uuid license_id, struct license *license_r);

enum license_status { LICENSE_ANY, LICENSE_ACTIVE, LICENSE_EXPIRED, LICENSE_REVOKED };
struct license_filter {
	struct uuid app_id, user_id, tenant_id; /* nil: of any owner */
	enum license_status status;
	int64_t now;
};
/* Those that fit, newest first, whole: fills the listing, whose row is row. Where no index leads to them it looks at
 * LICENSE_WINDOW licenses and no more (listing's down_to). */
enum { LICENSE_WINDOW = 2000 };
MUST_USE int license_sql_list(
	struct db_tx *tx, const struct license_filter *filter, struct listing *listing, struct license *row);

/* Each: how many rows it changed, 0 or 1. */
/* Seats, end, owners, entitlements, metadata. */
MUST_USE int license_sql_update(struct db_tx *tx, const struct license *license);
/* Another key takes the place of the present one. */
MUST_USE int license_sql_rekey(struct db_tx *tx, const struct license *license, const struct license_name *name);
/* Unless it is revoked. */
MUST_USE int license_sql_revoke(
	struct db_tx *tx, struct uuid app_id, struct uuid license_id, struct text reason, int64_t now);
/* How many licenses the user, or the tenant, owned. */
MUST_USE int license_sql_forget_user(struct db_tx *tx, struct uuid app_id, struct uuid user_id);
MUST_USE int license_sql_forget_tenant(struct db_tx *tx, struct uuid app_id, struct uuid tenant_id);

#endif
