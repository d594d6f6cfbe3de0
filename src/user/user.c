#include "user/user.h"

#include "user/metadata.h"
#include "user/user_sql.h"

/* ---- signing in ---- */

static enum err make(
	struct op *op, struct uuid app_id, const struct contact *contact, struct user *user_r, bool *made_r)
{
	struct user_contacts contacts = {0};
	if (contact->kind == CONTACT_EMAIL)
		contacts.email = *contact;
	else
		contacts.phone = *contact;
	const struct user user = {
		.id = uuid_new(op->now),
		.email = contacts.email.spelling,
		.phone = contacts.phone.canonical,
		.email_proven = 1,
		.phone_proven = 1,
		.created_at = op->now,
		.last_sign_in_at = op->now,
		.metadata = TEXT("{}"),
		.is_new = true,
	};
	const enum db_found inserted = user_sql_insert(op->tx, app_id, &contacts, &user);
	OP_STORE(op, inserted);
	*made_r = inserted == DB_ROW;
	if (*made_r)
		*user_r = user;
	return ERR_NONE;
}

/* A contact that is held: given by the server and proven now, or else proven a moment ago by somebody who was faster. */
static enum db_found find_holder(struct op *op, struct uuid app_id, const struct contact *contact, struct user *user_r)
{
	const enum db_found found = user_sql_prove(op->tx, app_id, contact, op->now, user_r);
	if (found == DB_NONE)
		return user_sql_touch(op->tx, app_id, contact, op->now, user_r);
	user_r->is_first_proof = true;
	return found;
}

