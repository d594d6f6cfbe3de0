#include "tenant/role_sql.h"

#define OF_PAIR " WHERE app_id = $1 AND user_id = $2 AND tenant_id = $3"

static struct db_stmt insert =
	DB_STMT("INSERT INTO roles (app_id, user_id, tenant_id, role, role_id)"
		" SELECT u.app_id, u.user_id, t.tenant_id, $4, $5 FROM tenants t, users u"
		" WHERE t.app_id = $1 AND t.tenant_id = $3 AND u.app_id = $1 AND u.user_id = $2 AND u.deleted_at = 0"
		" AND (SELECT COUNT(*) FROM roles" OF_PAIR ") < $6 ON CONFLICT DO NOTHING");
static struct db_stmt standing =
	DB_STMT("SELECT (SELECT COUNT(*) FROM tenants WHERE app_id = $1 AND tenant_id = $3),"
		" (SELECT COUNT(*) FROM users WHERE app_id = $1 AND user_id = $2),"
		" (SELECT deleted_at FROM users WHERE app_id = $1 AND user_id = $2),"
		" (SELECT COUNT(*) FROM roles" OF_PAIR "), (SELECT role_id FROM roles" OF_PAIR " AND role = $4)");
static struct db_stmt delete_one = DB_STMT("DELETE FROM roles" OF_PAIR " AND role = $4");
static struct db_stmt delete_all = DB_STMT("DELETE FROM roles" OF_PAIR " RETURNING role");
static struct db_stmt each_name = DB_STMT("SELECT role FROM roles" OF_PAIR);

#define COLUMNS "tenant_id, user_id, role, role_id"
#define INTO(row)                                                                                                      \
	COLS(COL_BYTES((row)->tenant_id), COL_BYTES((row)->user_id), COL_TEXT((row)->name), COL_BYTES((row)->role_id))

#define PAIR(app_id, role) ARG_BYTES(app_id), ARG_BYTES((role)->user_id), ARG_BYTES((role)->tenant_id)

int role_sql_insert(struct db_tx *tx, struct uuid app_id, const struct role *role)
{
	return db_exec(tx, &insert,
		ARGS(PAIR(app_id, role), ARG_TEXT(role->name), ARG_BYTES(role->role_id), ARG_INT(ROLE_HELD_MAX)));
}

enum db_found role_sql_standing(
	struct db_tx *tx, struct uuid app_id, const struct role *role, struct role_standing *standing_r)
{
	return db_one(tx, &standing, ARGS(PAIR(app_id, role), ARG_TEXT(role->name)),
		COLS(COL_INT(standing_r->tenants), COL_INT(standing_r->users), COL_INT(standing_r->deleted_at),
			COL_INT(standing_r->held), COL_BYTES(standing_r->role_id)));
}

int role_sql_delete(struct db_tx *tx, struct uuid app_id, const struct role *role)
{
	return db_exec(tx, &delete_one, ARGS(PAIR(app_id, role), ARG_TEXT(role->name)));
}

int role_sql_delete_all(struct db_tx *tx, struct uuid app_id, const struct role *role, struct text *name,
	int (*each)(void *context), void *context)
{
	return db_each(tx, &delete_all, ARGS(PAIR(app_id, role)), COLS(COL_TEXT(*name)), each, context);
}

int role_sql_each_of_tenant(
	struct db_tx *tx, struct uuid app_id, struct uuid tenant_id, struct role *row, struct listing *listing)
{
	static struct db_stmt each = DB_STMT("SELECT " COLUMNS " FROM roles WHERE app_id = $1 AND tenant_id = $2"
					     " AND role_id < $3 ORDER BY role_id DESC LIMIT $4");
	return db_each(tx, &each,
		ARGS(ARG_BYTES(app_id), ARG_BYTES(tenant_id), LISTING_BEFORE(listing), LISTING_ROWS(listing)),
		INTO(row), listing_add, listing);
}

int role_sql_each_of_user(struct db_tx *tx, struct uuid app_id, const struct role_filter *filter, struct role *row,
	int (*each)(void *context), void *context)
{
	static struct db_stmt of_user = DB_STMT("SELECT " COLUMNS " FROM roles WHERE app_id = $1 AND user_id = $2"),
			      of_pair = DB_STMT("SELECT " COLUMNS " FROM roles" OF_PAIR);
	if (uuid_is_nil(filter->tenant_id))
		return db_each(
			tx, &of_user, ARGS(ARG_BYTES(app_id), ARG_BYTES(filter->user_id)), INTO(row), each, context);
	return db_each(tx, &of_pair, ARGS(PAIR(app_id, filter)), INTO(row), each, context);
}

int role_sql_each_name(struct db_tx *tx, struct uuid app_id, struct uuid user_id, struct uuid tenant_id,
	struct text *name, int (*each)(void *context), void *context)
{
	return db_each(tx, &each_name, ARGS(ARG_BYTES(app_id), ARG_BYTES(user_id), ARG_BYTES(tenant_id)),
		COLS(COL_TEXT(*name)), each, context);
}
