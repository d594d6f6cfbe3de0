#include "signin/signin_sql.h"

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

enum db_found signin_sql_walk(
	struct db_tx *tx, const struct signin_source *from, int64_t count, struct signin_source *to_r)
{
	static struct db_stmt walk =
		DB_STMT("SELECT app_id, source_mac FROM proven_sources WHERE (app_id, source_mac) > ($1, $2) "
			"ORDER BY app_id, source_mac LIMIT 1 OFFSET $3");
	return db_one(tx, &walk, ARGS(ARG_BYTES(from->app_id), ARG_BYTES(from->source), ARG_INT(count - 1)),
		COLS(COL_BYTES(to_r->app_id), COL_BYTES(to_r->source)));
}

#define PRUNE_BEHIND "DELETE FROM proven_sources WHERE proven_at < $3 AND (app_id, source_mac) > ($1, $2)"

int signin_sql_prune(
	struct db_tx *tx, const struct signin_source *from, const struct signin_source *to, int64_t proven_before)
{
	static struct db_stmt to_place = DB_STMT(PRUNE_BEHIND " AND (app_id, source_mac) <= ($4, $5)"),
			      to_end = DB_STMT(PRUNE_BEHIND);
	if (!to)
		return db_exec(
			tx, &to_end, ARGS(ARG_BYTES(from->app_id), ARG_BYTES(from->source), ARG_INT(proven_before)));
	return db_exec(tx, &to_place,
		ARGS(ARG_BYTES(from->app_id), ARG_BYTES(from->source), ARG_INT(proven_before), ARG_BYTES(to->app_id),
			ARG_BYTES(to->source)));
}
