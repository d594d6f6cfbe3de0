#include "app/app_sql.h"

#define COLUMNS "app_id, name, created_at, secret_mac, old_secret_mac, old_secret_until, settings"
#define INTO(row)                                                                                                      \
	COLS(COL_BYTES((row)->id), COL_TEXT((row)->name), COL_INT((row)->created_at), COL_BLOB((row)->secret_mac),     \
		COL_BLOB((row)->old_secret_mac), COL_INT((row)->old_secret_until), COL_TEXT((row)->settings))

static struct db_stmt insert = DB_STMT("INSERT INTO apps (app_id, name, created_at, changed_at, secret_mac, settings) "
				       "VALUES ($1, $2, $3, $3, $4, $5)");
static struct db_stmt update = DB_STMT("UPDATE apps SET name = $2, settings = $3, changed_at = $4 WHERE app_id = $1");
static struct db_stmt rotate = DB_STMT("UPDATE apps SET old_secret_mac = secret_mac, old_secret_until = $3,"
				       " secret_mac = $2, changed_at = $4 WHERE app_id = $1");
static struct db_stmt get = DB_STMT("SELECT " COLUMNS " FROM apps WHERE app_id = $1");
static struct db_stmt all = DB_STMT("SELECT " COLUMNS " FROM apps ORDER BY app_id DESC");
static struct db_stmt version = DB_STMT("SELECT version FROM versions WHERE name = 'apps'");
static struct db_stmt raise = DB_STMT("UPDATE versions SET version = version + 1 WHERE name = 'apps'");

int app_sql_insert(struct op *op, const struct app_row *row)
{
	return db_exec(op->tx, &insert,
		ARGS(ARG_BYTES(row->id), ARG_TEXT(row->name), ARG_INT(row->created_at), ARG_BLOB_TEXT(row->secret_mac),
			ARG_TEXT(row->settings)));
}

int app_sql_update(struct op *op, const struct app_row *row)
{
	return db_exec(op->tx, &update,
		ARGS(ARG_BYTES(row->id), ARG_TEXT(row->name), ARG_TEXT(row->settings), ARG_INT(op->now)));
}

int app_sql_rotate(struct op *op, const struct app_row *row)
{
	return db_exec(op->tx, &rotate,
		ARGS(ARG_BYTES(row->id), ARG_BLOB_TEXT(row->secret_mac), ARG_INT(row->old_secret_until),
			ARG_INT(op->now)));
}

enum db_found app_sql_get(struct db_tx *tx, struct uuid id, struct app_row *row_r)
{
	return db_one(tx, &get, ARGS(ARG_BYTES(id)), INTO(row_r));
}

int app_sql_each(struct db_tx *tx, struct app_row *row, int (*each)(void *context), void *context)
{
	return db_each(tx, &all, NO_ARGS, INTO(row), each, context);
}

enum db_found app_sql_version(struct db_tx *tx, int64_t *version_r)
{
	return db_one(tx, &version, NO_ARGS, COLS(COL_INT(*version_r)));
}

int app_sql_raise_version(struct db_tx *tx)
{
	return db_exec(tx, &raise, NO_ARGS);
}
