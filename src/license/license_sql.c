#include "license/license_sql.h"

#include "base/buf.h"

#define ALL_COLUMNS LICENSE_SQL_COLUMNS("") ", metadata, revoke_reason"
#define INTO(license) COLS(LICENSE_SQL_COLS(license), COL_TEXT((license).metadata), COL_TEXT((license).revoke_reason))
#define BY_ID " WHERE app_id = $1 AND license_id = $2"
#define CHANGED "version = version + 1"

/* Rows of what was packed into texts: i counts from 0 to below $2. */
static struct db_stmt insert =
	DB_STMT("WITH RECURSIVE place(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM place WHERE i + 1 < $2)"
		" INSERT INTO licenses (app_id, license_id, key_mac, key_hint, created_at, expires_at, max_activations,"
		" user_id, tenant_id, entitlements, metadata)"
		" SELECT $1, substr($3, i * 16 + 1, 16), substr($4, i * 32 + 1, 32),"
		" substr($5, i * CAST($6 AS INTEGER) + 1, CAST($6 AS INTEGER)), $7, $8, $9, CAST($10 AS BLOB), "
		"CAST($11 AS BLOB),"
		" CAST($12 AS TEXT), CAST($13 AS TEXT) FROM place");
_Static_assert(sizeof(struct uuid) == 16 && MAC_SIZE == 32, "the statement above says so");
static struct db_stmt find = DB_STMT("SELECT license_id FROM licenses WHERE app_id = $1 AND key_mac = $2");
static struct db_stmt get = DB_STMT("SELECT " ALL_COLUMNS " FROM licenses" BY_ID);
static struct db_stmt hold = DB_STMT("UPDATE licenses SET version = version" BY_ID " RETURNING " ALL_COLUMNS);
static struct db_stmt update =
	DB_STMT("UPDATE licenses SET max_activations = $3, expires_at = $4, user_id = $5, tenant_id = $6,"
		" entitlements = $7, metadata = $8, " CHANGED BY_ID);
static struct db_stmt rekey = DB_STMT("UPDATE licenses SET key_mac = $3, key_hint = $4, " CHANGED BY_ID);
static struct db_stmt revoke =
	DB_STMT("UPDATE licenses SET revoked_at = $3, revoke_reason = $4, " CHANGED BY_ID " AND revoked_at = 0");
/* The subquery needs its index alone; see session_sql_end_all. */
#define FORGET(owner)                                                                                                  \
	DB_STMT("UPDATE licenses SET " owner " = NULL, " CHANGED " WHERE app_id = $1 AND license_id IN"                \
		" (SELECT license_id FROM licenses WHERE app_id = $1 AND " owner " = $2) AND " owner " = $2")
static struct db_stmt forget_user = FORGET("user_id"), forget_tenant = FORGET("tenant_id");

static struct db_arg id_or_null(const struct uuid *id)
{
	return uuid_is_nil(*id) ? ARG_NULL : ARG_BYTES(*id);
}

int license_sql_insert(
	struct db_tx *tx, const struct license_issued *issued, const struct license_name *names, int64_t count)
{
	const struct license *first = &issued->license;
	const size_t n = (size_t)count;
	struct buf ids, macs, hints;
	buf_init(&ids, db_tx_arena(tx), n * sizeof first->license_id);
	buf_init(&macs, db_tx_arena(tx), n * sizeof names->mac);
	buf_init(&hints, db_tx_arena(tx), n * first->key_hint.n);
	for (size_t i = 0; i < n; i++) {
		MUST(issued[i].license.key_hint.n == first->key_hint.n);
		buf_add(&ids, text_bytes(&issued[i].license.license_id, sizeof first->license_id));
		buf_add(&macs, text_bytes(names[i].mac, sizeof names->mac));
		buf_add(&hints, issued[i].license.key_hint);
	}
	return db_exec(tx, &insert,
		ARGS(ARG_BYTES(first->app_id), ARG_INT(count), ARG_BLOB_TEXT(buf_text(&ids)),
			ARG_BLOB_TEXT(buf_text(&macs)), ARG_TEXT(buf_text(&hints)), ARG_INT((int64_t)first->key_hint.n),
			ARG_INT(first->created_at), ARG_INT(first->expires_at), ARG_INT(first->max_activations),
			id_or_null(&first->user_id), id_or_null(&first->tenant_id), ARG_TEXT(first->entitlements),
			ARG_TEXT(first->metadata)));
}

enum db_found license_sql_find(
	struct db_tx *tx, struct uuid app_id, const struct license_name *name, struct uuid *license_id_r)
{
	return db_one(tx, &find, ARGS(ARG_BYTES(app_id), ARG_BYTES(name->mac)), COLS(COL_BYTES(*license_id_r)));
}

enum db_found license_sql_get(struct db_tx *tx, struct uuid app_id, struct uuid license_id, struct license *license_r)
{
	return db_one(tx, &get, ARGS(ARG_BYTES(app_id), ARG_BYTES(license_id)), INTO(*license_r));
}

