#include "user/user.h"

#include "user/user_sql.h"

static enum err make(
	struct op *op, struct uuid app_id, const struct contact *contact, struct user *user_r, bool *made_r)
{
	const struct uuid id = uuid_new(op->now);
	const enum db_found inserted = user_sql_insert(op->tx, app_id, id, contact, op->now);
	OP_STORE(op, inserted);
	*made_r = inserted == DB_ROW;
	if (!*made_r)
		return ERR_NONE;
	*user_r = (struct user){
		.id = id,
		.email = contact->kind == CONTACT_EMAIL ? contact->spelling : TEXT_NONE,
		.phone = contact->kind == CONTACT_PHONE ? contact->canonical : TEXT_NONE,
		.created_at = op->now,
		.last_sign_in_at = op->now,
		.is_new = true,
	};
	return ERR_NONE;
}

enum err user_sign_in(
	struct op *op, struct uuid app_id, const struct contact *contact, bool may_create, struct user *user_r)
{
	struct user user = {0};
	enum db_found found = user_sql_touch(op->tx, app_id, contact, op->now, &user);
	OP_STORE(op, found);
	if (found == DB_NONE && may_create) {
		bool made = false;
		TRY(make(op, app_id, contact, &user, &made));
		if (made) {
			*user_r = user;
			return ERR_NONE;
		}
		/* a deleted user holds the contact, or somebody else's first sign-in was faster */
		found = user_sql_touch(op->tx, app_id, contact, op->now, &user);
		OP_STORE(op, found);
	}
	if (found == DB_ROW) {
		*user_r = user;
		return ERR_NONE;
	}
	found = user_sql_by_contact(op->tx, app_id, contact, &user);
	OP_STORE(op, found);
	return found == DB_ROW ? ERR_USER_DELETED : ERR_USER_NOT_FOUND;
}

enum err user_keep_sources(struct op *op, struct uuid app_id, struct uuid user_id, struct text sources)
{
	OP_STORE(op, user_sql_keep_sources(op->tx, app_id, user_id, sources));
	return ERR_NONE;
}

enum err user_by_contact(struct op *op, struct uuid app_id, const struct contact *contact, struct user *user_r)
{
	struct user user = {0};
	const enum db_found found = user_sql_by_contact(op->tx, app_id, contact, &user);
	OP_STORE(op, found);
	if (found == DB_NONE)
		return ERR_USER_NOT_FOUND;
	*user_r = user;
	return ERR_NONE;
}

enum err user_get(struct op *op, struct uuid app_id, struct uuid user_id, struct user *user_r)
{
	struct user user = {0};
	const enum db_found found = user_sql_by_id(op->tx, app_id, user_id, &user);
	OP_STORE(op, found);
	if (found == DB_NONE)
		return ERR_USER_NOT_FOUND;
	*user_r = user;
	return ERR_NONE;
}
