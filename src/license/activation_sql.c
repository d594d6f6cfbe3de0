#include "license/activation_sql.h"

#include "core/prune.h"

#define COLUMNS(t) t "activation_id, " t "device_name, " t "activated_at, " t "last_seen_at"
#define INTO(activation)                                                                                               \
	COL_BYTES((activation).activation_id), COL_TEXT((activation).device_name), COL_INT((activation).activated_at), \
		COL_INT((activation).last_seen_at)
#define LICENSE " WHERE app_id = $1 AND license_id = $2"
#define DEVICE LICENSE " AND device = $3"
#define OF_LICENSE(slot) ARG_BYTES((slot)->app_id), ARG_BYTES((slot)->license_id)
#define OF_DEVICE(slot) OF_LICENSE(slot), ARG_BYTES((slot)->device)

/* ---- taking ---- */

static struct db_stmt look = DB_STMT("SELECT " LICENSE_SQL_COLUMNS("l.") ", " COLUMNS(
	"a.") " FROM licenses l LEFT JOIN activations a ON a.app_id = l.app_id AND a.license_id = l.license_id"
	      " AND a.device = $3 AND a.freed_at = 0 WHERE l.app_id = $1 AND l.license_id = $2 AND NOT l.key_mac <> "
	      "$4");
/* NOT …<>: SQLite, knowing no statistics, would find the row by its key's index, and then once more by its own. */
static struct db_stmt take = DB_STMT(
	"UPDATE licenses SET activations_used = activations_used + 1" LICENSE
	" AND NOT key_mac <> $4 AND revoked_at = 0 AND (expires_at = 0 OR expires_at > $5)"
	" AND activations_used < max_activations AND slot_freed_at <= $6"
	" AND NOT EXISTS (SELECT 1 FROM activations a WHERE a.app_id = $1 AND a.license_id = $2 AND a.device = $3)"
	" RETURNING " LICENSE_SQL_COLUMNS(""));
static struct db_stmt put = DB_STMT(
	"INSERT INTO activations (app_id, license_id, device, activation_id, device_name, activated_at, last_seen_at)"
	" VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (app_id, license_id, device) DO UPDATE"
	" SET activation_id = $4, device_name = $5, activated_at = $6, last_seen_at = $7, freed_at = 0, counts = 0,"
	" held_until = 0 WHERE activations.freed_at > 0");
static struct db_stmt count = DB_STMT(
	"UPDATE licenses SET activations_used = activations_used + $3, slot_freed_at ="
	" CASE WHEN $4 > slot_freed_at THEN $4 ELSE slot_freed_at END" LICENSE " RETURNING " LICENSE_SQL_COLUMNS(""));

enum db_found activation_sql_look(
	struct db_tx *tx, const struct license_name *name, struct license *license_r, struct activation *activation)
{
	return db_one(tx, &look, ARGS(OF_DEVICE(&activation->slot), ARG_BYTES(name->mac)),
		COLS(LICENSE_SQL_COLS(*license_r), INTO(*activation)));
}

enum db_found activation_sql_take(struct db_tx *tx, const struct slot *slot, const struct license_name *name,
	int64_t now, int64_t remembered, struct license *license_r)
{
	return db_one(tx, &take, ARGS(OF_DEVICE(slot), ARG_BYTES(name->mac), ARG_INT(now), ARG_INT(remembered)),
		COLS(LICENSE_SQL_COLS(*license_r)));
}

int activation_sql_put(struct db_tx *tx, const struct activation *activation)
{
	return db_exec(tx, &put,
		ARGS(OF_DEVICE(&activation->slot), ARG_BYTES(activation->activation_id),
			ARG_TEXT(activation->device_name), ARG_INT(activation->activated_at),
			ARG_INT(activation->last_seen_at)));
}

enum db_found activation_sql_count(
	struct db_tx *tx, const struct slot *slot, int64_t by, int64_t freed_at, struct license *license_r)
{
	return db_one(
		tx, &count, ARGS(OF_LICENSE(slot), ARG_INT(by), ARG_INT(freed_at)), COLS(LICENSE_SQL_COLS(*license_r)));
}

/* ---- finding ---- */

#define SELECT_SLOTS "SELECT device, " COLUMNS("") " FROM activations" LICENSE
static struct db_stmt get = DB_STMT(SELECT_SLOTS " AND device = $3 AND freed_at = 0");
static struct db_stmt find = DB_STMT(SELECT_SLOTS " AND activation_id = $3 AND freed_at = 0");
static struct db_stmt each_held = DB_STMT(SELECT_SLOTS " AND freed_at = 0");
static struct db_stmt list =
	DB_STMT(SELECT_SLOTS " AND freed_at = 0 AND activation_id < $3 ORDER BY activation_id DESC LIMIT $4");
static struct db_stmt find_mine = DB_STMT(
	"SELECT a.license_id, a.device, " COLUMNS("a.") " FROM activations a WHERE a.app_id = $1 AND a.license_id IN"
							" (SELECT license_id FROM licenses WHERE app_id = $1 AND "
							"user_id = $2) AND a.activation_id = $3 AND a.freed_at = 0");
static struct db_stmt each_freed = DB_STMT(
	"SELECT device, activation_id, freed_at, counts, held_until FROM activations" LICENSE " AND freed_at > 0");

enum db_found activation_sql_get(struct db_tx *tx, struct activation *activation)
{
	return db_one(tx, &get, ARGS(OF_DEVICE(&activation->slot)),
		COLS(COL_BYTES(activation->slot.device), INTO(*activation)));
}

