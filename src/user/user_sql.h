/*
 * Rows of users.
 */
#ifndef KW_USER_USER_SQL_H
#define KW_USER_USER_SQL_H

#include "user/user.h"

/* The live (not deleted) holder of the contact, with last_sign_in_at set to now. */
MUST_USE enum db_found user_sql_touch(
	struct db_tx *tx, struct uuid app_id, const struct contact *contact, int64_t now, struct user *user_r);
/* A new holder of the contact; DB_NONE when there is one already. */
MUST_USE enum db_found user_sql_insert(
	struct db_tx *tx, struct uuid app_id, struct uuid user_id, const struct contact *contact, int64_t now);
MUST_USE int user_sql_keep_sources(struct db_tx *tx, struct uuid app_id, struct uuid user_id, struct text sources);
/* The holder of the contact, deleted or not. */
MUST_USE enum db_found user_sql_by_contact(
	struct db_tx *tx, struct uuid app_id, const struct contact *contact, struct user *user_r);
MUST_USE enum db_found user_sql_by_id(struct db_tx *tx, struct uuid app_id, struct uuid user_id, struct user *user_r);

#endif
