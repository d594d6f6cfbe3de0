#include "deliver/outbox_sql.h"

static struct db_stmt insert = DB_STMT("INSERT INTO outbox (app_id, message_id, expires_at, claimed_until, sealed)"
				       " VALUES ($1, $2, $3, $4, $5)");
static struct db_stmt erase = DB_STMT("DELETE FROM outbox WHERE app_id = $1 AND message_id = $2");
static struct db_stmt release = DB_STMT("UPDATE outbox SET claimed_until = $4, tries = $5"
					" WHERE app_id = $1 AND message_id = $2 AND claimed_until = $3");
static struct db_stmt expire = DB_STMT("DELETE FROM outbox WHERE claimed_until <= $2 AND expires_at <= $1");
static struct db_stmt erase_all = DB_STMT("DELETE FROM outbox");
static struct db_stmt claim =
	DB_STMT("UPDATE outbox SET claimed_until = $2 WHERE claimed_until <= $1 AND (app_id, message_id) IN"
		" (SELECT app_id, message_id FROM outbox WHERE claimed_until <= $1 ORDER BY claimed_until LIMIT $3)"
		" RETURNING app_id, message_id, expires_at, claimed_until, tries, sealed");

int outbox_sql_insert(struct db_tx *tx, const struct outbox_row *row)
{
	return db_exec(tx, &insert,
		ARGS(ARG_BYTES(row->app_id), ARG_BYTES(row->message_id), ARG_INT(row->expires_at),
			ARG_INT(row->claimed_until), ARG_BLOB_TEXT(row->sealed)));
}

int outbox_sql_erase(struct db_tx *tx, struct uuid app_id, struct uuid message_id)
{
	return db_exec(tx, &erase, ARGS(ARG_BYTES(app_id), ARG_BYTES(message_id)));
}

int outbox_sql_release(struct db_tx *tx, const struct outbox_row *row, int64_t free_at)
{
	return db_exec(tx, &release,
		ARGS(ARG_BYTES(row->app_id), ARG_BYTES(row->message_id), ARG_INT(row->claimed_until), ARG_INT(free_at),
			ARG_INT(row->tries)));
}

int outbox_sql_expire(struct db_tx *tx, int64_t now, int64_t free_before)
{
	return db_exec(tx, &expire, ARGS(ARG_INT(now), ARG_INT(free_before)));
}

int outbox_sql_void(struct db_tx *tx)
{
	return db_exec(tx, &erase_all, NO_ARGS);
}

int outbox_sql_claim(struct db_tx *tx, int64_t free_before, int64_t claimed_until, int64_t at_most,
	struct outbox_row *row, int (*each)(void *context), void *context)
{
	return db_each(tx, &claim, ARGS(ARG_INT(free_before), ARG_INT(claimed_until), ARG_INT(at_most)),
		COLS(COL_BYTES(row->app_id), COL_BYTES(row->message_id), COL_INT(row->expires_at),
			COL_INT(row->claimed_until), COL_INT(row->tries), COL_BLOB(row->sealed)),
		each, context);
}