enum db_found license_sql_hold(struct db_tx *tx, struct uuid app_id, struct uuid license_id, struct license *license_r)
{
	return db_one(tx, &hold, ARGS(ARG_BYTES(app_id), ARG_BYTES(license_id)), INTO(*license_r));
}

int license_sql_update(struct db_tx *tx, const struct license *license)
{
	return db_exec(tx, &update,
		ARGS(ARG_BYTES(license->app_id), ARG_BYTES(license->license_id), ARG_INT(license->max_activations),
			ARG_INT(license->expires_at), id_or_null(&license->user_id), id_or_null(&license->tenant_id),
			ARG_TEXT(license->entitlements), ARG_TEXT(license->metadata)));
}

int license_sql_rekey(struct db_tx *tx, const struct license *license, const struct license_name *name)
{
	return db_exec(tx, &rekey,
		ARGS(ARG_BYTES(license->app_id), ARG_BYTES(license->license_id), ARG_BYTES(name->mac),
			ARG_TEXT(license->key_hint)));
}

int license_sql_revoke(struct db_tx *tx, struct uuid app_id, struct uuid license_id, struct text reason, int64_t now)
{
	return db_exec(tx, &revoke, ARGS(ARG_BYTES(app_id), ARG_BYTES(license_id), ARG_INT(now), ARG_TEXT(reason)));
}

int license_sql_forget_user(struct db_tx *tx, struct uuid app_id, struct uuid user_id)
{
	return db_exec(tx, &forget_user, ARGS(ARG_BYTES(app_id), ARG_BYTES(user_id)));
}

int license_sql_forget_tenant(struct db_tx *tx, struct uuid app_id, struct uuid tenant_id)
{
	return db_exec(tx, &forget_tenant, ARGS(ARG_BYTES(app_id), ARG_BYTES(tenant_id)));
}

/* ---- lists ---- */

/* A statement for each filter, so that each finds its index. $4, the time, stands in all of them. */
#define LIST(condition)                                                                                                \
	DB_STMT("SELECT " ALL_COLUMNS " FROM licenses WHERE app_id = $1 AND license_id < $2 AND " condition            \
		" ORDER BY license_id DESC LIMIT $3")
enum owner { ANYBODY, USER, TENANT, BOTH, OWNER_COUNT };
#define OF_EACH_OWNER(condition, window)                                                                               \
	{                                                                                                              \
		[ANYBODY] = LIST(condition window), [USER] = LIST(condition " AND user_id = $5"),                      \
		[TENANT] = LIST(condition " AND tenant_id = $5"),                                                      \
		[BOTH] = LIST(condition " AND user_id = $5 AND tenant_id = $6"),                                       \
	}
#define WINDOW " AND license_id >= $5"
static struct db_stmt lists[][OWNER_COUNT] = {
	[LICENSE_ANY] = OF_EACH_OWNER("$4 >= 0", ""),
	[LICENSE_ACTIVE] = OF_EACH_OWNER("revoked_at = 0 AND (expires_at = 0 OR expires_at > $4)", WINDOW),
	[LICENSE_EXPIRED] = OF_EACH_OWNER("revoked_at = 0 AND expires_at > 0 AND expires_at <= $4", WINDOW),
	[LICENSE_REVOKED] = OF_EACH_OWNER("revoked_at > 0 AND $4 >= 0", ""),
};
static struct db_stmt last_of_window = DB_STMT("SELECT license_id FROM licenses WHERE app_id = $1 AND license_id < $2"
					       " ORDER BY license_id DESC LIMIT 1 OFFSET $3");

int license_sql_list(
	struct db_tx *tx, const struct license_filter *filter, struct listing *listing, struct license *row)
{
	const bool by_user = !uuid_is_nil(filter->user_id), by_tenant = !uuid_is_nil(filter->tenant_id);
	const enum owner owner = by_user ? (by_tenant ? BOTH : USER) : by_tenant ? TENANT : ANYBODY;
	/* the times are in no index: a page looks at so many licenses of the app */
	const bool windowed =
		owner == ANYBODY && (filter->status == LICENSE_ACTIVE || filter->status == LICENSE_EXPIRED);
	if (windowed && db_one(tx, &last_of_window,
				ARGS(ARG_BYTES(filter->app_id), LISTING_BEFORE(listing), ARG_INT(LICENSE_WINDOW - 1)),
				COLS(COL_BYTES(listing->down_to))) == DB_FAULT)
		return -1;
	const struct uuid *first = by_user ? &filter->user_id : by_tenant ? &filter->tenant_id : &listing->down_to;
	const struct db_arg args[] = {ARG_BYTES(filter->app_id), LISTING_BEFORE(listing), LISTING_ROWS(listing),
		ARG_INT(filter->now), ARG_BYTES(*first), ARG_BYTES(filter->tenant_id)};
	return db_each(tx, &lists[filter->status][owner], args,
		4 + (size_t)windowed + (size_t)by_user + (size_t)by_tenant, INTO(*row), listing_add, listing);
}
