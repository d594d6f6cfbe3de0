#include "core/epoch_sql.h"

#include "core/id.h"

/* Epochs belong to the whole house. */
static const struct uuid HOUSE = {{0}};

enum db_found epoch_sql_latest(struct db_tx *tx, int64_t *started_at_r)
{
	static struct db_stmt latest =
		DB_STMT("SELECT started_at FROM epochs WHERE app_id = $1 ORDER BY started_at DESC LIMIT 1");
	return db_one(tx, &latest, ARGS(ARG_BYTES(HOUSE)), COLS(COL_INT(*started_at_r)));
}

#define MARK(how)                                                                                                      \
	"DELETE FROM versions WHERE name = 'epoch_due';"                                                               \
	"INSERT INTO versions (name, version) VALUES ('epoch_due', " how ");"
const char *const epoch_sql_mark_ending = MARK("1"), *const epoch_sql_mark_keeping = MARK("2");

enum db_found epoch_sql_take_due(struct db_tx *tx, int64_t *how_r)
{
	static struct db_stmt take = DB_STMT("DELETE FROM versions WHERE name = 'epoch_due' RETURNING version");
	return db_one(tx, &take, NO_ARGS, COLS(COL_INT(*how_r)));
}

int epoch_sql_insert(struct db_tx *tx, int64_t started_at, bool kept_sessions)
{
	static struct db_stmt insert =
		DB_STMT("INSERT INTO epochs (app_id, started_at, kept_sessions) VALUES ($1, $2, $3)");
	return db_exec(tx, &insert, ARGS(ARG_BYTES(HOUSE), ARG_INT(started_at), ARG_INT(kept_sessions)));
}
