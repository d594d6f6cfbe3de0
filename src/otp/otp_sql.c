#include "otp/otp_sql.h"

#include "core/prune.h"

#define COLUMNS                                                                                                        \
	"purpose, contact_kind, contact, contact_spelling, tries, created_at, expires_at, used_at, code_mac, user_id"
/* Where each goes; kind arrives as a number. */
#define INTO(row, kind)                                                                                                \
	COLS(COL_TEXT((row).purpose), COL_INT(kind), COL_TEXT((row).contact.canonical),                                \
		COL_TEXT((row).contact.spelling), COL_INT((row).tries), COL_INT((row).created_at),                     \
		COL_INT((row).expires_at), COL_INT((row).used_at), COL_BLOB((row).code_mac), COL_BYTES((row).user_id))

static struct db_stmt insert = DB_STMT("INSERT INTO otps (app_id, otp_id, purpose, contact_kind, contact,"
				       " contact_spelling, code_mac, created_at, expires_at, user_id)"
				       " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)");
static struct db_stmt get = DB_STMT("SELECT " COLUMNS " FROM otps WHERE app_id = $1 AND otp_id = $2");
static struct db_stmt try =
	DB_STMT("UPDATE otps SET tries = tries + CASE WHEN code_mac = $3 THEN 0 ELSE 1 END,"
		" used_at = CASE WHEN code_mac = $3 THEN $7 ELSE 0 END"
		" WHERE app_id = $1 AND otp_id = $2 AND purpose = $5 AND used_at = 0 AND tries < $6 AND expires_at > $4"
		" RETURNING " COLUMNS);
static struct db_stmt take = DB_STMT("UPDATE otps SET spent_at = $5 WHERE app_id = $1 AND otp_id = $2 AND user_id = $3"
				     " AND purpose = $4 AND used_at <> 0 AND spent_at = 0 RETURNING " COLUMNS);
static struct db_stmt end_all =
	DB_STMT("UPDATE otps SET expires_at = created_at WHERE used_at = 0 AND expires_at > created_at");
static struct db_stmt prune = DB_STMT("DELETE FROM otps WHERE (app_id, otp_id) IN"
				      " (SELECT app_id, otp_id FROM otps WHERE expires_at < $1 LIMIT $2)");

int otp_sql_insert(struct op *op, const struct otp_row *row)
{
	return db_exec(op->tx, &insert,
		ARGS(ARG_BYTES(row->app_id), ARG_BYTES(row->id), ARG_TEXT(row->purpose), ARG_INT(row->contact.kind),
			ARG_TEXT(row->contact.canonical), ARG_TEXT(row->contact.spelling), ARG_BLOB_TEXT(row->code_mac),
			ARG_INT(row->created_at), ARG_INT(row->expires_at),
			uuid_is_nil(row->user_id) ? ARG_NULL : ARG_BYTES(row->user_id)));
}

/* The first row of a statement that answers COLUMNS, with the key that it was asked by. */
static enum db_found one(struct op *op, struct db_stmt *stmt, const struct db_arg *args, size_t count,
	const struct otp_row *asked, struct otp_row *row_r)
{
	int64_t kind = 0;
	struct otp_row row = {.app_id = asked->app_id, .id = asked->id};
	const enum db_found found = db_one(op->tx, stmt, args, count, INTO(row, kind));
	if (found != DB_ROW)
		return found;
	row.contact.kind = (enum contact_kind)kind;
	*row_r = row;
	return found;
}

enum db_found otp_sql_get(struct op *op, const struct otp_row *asked, struct otp_row *row_r)
{
	return one(op, &get, ARGS(ARG_BYTES(asked->app_id), ARG_BYTES(asked->id)), asked, row_r);
}

enum db_found otp_sql_try(struct op *op, const struct otp_row *asked, int64_t max_tries, struct otp_row *row_r)
{
	return one(op, &try,
		ARGS(ARG_BYTES(asked->app_id), ARG_BYTES(asked->id), ARG_BLOB_TEXT(asked->code_mac), ARG_INT(op->now),
			ARG_TEXT(asked->purpose), ARG_INT(max_tries), ARG_INT(asked->used_at)),
		asked, row_r);
}

enum db_found otp_sql_take(struct op *op, const struct otp_row *asked, struct otp_row *row_r)
{
	return one(op, &take,
		ARGS(ARG_BYTES(asked->app_id), ARG_BYTES(asked->id), ARG_BYTES(asked->user_id),
			ARG_TEXT(asked->purpose), ARG_INT(op->now)),
		asked, row_r);
}

int otp_sql_void(struct db_tx *tx)
{
	return db_exec(tx, &end_all, NO_ARGS);
}

int otp_sql_prune(struct db_tx *tx, int64_t expired_before)
{
	return db_exec(tx, &prune, ARGS(ARG_INT(expired_before), ARG_INT(PRUNE_ROWS)));
}
