#include "signin/signin_sql.h"

#include "core/prune.h"

int signin_sql_remember(
	struct db_tx *tx, struct uuid app_id, const uint8_t source[static MAC_SIZE], int64_t now, int64_t fresh_after)
{
	static struct db_stmt remember = DB_STMT(
		"INSERT INTO proven_sources (app_id, source_mac, proven_at) VALUES ($1, $2, $3) "
		"ON CONFLICT (app_id, source_mac) DO UPDATE SET proven_at = $3 WHERE proven_sources.proven_at < $4");
	return db_exec(
		tx, &remember, ARGS(ARG_BYTES(app_id), ARG_BLOB(source, MAC_SIZE), ARG_INT(now), ARG_INT(fresh_after)));
}

enum db_found signin_sql_proven_at(
	struct db_tx *tx, struct uuid app_id, const uint8_t source[static MAC_SIZE], int64_t *proven_at_r)
{
	static struct db_stmt find =
		DB_STMT("SELECT proven_at FROM proven_sources WHERE app_id = $1 AND source_mac = $2");
	return db_one(tx, &find, ARGS(ARG_BYTES(app_id), ARG_BLOB(source, MAC_SIZE)), COLS(COL_INT(*proven_at_r)));
}

int signin_sql_prune(struct db_tx *tx, int64_t proven_before)
{
	static struct db_stmt prune =
		DB_STMT("DELETE FROM proven_sources WHERE (app_id, source_mac) IN "
			"(SELECT app_id, source_mac FROM proven_sources WHERE proven_at < $1 LIMIT $2)");
	return db_exec(tx, &prune, ARGS(ARG_INT(proven_before), ARG_INT(PRUNE_ROWS)));
}
