#include "license/license_order_sql.h"

#include "core/prune.h"

static struct db_stmt get = DB_STMT("SELECT request_mac, seed, prefix, created_at FROM license_orders"
				    " WHERE app_id = $1 AND order_mac = $2 AND created_at > $3");
static struct db_stmt put =
	DB_STMT("INSERT INTO license_orders (app_id, order_mac, request_mac, seed, prefix, created_at)"
		" VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (app_id, order_mac) DO UPDATE"
		" SET request_mac = $3, seed = $4, prefix = $5, created_at = $6 WHERE license_orders.created_at <= $7");
static struct db_stmt prune = DB_STMT("DELETE FROM license_orders WHERE (app_id, order_mac) IN"
				      " (SELECT app_id, order_mac FROM license_orders WHERE created_at < $1 LIMIT $2)");

enum db_found license_order_sql_get(struct db_tx *tx, struct license_order_row *row, int64_t after)
{
	return db_one(tx, &get, ARGS(ARG_BYTES(row->app_id), ARG_BYTES(row->order_mac), ARG_INT(after)),
		COLS(COL_BYTES(row->request_mac), COL_BYTES(row->seed), COL_TEXT(row->prefix),
			COL_INT(row->created_at)));
}

int license_order_sql_put(struct db_tx *tx, const struct license_order_row *row, int64_t after)
{
	return db_exec(tx, &put,
		ARGS(ARG_BYTES(row->app_id), ARG_BYTES(row->order_mac), ARG_BYTES(row->request_mac),
			ARG_BYTES(row->seed), ARG_TEXT(row->prefix), ARG_INT(row->created_at), ARG_INT(after)));
}

int license_order_sql_prune(struct db_tx *tx, int64_t before)
{
	return db_exec(tx, &prune, ARGS(ARG_INT(before), ARG_INT(PRUNE_ROWS)));
}