enum err user_sign_in(
	struct op *op, struct uuid app_id, const struct contact *contact, bool may_create, struct user *user_r)
{
	struct user user = {0};
	bool made = false;
	enum db_found found = user_sql_touch(op->tx, app_id, contact, op->now, &user);
	OP_STORE(op, found);
	if (found == DB_NONE && may_create)
		TRY(make(op, app_id, contact, &user, &made));
	if (found == DB_NONE && !made)
		found = find_holder(op, app_id, contact, &user);
	OP_STORE(op, found);
	if (found == DB_ROW || made) {
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

enum err user_sign_out(struct op *op, struct uuid app_id, struct uuid user_id)
{
	OP_STORE(op, user_sql_sign_out(op->tx, app_id, user_id));
	return ERR_NONE;
}

/* ---- reading ---- */

/* What a statement that wants one row found. */
static enum err found_one(struct op *op, enum db_found found, const struct user *user, struct user *user_r)
{
	OP_STORE(op, found);
	if (found == DB_NONE)
		return ERR_USER_NOT_FOUND;
	*user_r = *user;
	return ERR_NONE;
}

enum err user_by_contact(struct op *op, struct uuid app_id, const struct contact *contact, struct user *user_r)
{
	struct user user = {0};
	return found_one(op, user_sql_by_contact(op->tx, app_id, contact, &user), &user, user_r);
}

enum err user_get(struct op *op, struct uuid app_id, struct uuid user_id, struct user *user_r)
{
	struct user user = {0};
	return found_one(op, user_sql_get(op->tx, app_id, user_id, &user), &user, user_r);
}

enum err user_hold(struct op *op, struct uuid app_id, struct uuid user_id, struct user *user_r)
{
	struct user user = {0};
	return found_one(op, user_sql_hold(op->tx, app_id, user_id, &user), &user, user_r);
}

enum err user_list(struct op *op, struct uuid app_id, const struct contact *contact, struct uuid cursor, int64_t limit,
	struct listing **listing_r)
{
	struct user *row = ARENA_NEW(op->arena, struct user);
	struct listing *page = listing_new(op, cursor, limit, row, sizeof *row);
	*listing_r = page;
	if (!contact) {
		OP_STORE(op, user_sql_list(op->tx, app_id, page, row));
		return ERR_NONE;
	}
	const enum db_found found = user_sql_find(op->tx, app_id, contact, row);
	OP_STORE(op, found);
	if (found == DB_ROW)
		(void)listing_add(page);
	return ERR_NONE;
}

bool user_contact(struct arena *arena, const struct user *user, enum contact_kind kind, struct contact *contact_r)
{
	if (kind == CONTACT_EMAIL)
		return !text_absent(user->email) && contact_email(arena, user->email, contact_r) == 0;
	return !text_absent(user->phone) && contact_phone(arena, user->phone, contact_r) == 0;
}

/* ---- what servers do ---- */

enum err user_create(struct op *op, struct uuid app_id, const struct user_contacts *contacts, struct text metadata,
	struct user *user_r)
{
	const struct user user = {
		.id = uuid_new(op->now),
		.email = contacts->email.spelling,
		.phone = contacts->phone.canonical,
		.created_at = op->now,
		.metadata = text_absent(metadata) ? TEXT("{}") : metadata,
	};
	const enum db_found inserted = user_sql_insert(op->tx, app_id, contacts, &user);
	OP_STORE(op, inserted);
	if (inserted == DB_NONE)
		return ERR_ALREADY_EXISTS;
	*user_r = user;
	return ERR_NONE;
}

/* A user that is held, on its way to what it will be. */
struct draft {
	struct user user;
	struct user_contacts contacts;
};

static enum err hold_draft(struct op *op, struct uuid app_id, struct uuid user_id, struct draft *draft_r)
{
	struct draft draft = {0};
	TRY(user_hold(op, app_id, user_id, &draft.user));
	(void)user_contact(op->arena, &draft.user, CONTACT_EMAIL, &draft.contacts.email);
	(void)user_contact(op->arena, &draft.user, CONTACT_PHONE, &draft.contacts.phone);
	*draft_r = draft;
	return ERR_NONE;
}

static enum err write_draft(struct op *op, struct uuid app_id, struct draft *draft, struct user *user_r)
{
	draft->user.email = draft->contacts.email.spelling;
	draft->user.phone = draft->contacts.phone.canonical;
	const int written = user_sql_write(op->tx, app_id, &draft->contacts, &draft->user);
	OP_STORE(op, written);
	if (written == 0)
		return ERR_ALREADY_EXISTS;
	*user_r = draft->user;
	return ERR_NONE;
}

/* A server's word for the contact that is there changes nothing, but how mail goes to it before it is proven. */
static bool give_contact(struct contact *present, const struct contact *given, int64_t *proven)
{
	if (text_equal(present->canonical, given->canonical) &&
		(*proven || text_equal(present->spelling, given->spelling)))
		return false;
	*present = *given;
	*proven = 0;
	return true;
}

/* VALIDATION_ERROR when it becomes too much. */
static enum err patch_metadata(struct op *op, struct text patch, struct text *metadata, bool *changed_r)
{
	struct text merged = TEXT("{}");
	if (!text_absent(patch) && metadata_merge(op->arena, *metadata, patch, &merged) != 0) {
		op_bad_field(op, "metadata", SIZE_MAX,
			arena_printf(op->arena, "Must be at most %d bytes as compact JSON, all in all.", METADATA_MAX)
				.p);
		return ERR_VALIDATION_ERROR;
	}
	*changed_r = !text_equal(merged, *metadata);
	*metadata = merged;
	return ERR_NONE;
}

static enum err apply(
	struct op *op, const struct user_change *change, struct draft *draft, struct user_changed *changed_r)
{
	struct user_contacts *contacts = &draft->contacts;
	struct user *user = &draft->user;
	struct user_changed changed = {0};
	enum err err = ERR_NONE;
	if (change->sets_email)
		changed.email = give_contact(&contacts->email, &change->contacts.email, &user->email_proven);
	if (change->sets_phone)
		changed.phone = give_contact(&contacts->phone, &change->contacts.phone, &user->phone_proven);
	if (contacts->email.kind == CONTACT_NONE && contacts->phone.kind == CONTACT_NONE) {
		op_bad_field(
			op, changed.email ? "email" : "phone", SIZE_MAX, "Must stay: without it no contact is left.");
		err = ERR_VALIDATION_ERROR;
	}
	if (change->sets_metadata) {
		const enum err bad = patch_metadata(op, change->metadata, &user->metadata, &changed.metadata);
		err = bad != ERR_NONE ? bad : err;
	}
	*changed_r = changed;
	return err;
}

enum err user_change(struct op *op, struct uuid app_id, struct uuid user_id, const struct user_change *change,
	struct user *user_r, struct user_changed *changed_r)
{
	struct draft draft;
	struct user_changed changed;
	TRY(hold_draft(op, app_id, user_id, &draft));
	TRY(apply(op, change, &draft, &changed));
	TRY(write_draft(op, app_id, &draft, user_r));
	*changed_r = changed;
	return ERR_NONE;
}

enum err user_replace_contact(
	struct op *op, struct uuid app_id, struct uuid user_id, const struct contact *contact, struct user *user_r)
{
	struct draft draft;
	TRY(hold_draft(op, app_id, user_id, &draft));
	if (draft.user.deleted_at)
		return ERR_USER_DELETED;
	if (contact->kind == CONTACT_EMAIL) {
		draft.contacts.email = *contact;
		draft.user.email_proven = 1;
	} else {
		draft.contacts.phone = *contact;
		draft.user.phone_proven = 1;
	}
	draft.user.sign_outs++;
	return write_draft(op, app_id, &draft, user_r);
}

enum err user_delete(struct op *op, struct uuid app_id, struct uuid user_id, struct user *user_r, bool *done_r)
{
	struct user user = {0};
	const enum db_found deleted = user_sql_delete(op->tx, app_id, user_id, op->now, &user);
	OP_STORE(op, deleted);
	*done_r = deleted == DB_ROW;
	return *done_r ? found_one(op, deleted, &user, user_r) : user_get(op, app_id, user_id, user_r);
}

enum err user_restore(struct op *op, struct uuid app_id, struct uuid user_id, struct user *user_r, bool *done_r)
{
	struct user user = {0};
	const enum db_found restored = user_sql_restore(op->tx, app_id, user_id, &user);
	OP_STORE(op, restored);
	*done_r = restored == DB_ROW;
	return *done_r ? found_one(op, restored, &user, user_r) : user_get(op, app_id, user_id, user_r);
}

enum err user_erase(struct op *op, struct uuid app_id, struct uuid user_id, struct user *user_r)
{
	struct user user = {0};
	return found_one(op, user_sql_erase(op->tx, app_id, user_id, &user), &user, user_r);
}
