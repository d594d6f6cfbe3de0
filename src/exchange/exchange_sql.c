#include "exchange/exchange_sql.h"

#include "core/prune.h"

static struct db_stmt insert =
	DB_STMT("INSERT INTO exchange_codes (code_mac, app_id, loose, challenge, user_id, is_new, tenant_id, amr,"
		" auth_time, session_end, from_session, created_at, expires_at, sign_outs)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT DO NOTHING");
static struct db_stmt get = DB_STMT(
	"SELECT app_id, loose, challenge, user_id, is_new, tenant_id, amr, auth_time, session_end, from_session,"
	" created_at, expires_at, used_at, sign_outs FROM exchange_codes WHERE code_mac = $1");
static struct db_stmt use =
	DB_STMT("UPDATE exchange_codes SET used_at = $2 WHERE code_mac = $1 AND used_at = 0 AND expires_at > $2");
static struct db_stmt count_loose = DB_STMT("SELECT COUNT(*) FROM (SELECT 1 FROM exchange_codes"
					    " WHERE loose = 1 AND used_at = 0 AND expires_at > $1 LIMIT $2) AS alive");
static struct db_stmt end_all =
	DB_STMT("UPDATE exchange_codes SET expires_at = created_at WHERE used_at = 0 AND expires_at > created_at");
static struct db_stmt prune = DB_STMT("DELETE FROM exchange_codes WHERE code_mac IN"
				      " (SELECT code_mac FROM exchange_codes WHERE expires_at < $1 LIMIT $2)");

static struct db_arg id_or_null(const struct uuid *id)
{
	return uuid_is_nil(*id) ? ARG_NULL : ARG_BYTES(*id);
}

int exchange_sql_insert(struct db_tx *tx, const struct exchange_row *row)
{
	const struct grant *grant = &row->grant;
	return db_exec(tx, &insert,
		ARGS(ARG_BYTES(row->code_mac), ARG_BYTES(grant->app_id), ARG_INT(row->loose), ARG_TEXT(row->challenge),
			ARG_BYTES(grant->user_id), ARG_INT(grant->is_new), id_or_null(&grant->tenant_id),
			ARG_TEXT(grant->amr), ARG_INT(grant->auth_time), ARG_INT(grant->expires_at),
			id_or_null(&row->from_session), ARG_INT(row->created_at), ARG_INT(row->expires_at),
			ARG_INT(grant->sign_outs)));
}

enum db_found exchange_sql_get(struct db_tx *tx, const uint8_t code_mac[static MAC_SIZE], struct exchange_row *row_r)
{
	struct exchange_row row = {0};
	struct grant *grant = &row.grant;
	int64_t loose = 0, is_new = 0;
	memcpy(row.code_mac, code_mac, MAC_SIZE);
	const enum db_found found = db_one(tx, &get, ARGS(ARG_BYTES(row.code_mac)),
		COLS(COL_BYTES(grant->app_id), COL_INT(loose), COL_TEXT(row.challenge), COL_BYTES(grant->user_id),
			COL_INT(is_new), COL_BYTES(grant->tenant_id), COL_TEXT(grant->amr), COL_INT(grant->auth_time),
			COL_INT(grant->expires_at), COL_BYTES(row.from_session), COL_INT(row.created_at),
			COL_INT(row.expires_at), COL_INT(row.used_at), COL_INT(grant->sign_outs)));
	if (found != DB_ROW)
		return found;
	row.loose = loose;
	grant->is_new = is_new;
	*row_r = row;
	return found;
}

int exchange_sql_use(struct db_tx *tx, const uint8_t code_mac[static MAC_SIZE], int64_t now)
{
	return db_exec(tx, &use, ARGS(ARG_BLOB(code_mac, MAC_SIZE), ARG_INT(now)));
}

enum db_found exchange_sql_count_loose(struct db_tx *tx, int64_t now, int64_t most, int64_t *count_r)
{
	return db_one(tx, &count_loose, ARGS(ARG_INT(now), ARG_INT(most)), COLS(COL_INT(*count_r)));
}

int exchange_sql_void(struct db_tx *tx)
{
	return db_exec(tx, &end_all, NO_ARGS);
}

int exchange_sql_prune(struct db_tx *tx, int64_t expired_before)
{
	return db_exec(tx, &prune, ARGS(ARG_INT(expired_before), ARG_INT(PRUNE_ROWS)));
}
