#include "tenant/tenant_sql.h"

#define COLUMNS "tenant_id, name, slug, created_at"
#define INTO(row) COLS(COL_BYTES((row)->id), COL_TEXT((row)->name), COL_TEXT((row)->slug), COL_INT((row)->created_at))

static struct db_stmt insert = DB_STMT("INSERT INTO tenants (app_id, tenant_id, name, slug, created_at)"
				       " VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING");
static struct db_stmt get = DB_STMT("SELECT " COLUMNS " FROM tenants WHERE app_id = $1 AND tenant_id = $2");
static struct db_stmt hold =
	DB_STMT("SELECT created_at FROM tenants WHERE app_id = $1 AND tenant_id = $2 FOR KEY SHARE");
static struct db_stmt each = DB_STMT("SELECT " COLUMNS " FROM tenants WHERE app_id = $1 AND tenant_id < $2"
				     " ORDER BY tenant_id DESC LIMIT $3");
static struct db_stmt update =
	DB_STMT("UPDATE tenants SET name = COALESCE($3, name), slug = CASE WHEN $4 = 1 THEN $5 ELSE slug END"
		" WHERE app_id = $1 AND tenant_id = $2 AND NOT EXISTS"
		" (SELECT 1 FROM tenants other WHERE other.app_id = $1 AND other.slug = $5 AND other.tenant_id <> $2)"
		" RETURNING " COLUMNS);
static struct db_stmt delete = DB_STMT("DELETE FROM tenants WHERE app_id = $1 AND tenant_id = $2");

int tenant_sql_insert(struct db_tx *tx, struct uuid app_id, const struct tenant *tenant)
{
	return db_exec(tx, &insert,
		ARGS(ARG_BYTES(app_id), ARG_BYTES(tenant->id), ARG_TEXT(tenant->name), ARG_TEXT(tenant->slug),
			ARG_INT(tenant->created_at)));
}

enum db_found tenant_sql_get(struct db_tx *tx, struct uuid app_id, struct uuid tenant_id, struct tenant *tenant_r)
{
	return db_one(tx, &get, ARGS(ARG_BYTES(app_id), ARG_BYTES(tenant_id)), INTO(tenant_r));
}

enum db_found tenant_sql_hold(struct db_tx *tx, struct uuid app_id, struct uuid tenant_id)
{
	int64_t created_at;
	return db_one(tx, &hold, ARGS(ARG_BYTES(app_id), ARG_BYTES(tenant_id)), COLS(COL_INT(created_at)));
}

int tenant_sql_each(struct db_tx *tx, struct uuid app_id, struct tenant *row, struct listing *listing)
{
	return db_each(tx, &each, ARGS(ARG_BYTES(app_id), LISTING_BEFORE(listing), LISTING_ROWS(listing)), INTO(row),
		listing_add, listing);
}

enum db_found tenant_sql_update(struct db_tx *tx, struct uuid app_id, struct uuid tenant_id,
	const struct tenant_change *change, struct tenant *tenant_r)
{
	return db_one(tx, &update,
		ARGS(ARG_BYTES(app_id), ARG_BYTES(tenant_id), ARG_TEXT(change->name), ARG_INT(change->sets_slug),
			ARG_TEXT(change->slug)),
		INTO(tenant_r));
}

int tenant_sql_delete(struct db_tx *tx, struct uuid app_id, struct uuid tenant_id)
{
	return db_exec(tx, &delete, ARGS(ARG_BYTES(app_id), ARG_BYTES(tenant_id)));
}
