#include "user/user_sql.h"

/* The columns of a struct user, and where each goes. */
#define USER_COLUMNS "user_id, email_spelling, phone, created_at, last_sign_in_at, deleted_at, sources"
#define USER_COLS(user)                                                                                                \
	COLS(COL_BYTES((user).id), COL_TEXT((user).email), COL_TEXT((user).phone), COL_INT((user).created_at),         \
		COL_INT((user).last_sign_in_at), COL_INT((user).deleted_at), COL_BLOB((user).sources))

#define TOUCH(column)                                                                                                  \
	"UPDATE users SET last_sign_in_at = $3 WHERE app_id = $1 AND " column " = $2 AND deleted_at = 0 "              \
	"RETURNING " USER_COLUMNS
#define BY(column) "SELECT " USER_COLUMNS " FROM users WHERE app_id = $1 AND " column " = $2"

enum db_found user_sql_touch(
	struct db_tx *tx, struct uuid app_id, const struct contact *contact, int64_t now, struct user *user_r)
{
	static struct db_stmt by_email = DB_STMT(TOUCH("email")), by_phone = DB_STMT(TOUCH("phone"));
	return db_one(tx, contact->kind == CONTACT_EMAIL ? &by_email : &by_phone,
		ARGS(ARG_BYTES(app_id), ARG_TEXT(contact->canonical), ARG_INT(now)), USER_COLS(*user_r));
}

enum db_found user_sql_insert(
	struct db_tx *tx, struct uuid app_id, struct uuid user_id, const struct contact *contact, int64_t now)
{
	static struct db_stmt insert = DB_STMT(
		"INSERT INTO users (app_id, user_id, email, email_spelling, phone, created_at, last_sign_in_at) "
		"VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT DO NOTHING RETURNING user_id");
	const bool email = contact->kind == CONTACT_EMAIL;
	struct uuid inserted;
	return db_one(tx, &insert,
		ARGS(ARG_BYTES(app_id), ARG_BYTES(user_id), ARG_TEXT(email ? contact->canonical : TEXT_NONE),
			ARG_TEXT(email ? contact->spelling : TEXT_NONE),
			ARG_TEXT(email ? TEXT_NONE : contact->canonical), ARG_INT(now)),
		COLS(COL_BYTES(inserted)));
}

int user_sql_keep_sources(struct db_tx *tx, struct uuid app_id, struct uuid user_id, struct text sources)
{
	static struct db_stmt keep = DB_STMT("UPDATE users SET sources = $3 WHERE app_id = $1 AND user_id = $2");
	return db_exec(tx, &keep, ARGS(ARG_BYTES(app_id), ARG_BYTES(user_id), ARG_BLOB_TEXT(sources)));
}

enum db_found user_sql_by_contact(
	struct db_tx *tx, struct uuid app_id, const struct contact *contact, struct user *user_r)
{
	static struct db_stmt by_email = DB_STMT(BY("email")), by_phone = DB_STMT(BY("phone"));
	return db_one(tx, contact->kind == CONTACT_EMAIL ? &by_email : &by_phone,
		ARGS(ARG_BYTES(app_id), ARG_TEXT(contact->canonical)), USER_COLS(*user_r));
}

enum db_found user_sql_by_id(struct db_tx *tx, struct uuid app_id, struct uuid user_id, struct user *user_r)
{
	static struct db_stmt by_id = DB_STMT(BY("user_id"));
	return db_one(tx, &by_id, ARGS(ARG_BYTES(app_id), ARG_BYTES(user_id)), USER_COLS(*user_r));
}
