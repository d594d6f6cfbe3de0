#include "user/user_sql.h"

/* The columns of a struct user, and where each goes; few need to read what the server keeps, or the sources. */
#define USER_COLUMNS                                                                                                   \
	"user_id, email_spelling, phone, email_proven, phone_proven, created_at, last_sign_in_at, deleted_at, "        \
	"sign_outs"
#define USER_INTO(user)                                                                                                \
	COL_BYTES((user).id), COL_TEXT((user).email), COL_TEXT((user).phone), COL_INT((user).email_proven),            \
		COL_INT((user).phone_proven), COL_INT((user).created_at), COL_INT((user).last_sign_in_at),             \
		COL_INT((user).deleted_at), COL_INT((user).sign_outs)
#define SIGN_IN_COLUMNS USER_COLUMNS ", sources"
#define SIGN_IN_INTO(user) COLS(USER_INTO(user), COL_BLOB((user).sources))
#define ROW_COLUMNS USER_COLUMNS ", metadata"
#define ROW_INTO(user) COLS(USER_INTO(user), COL_TEXT((user).metadata))

/* ---- signing in ---- */

#define TOUCH(kind)                                                                                                    \
	"UPDATE users SET last_sign_in_at = $3 WHERE app_id = $1 AND " kind " = $2 AND deleted_at = 0 "                \
	"AND " kind "_proven = 1 RETURNING " SIGN_IN_COLUMNS
#define PROVE(kind, spelling)                                                                                          \
	"UPDATE users SET last_sign_in_at = $3, sign_outs = sign_outs + 1, " spelling kind "_proven = 1 "              \
	"WHERE app_id = $1 AND " kind " = $2 AND deleted_at = 0 AND " kind "_proven = 0 RETURNING " SIGN_IN_COLUMNS
#define BY(kind, columns) "SELECT " columns " FROM users WHERE app_id = $1 AND " kind " = $2"

enum db_found user_sql_touch(
	struct db_tx *tx, struct uuid app_id, const struct contact *contact, int64_t now, struct user *user_r)
{
	static struct db_stmt by_email = DB_STMT(TOUCH("email")), by_phone = DB_STMT(TOUCH("phone"));
	return db_one(tx, contact->kind == CONTACT_EMAIL ? &by_email : &by_phone,
		ARGS(ARG_BYTES(app_id), ARG_TEXT(contact->canonical), ARG_INT(now)), SIGN_IN_INTO(*user_r));
}

enum db_found user_sql_prove(
	struct db_tx *tx, struct uuid app_id, const struct contact *contact, int64_t now, struct user *user_r)
{
	static struct db_stmt email = DB_STMT(PROVE("email", "email_spelling = $4, ")),
			      phone = DB_STMT(PROVE("phone", ""));
	if (contact->kind == CONTACT_PHONE)
		return db_one(tx, &phone, ARGS(ARG_BYTES(app_id), ARG_TEXT(contact->canonical), ARG_INT(now)),
			SIGN_IN_INTO(*user_r));
	return db_one(tx, &email,
		ARGS(ARG_BYTES(app_id), ARG_TEXT(contact->canonical), ARG_INT(now), ARG_TEXT(contact->spelling)),
		SIGN_IN_INTO(*user_r));
}

int user_sql_keep_sources(struct db_tx *tx, struct uuid app_id, struct uuid user_id, struct text sources)
{
	static struct db_stmt keep = DB_STMT("UPDATE users SET sources = $3 WHERE app_id = $1 AND user_id = $2");
	return db_exec(tx, &keep, ARGS(ARG_BYTES(app_id), ARG_BYTES(user_id), ARG_BLOB_TEXT(sources)));
}

enum db_found user_sql_by_contact(
	struct db_tx *tx, struct uuid app_id, const struct contact *contact, struct user *user_r)
{
	static struct db_stmt by_email = DB_STMT(BY("email", SIGN_IN_COLUMNS)),
			      by_phone = DB_STMT(BY("phone", SIGN_IN_COLUMNS));
	return db_one(tx, contact->kind == CONTACT_EMAIL ? &by_email : &by_phone,
		ARGS(ARG_BYTES(app_id), ARG_TEXT(contact->canonical)), SIGN_IN_INTO(*user_r));
}

/* ---- rows ---- */

enum db_found user_sql_insert(
	struct db_tx *tx, struct uuid app_id, const struct user_contacts *contacts, const struct user *user)
{
	static struct db_stmt insert =
		DB_STMT("INSERT INTO users (app_id, user_id, email, email_spelling, email_proven, phone, phone_proven, "
			"created_at, "
			"last_sign_in_at, metadata) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) "
			"ON CONFLICT DO NOTHING RETURNING user_id");
	struct uuid inserted;
	return db_one(tx, &insert,
		ARGS(ARG_BYTES(app_id), ARG_BYTES(user->id), ARG_TEXT(contacts->email.canonical),
			ARG_TEXT(contacts->email.spelling), ARG_INT(user->email_proven),
			ARG_TEXT(contacts->phone.canonical), ARG_INT(user->phone_proven), ARG_INT(user->created_at),
			ARG_INT(user->last_sign_in_at), ARG_TEXT(user->metadata)),
		COLS(COL_BYTES(inserted)));
}

