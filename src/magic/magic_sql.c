#include "magic/magic_sql.h"

#include "core/prune.h"

#define COLUMNS                                                                                                        \
	"app_id, link_id, tenant_id, way, bound, contact, contact_spelling, redirect_uri, state, locale, challenge,"   \
	" ip, user_agent, token_mac, flow_mac, code_mac, code_tries, created_at, expires_at, approved_at, used_at"
/* Where each goes; way and bound arrive as numbers. */
#define INTO(link, way, bound)                                                                                         \
	COLS(COL_BYTES((link).app_id), COL_BYTES((link).link_id), COL_BYTES((link).tenant_id), COL_INT(way),           \
		COL_INT(bound), COL_TEXT((link).contact.canonical), COL_TEXT((link).contact.spelling),                 \
		COL_TEXT((link).redirect_uri), COL_TEXT((link).state), COL_TEXT((link).locale),                        \
		COL_TEXT((link).challenge), COL_TEXT((link).ip), COL_TEXT((link).user_agent),                          \
		COL_BLOB((link).token_mac), COL_BLOB((link).flow_mac), COL_BLOB((link).code_mac),                      \
		COL_INT((link).code_tries), COL_INT((link).created_at), COL_INT((link).expires_at),                    \
		COL_INT((link).approved_at), COL_INT((link).used_at))
#define IF_LIVE " WHERE app_id = $1 AND link_id = $2 AND used_at = 0 AND expires_at > $3"

static struct db_stmt insert = DB_STMT(
	"INSERT INTO magic_links (app_id, link_id, tenant_id, way, bound, contact, contact_spelling, redirect_uri,"
	" state, locale, challenge, ip, user_agent, token_mac, flow_mac, code_mac, created_at, expires_at)"
	" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)");
static struct db_stmt by_token = DB_STMT("SELECT " COLUMNS " FROM magic_links WHERE token_mac = $1");
static struct db_stmt by_id = DB_STMT("SELECT " COLUMNS " FROM magic_links WHERE app_id = $1 AND link_id = $2");
static struct db_stmt use = DB_STMT("UPDATE magic_links SET used_at = $3" IF_LIVE);
static struct db_stmt approve = DB_STMT("UPDATE magic_links SET approved_at = $3" IF_LIVE " AND approved_at = 0");
/* For operations that took their time before this one, and on nodes whose clock is behind, it must be over too. */
static struct db_stmt kill =
	DB_STMT("UPDATE magic_links SET expires_at = CASE WHEN created_at < $3 THEN created_at ELSE $3 END" IF_LIVE);
static struct db_stmt try_code =
	DB_STMT("UPDATE magic_links SET code_tries = code_tries + CASE WHEN code_mac = $4 THEN 0 ELSE 1 END,"
		" used_at = CASE WHEN code_mac = $4 AND tenant_id IS NULL THEN $3 ELSE 0 END" IF_LIVE
		" AND flow_mac = $5 AND code_tries < $6 RETURNING " COLUMNS);
static struct db_stmt end_all =
	DB_STMT("UPDATE magic_links SET expires_at = created_at WHERE used_at = 0 AND expires_at > created_at");
static struct db_stmt prune = DB_STMT("DELETE FROM magic_links WHERE (app_id, link_id) IN"
				      " (SELECT app_id, link_id FROM magic_links WHERE expires_at < $1 LIMIT $2)");

int magic_sql_insert(struct op *op, const struct magic_link *link)
{
	const struct uuid *tenant = &link->tenant_id;
	return db_exec(op->tx, &insert,
		ARGS(ARG_BYTES(link->app_id), ARG_BYTES(link->link_id),
			uuid_is_nil(*tenant) ? ARG_NULL : ARG_BYTES(*tenant), ARG_INT(link->way), ARG_INT(link->bound),
			ARG_TEXT(link->contact.canonical), ARG_TEXT(link->contact.spelling),
			ARG_TEXT(link->redirect_uri), ARG_TEXT(link->state), ARG_TEXT(link->locale),
			ARG_TEXT(link->challenge), ARG_TEXT(link->ip), ARG_TEXT(link->user_agent),
			ARG_BLOB_TEXT(link->token_mac), ARG_BLOB_TEXT(link->flow_mac), ARG_BLOB_TEXT(link->code_mac),
			ARG_INT(link->created_at), ARG_INT(link->expires_at)));
}

/* The first row of a statement that answers COLUMNS. */
static enum db_found one(
	struct op *op, struct db_stmt *stmt, const struct db_arg *args, size_t count, struct magic_link *link_r)
{
	int64_t way = 0, bound = 0;
	struct magic_link link = {.contact.kind = CONTACT_EMAIL};
	const enum db_found found = db_one(op->tx, stmt, args, count, INTO(link, way, bound));
	if (found != DB_ROW)
		return found;
	link.way = (enum magic_way)way;
	link.bound = bound != 0;
	*link_r = link;
	return found;
}

enum db_found magic_sql_by_token(struct op *op, struct text token_mac, struct magic_link *link_r)
{
	return one(op, &by_token, ARGS(ARG_BLOB_TEXT(token_mac)), link_r);
}

enum db_found magic_sql_by_id(struct op *op, struct uuid app_id, struct uuid link_id, struct magic_link *link_r)
{
	return one(op, &by_id, ARGS(ARG_BYTES(app_id), ARG_BYTES(link_id)), link_r);
}

/* use, approve, kill: what they have in common is who and when. */
static int change(struct op *op, struct db_stmt *stmt, const struct magic_link *link)
{
	return db_exec(op->tx, stmt, ARGS(ARG_BYTES(link->app_id), ARG_BYTES(link->link_id), ARG_INT(op->now)));
}

int magic_sql_use(struct op *op, const struct magic_link *link)
{
	return change(op, &use, link);
}

int magic_sql_approve(struct op *op, const struct magic_link *link)
{
	return change(op, &approve, link);
}

int magic_sql_kill(struct op *op, const struct magic_link *link)
{
	return change(op, &kill, link);
}

enum db_found magic_sql_try_code(
	struct op *op, const struct magic_link *asked, int64_t max_tries, struct magic_link *link_r)
{
	return one(op, &try_code,
		ARGS(ARG_BYTES(asked->app_id), ARG_BYTES(asked->link_id), ARG_INT(op->now),
			ARG_BLOB_TEXT(asked->code_mac), ARG_BLOB_TEXT(asked->flow_mac), ARG_INT(max_tries)),
		link_r);
}

int magic_sql_void(struct db_tx *tx)
{
	return db_exec(tx, &end_all, NO_ARGS);
}

int magic_sql_prune(struct db_tx *tx, int64_t expired_before)
{
	return db_exec(tx, &prune, ARGS(ARG_INT(expired_before), ARG_INT(PRUNE_ROWS)));
}
