#include "account/account.h"

#include "app/app.h"
#include "core/epoch.h"
#include "core/event.h"
#include "deliver/notice.h"
#include "license/license.h"
#include "tenant/tenant.h"

static const struct uuid NONE = {{0}};

/* Records what was done to a user of op's app. */
static enum err note(struct op *op, enum event_type type, struct uuid user_id, struct text contact, struct text detail)
{
	return event_record(op,
		&(struct event){
			.type = type, .app_id = op->app->id, .user_id = user_id, .contact = contact, .detail = detail});
}

/* ---- making and changing ---- */

enum err account_create(struct op *op, const struct user_contacts *contacts, struct text metadata, struct user *user_r)
{
	const struct text contact =
		contacts->email.kind != CONTACT_NONE ? contacts->email.canonical : contacts->phone.canonical;
	TRY(user_create(op, op->app->id, contacts, metadata, user_r));
	return note(op, EVENT_USER_CREATED, user_r->id, contact, TEXT("{\"by\":\"server\"}"));
}

static enum err note_contact(struct op *op, struct uuid user_id, const struct contact *contact, const char *kind)
{
	const bool removed = contact->kind == CONTACT_NONE;
	return note(op, EVENT_CONTACT_CHANGED, user_id, contact->canonical,
		arena_printf(
			op->arena, "{\"by\":\"server\",\"kind\":\"%s\"%s}", kind, removed ? ",\"removed\":true" : ""));
}

enum err account_change(struct op *op, struct uuid user_id, const struct user_change *change, struct user *user_r)
{
	struct user_changed changed;
	TRY(user_change(op, op->app->id, user_id, change, user_r, &changed));
	if (changed.email)
		TRY(note_contact(op, user_id, &change->contacts.email, "email"));
	if (changed.phone)
		TRY(note_contact(op, user_id, &change->contacts.phone, "phone"));
	return changed.metadata ? note(op, EVENT_USER_CHANGED, user_id, TEXT_NONE, TEXT_NONE) : ERR_NONE;
}

/* ---- ends ---- */

enum err account_delete(struct op *op, struct uuid user_id, struct user *user_r, int *sessions_ended_r)
{
	bool done;
	int ended = 0;
	TRY(user_delete(op, op->app->id, user_id, user_r, &done));
	if (done) {
		TRY(token_sessions_end(op, op->app->id, user_id, NONE, &ended));
		TRY(note(op, EVENT_USER_DELETED, user_id, TEXT_NONE,
			arena_printf(op->arena, "{\"sessions\":%d}", ended)));
	}
	*sessions_ended_r = ended;
	return ERR_NONE;
}

enum err account_restore(struct op *op, struct uuid user_id, struct user *user_r)
{
	bool done;
	TRY(user_restore(op, op->app->id, user_id, user_r, &done));
	return done ? note(op, EVENT_USER_RESTORED, user_id, TEXT_NONE, TEXT_NONE) : ERR_NONE;
}

enum err account_end_sessions(struct op *op, struct uuid user_id, int *ended_r)
{
	struct user user;
	TRY(user_get(op, op->app->id, user_id, &user));
	TRY(user_sign_out(op, op->app->id, user_id));
	TRY(token_sessions_end(op, op->app->id, user_id, NONE, ended_r));
	if (*ended_r == 0)
		return ERR_NONE;
	return note(op, EVENT_SESSION_ENDED, user_id, TEXT_NONE,
		arena_printf(op->arena, "{\"by\":\"server\",\"sessions\":%d}", *ended_r));
}

/* Events are recorded before they are forgotten, this erasure's own with them: it may have come from the user's address. */
static enum err forget_events(struct op *op, const struct user *user)
{
	struct contact email = {0}, phone = {0};
	(void)user_contact(op->arena, user, CONTACT_EMAIL, &email);
	(void)user_contact(op->arena, user, CONTACT_PHONE, &phone);
	const struct text contacts[] = {email.canonical, phone.canonical};
	return event_forget(op, op->app->id, user->id, contacts, COUNT(contacts));
}

/* The row goes first, with what refers to it: whoever waits for it to begin a session finds none. Its sessions stay, for
 * their tokens to be known as revoked. */
