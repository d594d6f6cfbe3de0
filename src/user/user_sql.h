/*
 * Rows of users.
 */
#ifndef KW_USER_USER_SQL_H
#define KW_USER_USER_SQL_H

#include "user/user.h"

/* ---- signing in: live (not deleted) ones, with sources ---- */

/* The holder of the contact who has proven it, with last_sign_in_at set to now. */
MUST_USE enum db_found user_sql_touch(
	struct db_tx *tx, struct uuid app_id, const struct contact *contact, int64_t now, struct user *user_r);
/* The same of one who had not proven it: now has, in this spelling, and is signed out. */
MUST_USE enum db_found user_sql_prove(
	struct db_tx *tx, struct uuid app_id, const struct contact *contact, int64_t now, struct user *user_r);
MUST_USE int user_sql_keep_sources(struct db_tx *tx, struct uuid app_id, struct uuid user_id, struct text sources);
/* The holder of the contact, deleted or not. */
MUST_USE enum db_found user_sql_by_contact(
	struct db_tx *tx, struct uuid app_id, const struct contact *contact, struct user *user_r);

/* ---- rows: deleted ones too, with metadata ---- */

/* A new one; DB_NONE when a contact is held. */
MUST_USE enum db_found user_sql_insert(
	struct db_tx *tx, struct uuid app_id, const struct user_contacts *contacts, const struct user *user);
MUST_USE enum db_found user_sql_get(struct db_tx *tx, struct uuid app_id, struct uuid user_id, struct user *user_r);
MUST_USE enum db_found user_sql_find(
	struct db_tx *tx, struct uuid app_id, const struct contact *contact, struct user *user_r);
/* Reads page->limit rows, each into *row, or fewer. */
MUST_USE int user_sql_list(struct db_tx *tx, struct uuid app_id, struct listing *page, struct user *row);
/* Locks it until the transaction ends. */
MUST_USE enum db_found user_sql_hold(struct db_tx *tx, struct uuid app_id, struct uuid user_id, struct user *user_r);
/* Writes contacts, whether they are proven, metadata and sign_outs of a row that is held: 0 when one of the contacts is
 * another's. */
MUST_USE int user_sql_write(
	struct db_tx *tx, struct uuid app_id, const struct user_contacts *contacts, const struct user *user);

/* Each finds the row in one state only, and returns it in the other. */
MUST_USE enum db_found user_sql_delete(
	struct db_tx *tx, struct uuid app_id, struct uuid user_id, int64_t now, struct user *user_r);
MUST_USE enum db_found user_sql_restore(struct db_tx *tx, struct uuid app_id, struct uuid user_id, struct user *user_r);

/* Removes the row, and returns it. */
MUST_USE enum db_found user_sql_erase(struct db_tx *tx, struct uuid app_id, struct uuid user_id, struct user *user_r);
MUST_USE int user_sql_sign_out(struct db_tx *tx, struct uuid app_id, struct uuid user_id);

#endif