enum db_found user_sql_get(struct db_tx *tx, struct uuid app_id, struct uuid user_id, struct user *user_r)
{
	static struct db_stmt by_id = DB_STMT(BY("user_id", ROW_COLUMNS));
	return db_one(tx, &by_id, ARGS(ARG_BYTES(app_id), ARG_BYTES(user_id)), ROW_INTO(*user_r));
}

enum db_found user_sql_find(struct db_tx *tx, struct uuid app_id, const struct contact *contact, struct user *user_r)
{
	static struct db_stmt by_email = DB_STMT(BY("email", ROW_COLUMNS)),
			      by_phone = DB_STMT(BY("phone", ROW_COLUMNS));
	return db_one(tx, contact->kind == CONTACT_EMAIL ? &by_email : &by_phone,
		ARGS(ARG_BYTES(app_id), ARG_TEXT(contact->canonical)), ROW_INTO(*user_r));
}

int user_sql_list(struct db_tx *tx, struct uuid app_id, struct listing *page, struct user *row)
{
	static struct db_stmt list = DB_STMT("SELECT " ROW_COLUMNS " FROM users WHERE app_id = $1 AND user_id < $2 "
					     "ORDER BY user_id DESC LIMIT $3");
	return db_each(tx, &list, ARGS(ARG_BYTES(app_id), LISTING_BEFORE(page), LISTING_ROWS(page)), ROW_INTO(*row),
		listing_add, page);
}

enum db_found user_sql_hold(struct db_tx *tx, struct uuid app_id, struct uuid user_id, struct user *user_r)
{
	static struct db_stmt hold = DB_STMT(BY("user_id", ROW_COLUMNS) " FOR NO KEY UPDATE");
	return db_one(tx, &hold, ARGS(ARG_BYTES(app_id), ARG_BYTES(user_id)), ROW_INTO(*user_r));
}

int user_sql_write(struct db_tx *tx, struct uuid app_id, const struct user_contacts *contacts, const struct user *user)
{
	static struct db_stmt write = DB_STMT(
		"UPDATE users SET email = $3, email_spelling = $4, email_proven = $5, phone = $6, phone_proven = $7, "
		"metadata = $8, sign_outs = $9 WHERE app_id = $1 AND user_id = $2 "
		"AND NOT EXISTS (SELECT 1 FROM users o WHERE o.app_id = $1 AND o.email = $3 AND o.user_id <> $2) "
		"AND NOT EXISTS (SELECT 1 FROM users o WHERE o.app_id = $1 AND o.phone = $6 AND o.user_id <> $2)");
	return db_exec(tx, &write,
		ARGS(ARG_BYTES(app_id), ARG_BYTES(user->id), ARG_TEXT(contacts->email.canonical),
			ARG_TEXT(contacts->email.spelling), ARG_INT(user->email_proven),
			ARG_TEXT(contacts->phone.canonical), ARG_INT(user->phone_proven), ARG_TEXT(user->metadata),
			ARG_INT(user->sign_outs)));
}

enum db_found user_sql_delete(
	struct db_tx *tx, struct uuid app_id, struct uuid user_id, int64_t now, struct user *user_r)
{
	static struct db_stmt delete = DB_STMT("UPDATE users SET deleted_at = $3, sign_outs = sign_outs + 1 "
					       "WHERE app_id = $1 AND user_id = $2 AND deleted_at = 0 "
					       "RETURNING " ROW_COLUMNS);
	return db_one(tx, &delete, ARGS(ARG_BYTES(app_id), ARG_BYTES(user_id), ARG_INT(now)), ROW_INTO(*user_r));
}

enum db_found user_sql_restore(struct db_tx *tx, struct uuid app_id, struct uuid user_id, struct user *user_r)
{
	static struct db_stmt restore = DB_STMT("UPDATE users SET deleted_at = 0 WHERE app_id = $1 AND user_id = $2 "
						"AND deleted_at <> 0 RETURNING " ROW_COLUMNS);
	return db_one(tx, &restore, ARGS(ARG_BYTES(app_id), ARG_BYTES(user_id)), ROW_INTO(*user_r));
}

int user_sql_sign_out(struct db_tx *tx, struct uuid app_id, struct uuid user_id)
{
	static struct db_stmt sign_out =
		DB_STMT("UPDATE users SET sign_outs = sign_outs + 1 WHERE app_id = $1 AND user_id = $2");
	return db_exec(tx, &sign_out, ARGS(ARG_BYTES(app_id), ARG_BYTES(user_id)));
}

enum db_found user_sql_erase(struct db_tx *tx, struct uuid app_id, struct uuid user_id, struct user *user_r)
{
	static struct db_stmt erase =
		DB_STMT("DELETE FROM users WHERE app_id = $1 AND user_id = $2 RETURNING " ROW_COLUMNS);
	return db_one(tx, &erase, ARGS(ARG_BYTES(app_id), ARG_BYTES(user_id)), ROW_INTO(*user_r));
}