enum err account_erase(struct op *op, struct uuid user_id)
{
	struct user user;
	int ended;
	TRY(user_erase(op, op->app->id, user_id, &user));
	TRY(token_sessions_end(op, op->app->id, user_id, NONE, &ended));
	TRY(token_sessions_forget(op, op->app->id, user_id));
	TRY(license_forget_user(op, op->app->id, user_id));
	TRY(note(op, EVENT_USER_ERASED, user_id, TEXT_NONE, arena_printf(op->arena, "{\"sessions\":%d}", ended)));
	return forget_events(op, &user);
}

/* As with a user: whoever waits for the row to make it an owner finds none. */
enum err account_delete_tenant(struct op *op, struct uuid tenant_id)
{
	TRY(tenant_delete(op, op->app->id, tenant_id));
	return license_forget_tenant(op, op->app->id, tenant_id);
}

/* ---- by its user ---- */

/* The caller's user, held: of two calls that end each other's session the second finds its own ended. */
static enum err hold_caller(struct op *op, struct user *user_r)
{
	const enum err err = user_hold(op, op->user.app_id, op->user.user_id, user_r);
	if (err == ERR_USER_NOT_FOUND)
		return ERR_TOKEN_REVOKED;
	return err != ERR_NONE ? err : token_caller_live(op);
}

/* Ends the sessions of the user that is held, but the caller's. */
static enum err end_others(struct op *op, int *ended_r)
{
	const struct op_user *user = &op->user;
	TRY(token_sessions_end(op, user->app_id, user->user_id, user->session_id, ended_r));
	if (*ended_r == 0)
		return ERR_NONE;
	return event_record(
		op, &(struct event){.type = EVENT_SESSION_ENDED,
			    .app_id = user->app_id,
			    .user_id = user->user_id,
			    .session_id = user->session_id,
			    .detail = arena_printf(op->arena, "{\"others\":true,\"sessions\":%d}", *ended_r)});
}

enum err account_end_others(struct op *op, int *ended_r)
{
	struct user user;
	TRY(hold_caller(op, &user));
	TRY(user_sign_out(op, op->user.app_id, op->user.user_id));
	return end_others(op, ended_r);
}

/* ---- another contact ---- */

/* What the proof proves to the caller; from then on nothing to anybody. */
static enum err take_proof(struct op *op, struct text proof, struct contact *contact_r)
{
	const struct op_user *user = &op->user;
	struct token_verification verification;
	int64_t epoch;
	TRY(token_verification_read(op, proof, &verification));
	if (!uuid_equal(verification.app_id, user->app_id) || !uuid_equal(verification.user_id, user->user_id) ||
		!text_equal(verification.purpose, OTP_CHANGE_CONTACT))
		return ERR_TOKEN_INVALID;
	/* the row of one from before a restore may not know that it was taken */
	TRY(epoch_started_at(op, &epoch));
	if (verification.iat * 1000 < epoch)
		return ERR_TOKEN_INVALID;
	return otp_take_proof(op, user->app_id, user->user_id, verification.jti, contact_r);
}

/* before: the user with the old contact, which is told; one that never had this kind is told by the other. */
static enum err tell_of_change(
	struct op *op, const struct user *before, const struct contact *contact, struct text locale)
{
	const struct app *app = app_find(op->user.app_id);
	if (!app)
		return ERR_NONE;
	return notice_send(op, app, before, contact->kind,
		(struct message){
			.kind = MESSAGE_CONTACT, .contact = contact_masked(op->arena, contact), .locale = locale});
}

enum err account_change_contact(struct op *op, const struct account_contact *asked, struct user *user_r, int *ended_r)
{
	const struct op_user *caller = &op->user;
	struct user before;
	struct contact contact;
	if (!token_is_fresh(op))
		return ERR_FORBIDDEN;
	TRY(hold_caller(op, &before));
	TRY(take_proof(op, asked->proof, &contact));
	TRY(user_replace_contact(op, caller->app_id, caller->user_id, &contact, user_r));
	TRY(end_others(op, ended_r));
	TRY(event_record(op, &(struct event){.type = EVENT_CONTACT_CHANGED,
				     .app_id = caller->app_id,
				     .user_id = caller->user_id,
				     .session_id = caller->session_id,
				     .contact = contact.canonical,
				     .detail = arena_printf(op->arena, "{\"by\":\"user\",\"kind\":\"%s\"}",
					     contact_kind_name(contact.kind))}));
	return tell_of_change(op, &before, &contact, asked->locale);
}