enum db_found activation_sql_find(struct db_tx *tx, struct uuid activation_id, struct activation *activation)
{
	return db_one(tx, &find, ARGS(OF_LICENSE(&activation->slot), ARG_BYTES(activation_id)),
		COLS(COL_BYTES(activation->slot.device), INTO(*activation)));
}

enum db_found activation_sql_find_mine(
	struct db_tx *tx, struct uuid user_id, struct uuid activation_id, struct activation *activation)
{
	struct slot *slot = &activation->slot;
	return db_one(tx, &find_mine, ARGS(ARG_BYTES(slot->app_id), ARG_BYTES(user_id), ARG_BYTES(activation_id)),
		COLS(COL_BYTES(slot->license_id), COL_BYTES(slot->device), INTO(*activation)));
}

int activation_sql_each(struct db_tx *tx, struct activation *activation, int (*each)(void *context), void *context)
{
	return db_each(tx, &each_held, ARGS(OF_LICENSE(&activation->slot)),
		COLS(COL_BYTES(activation->slot.device), INTO(*activation)), each, context);
}

int activation_sql_list(struct db_tx *tx, struct listing *listing, struct activation *activation)
{
	return db_each(tx, &list, ARGS(OF_LICENSE(&activation->slot), LISTING_BEFORE(listing), LISTING_ROWS(listing)),
		COLS(COL_BYTES(activation->slot.device), INTO(*activation)), listing_add, listing);
}

struct freed_row {
	struct freed_slot *freed;
	int64_t counts;
	int (*each)(void *context);
	void *context;
};

static int take_freed(void *context)
{
	struct freed_row *row = context;
	row->freed->counts = row->counts != 0;
	return row->each(row->context);
}

int activation_sql_each_freed(
	struct db_tx *tx, struct slot *slot, struct freed_slot *freed, int (*each)(void *context), void *context)
{
	struct freed_row row = {.freed = freed, .each = each, .context = context};
	return db_each(tx, &each_freed, ARGS(OF_LICENSE(slot)),
		COLS(COL_BYTES(slot->device), COL_BYTES(freed->activation_id), COL_INT(freed->freed_at),
			COL_INT(row.counts), COL_INT(freed->held_until)),
		take_freed, &row);
}

/* ---- freeing ---- */

static struct db_stmt free_slot =
	DB_STMT("UPDATE activations SET freed_at = $4, counts = $5, held_until = $6, device_name = NULL" DEVICE
		" AND freed_at = 0");
static struct db_stmt delete = DB_STMT("DELETE FROM activations" DEVICE " AND freed_at = 0");
static struct db_stmt delete_freed =
	DB_STMT("DELETE FROM activations" LICENSE " AND activation_id = $3 AND freed_at > 0");
static struct db_stmt prune =
	DB_STMT("DELETE FROM activations WHERE (app_id, license_id, device) IN"
		" (SELECT app_id, license_id, device FROM activations WHERE freed_at > 0 AND freed_at < $1 LIMIT $2)"
		" AND freed_at > 0 AND freed_at < $1");

int activation_sql_free(struct db_tx *tx, const struct slot *slot, const struct freed_slot *freed)
{
	return db_exec(tx, &free_slot,
		ARGS(OF_DEVICE(slot), ARG_INT(freed->freed_at), ARG_INT(freed->counts), ARG_INT(freed->held_until)));
}

int activation_sql_delete(struct db_tx *tx, const struct slot *slot)
{
	return db_exec(tx, &delete, ARGS(OF_DEVICE(slot)));
}

int activation_sql_delete_freed(struct db_tx *tx, const struct slot *slot, struct uuid activation_id)
{
	return db_exec(tx, &delete_freed, ARGS(OF_LICENSE(slot), ARG_BYTES(activation_id)));
}

int activation_sql_prune(struct db_tx *tx, int64_t freed_before)
{
	return db_exec(tx, &prune, ARGS(ARG_INT(freed_before), ARG_INT(PRUNE_ROWS)));
}

/* ---- last seen ---- */

/* VALUES names its columns alike on both engines, and nothing else does. */
static struct db_stmt see = DB_STMT("UPDATE activations SET last_seen_at = seen.column4 FROM (VALUES"
				    " ($1, $2, $3, $4), ($5, $6, $7, $8), ($9, $10, $11, $12), ($13, $14, $15, $16),"
				    " ($17, $18, $19, $20), ($21, $22, $23, $24), ($25, $26, $27, $28),"
				    " ($29, $30, $31, $32)) AS seen WHERE activations.app_id = seen.column1"
				    " AND activations.license_id = seen.column2 AND activations.device = seen.column3"
				    " AND activations.freed_at = 0 AND activations.last_seen_at < seen.column4");
_Static_assert(ACTIVATION_SEEN_ROWS * 4 == DB_ARGS_MAX, "as many as see has");

int activation_sql_see(struct db_tx *tx, const struct activation_seen seen[static ACTIVATION_SEEN_ROWS])
{
	struct db_arg args[DB_ARGS_MAX], *arg = args;
	for (size_t i = 0; i < ACTIVATION_SEEN_ROWS; i++) {
		const struct db_arg row[] = {OF_DEVICE(&seen[i].slot), ARG_INT(seen[i].at)};
		memcpy(arg, row, sizeof row);
		arg += COUNT(row);
	}
	return db_exec(tx, &see, args, COUNT(args));
}
