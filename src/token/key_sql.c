#include "token/key_sql.h"

/* Keys belong to the whole house. */
static const struct uuid HOUSE = {{0}};

enum db_found key_sql_version(struct db_tx *tx, int64_t *version_r)
{
	static struct db_stmt version = DB_STMT("SELECT version FROM versions WHERE name = 'signing_keys'");
	return db_one(tx, &version, NO_ARGS, COLS(COL_INT(*version_r)));
}

int key_sql_begin_change(struct db_tx *tx)
{
	static struct db_stmt raise = DB_STMT("UPDATE versions SET version = version + 1 WHERE name = 'signing_keys'");
	return db_exec(tx, &raise, NO_ARGS);
}

struct list {
	struct arena *arena;
	struct key_row row; /* the one being read; its kind arrives as a number */
	int64_t kind;
	struct key_row **end;
};

static int add_row(void *context)
{
	struct list *list = context;
	struct key_row *row = ARENA_NEW(list->arena, struct key_row);
	*row = list->row;
	row->kind = (enum key_kind)list->kind;
	row->kid = arena_copy(list->arena, row->kid);
	row->sealed = arena_copy(list->arena, row->sealed);
	*list->end = row;
	list->end = &row->next;
	return 0;
}

int key_sql_list(struct db_tx *tx, struct arena *arena, int64_t now, struct key_row **rows_r)
{
	static struct db_stmt select =
		DB_STMT("SELECT kid, kind, created_at, active_at, retired_at, gone_at, sealed_key FROM signing_keys "
			"WHERE app_id = $1 AND (gone_at = 0 OR gone_at > $2) ORDER BY active_at, kid");
	struct key_row *rows = NULL;
	struct list list = {.arena = arena, .end = &rows};
	struct key_times *times = &list.row.times;
	const int count = db_each(tx, &select, ARGS(ARG_BYTES(HOUSE), ARG_INT(now)),
		COLS(COL_TEXT(list.row.kid), COL_INT(list.kind), COL_INT(times->created_at), COL_INT(times->active_at),
			COL_INT(times->retired_at), COL_INT(times->gone_at), COL_BLOB(list.row.sealed)),
		add_row, &list);
	if (count >= 0)
		*rows_r = rows;
	return count;
}

int key_sql_insert(struct db_tx *tx, const struct key_row *row)
{
	static struct db_stmt insert = DB_STMT(
		"INSERT INTO signing_keys (app_id, kid, created_at, active_at, retired_at, gone_at, sealed_key, kind) "
		"VALUES ($1, $2, $3, $4, $5, $6, $7, $8)");
	const struct key_times *times = &row->times;
	return db_exec(tx, &insert,
		ARGS(ARG_BYTES(HOUSE), ARG_TEXT(row->kid), ARG_INT(times->created_at), ARG_INT(times->active_at),
			ARG_INT(times->retired_at), ARG_INT(times->gone_at), ARG_BLOB_TEXT(row->sealed),
			ARG_INT(row->kind)));
}

int key_sql_retire_others(struct db_tx *tx, enum key_kind kind, int64_t retired_at, int64_t gone_at)
{
	static struct db_stmt retire =
		DB_STMT("UPDATE signing_keys SET retired_at = $2, gone_at = $3 "
			"WHERE app_id = $1 AND kind = $4 AND (retired_at = 0 OR retired_at > $2)");
	return db_exec(tx, &retire, ARGS(ARG_BYTES(HOUSE), ARG_INT(retired_at), ARG_INT(gone_at), ARG_INT(kind)));
}

int key_sql_activate(struct db_tx *tx, struct text kid, int64_t now)
{
	static struct db_stmt activate =
		DB_STMT("UPDATE signing_keys SET active_at = $3 WHERE app_id = $1 AND kid = $2 AND active_at > $3");
	return db_exec(tx, &activate, ARGS(ARG_BYTES(HOUSE), ARG_TEXT(kid), ARG_INT(now)));
}

int key_sql_drop(struct db_tx *tx, struct text kid, int64_t now)
{
	static struct db_stmt drop = DB_STMT(
		"UPDATE signing_keys SET gone_at = $3, retired_at = CASE WHEN retired_at = 0 OR retired_at > $3 "
		"THEN $3 ELSE retired_at END WHERE app_id = $1 AND kid = $2 AND (gone_at = 0 OR gone_at > $3)");
	return db_exec(tx, &drop, ARGS(ARG_BYTES(HOUSE), ARG_TEXT(kid), ARG_INT(now)));
}

int key_sql_prune(struct db_tx *tx, int64_t gone_before)
{
	static struct db_stmt prune =
		DB_STMT("DELETE FROM signing_keys WHERE app_id = $1 AND gone_at <> 0 AND gone_at < $2");
	return db_exec(tx, &prune, ARGS(ARG_BYTES(HOUSE), ARG_INT(gone_before)));
}
