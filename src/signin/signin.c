#include "signin/signin.h"

#include "core/event.h"
#include "signin/guesses.h"
#include "signin/sources.h"

static const int64_t DAY_MS = 24 * 3600 * 1000LL;

static struct mac_key *source_key;

int signin_start(const struct house *house)
{
	source_key = mac_key_new(house->master, "proven source");
	return 0;
}

void signin_stop(void)
{
	mac_key_free(source_key);
	source_key = NULL;
}

/* Who stands where: the contact, and the client's address (of IPv6 its /64, since a host moves within it). */
static void source_of(const struct op *op, const struct contact *contact, uint8_t out[static MAC_SIZE])
{
	const struct ip prefix = ip_prefix(op->client, ip_is_v4(op->client) ? 128 : 64);
	MAC_SUM(source_key, out, text_bytes(prefix.b, sizeof prefix.b), contact->canonical);
}

/* Once a day is often enough. */
static enum err remember_source(struct op *op, const struct proof *proof, const struct user *user)
{
	uint8_t source[MAC_SIZE];
	if (!op->client_known)
		return ERR_NONE;
	source_of(op, &proof->contact, source);
	if (sources_proven_at(user->sources, source, op->now) > op->now - DAY_MS)
		return ERR_NONE;
	return user_keep_sources(op, proof->app->id, user->id, sources_add(op->arena, user->sources, source, op->now));
}

/* The contact was given by the app's server, and until now another one of the same user's let in. Whoever sits there need not
 * be who proves this one (THREATS D7). */
static enum err end_earlier(struct op *op, struct uuid app_id, const struct user *user)
{
	int ended;
	TRY(token_sessions_end(op, app_id, user->id, (struct uuid){{0}}, &ended));
	if (ended == 0)
		return ERR_NONE;
	return event_record(
		op, &(struct event){.type = EVENT_SESSION_ENDED,
			    .app_id = app_id,
			    .user_id = user->id,
			    .detail = arena_printf(op->arena, "{\"by\":\"first proof\",\"sessions\":%d}", ended)});
}

enum err signin_identify(struct op *op, const struct proof *proof, struct grant *grant_r, struct user *user_r)
{
	const struct app *app = proof->app;
	struct user user = {0};
	TRY(user_sign_in(op, app->id, &proof->contact, app->signup_open, &user));
	if (user.is_first_proof)
		TRY(end_earlier(op, app->id, &user));
	TRY(remember_source(op, proof, &user));
	if (user.is_new)
		TRY(event_record(op, &(struct event){.type = EVENT_USER_CREATED,
					     .app_id = app->id,
					     .user_id = user.id,
					     .contact = proof->contact.canonical}));
	*grant_r = (struct grant){.app_id = app->id,
		.user_id = user.id,
		.tenant_id = proof->tenant_id,
		.is_new = user.is_new,
		.sign_outs = user.sign_outs,
		.amr = text_of(proof->amr),
		.auth_time = op->now};
	if (user_r)
		*user_r = user;
	return ERR_NONE;
}

static enum err start_session(struct op *op, const struct grant *grant, struct session *session_r)
{
	struct session session;
	TRY(token_session_start(op, grant, &session));
	TRY(event_record(op, &(struct event){.type = EVENT_SESSION_STARTED,
				     .app_id = grant->app_id,
				     .user_id = grant->user_id,
				     .session_id = session.session_id,
				     .detail = arena_printf(op->arena, "{\"amr\":\"%.*s\"}", TEXT_ARG(grant->amr))}));
	*session_r = session;
	return ERR_NONE;
}

/* If the user is held, whoever ends its sessions has done so, or will see this one. */
static enum err judge_grant(struct op *op, const struct grant *grant, struct uuid giver, const struct user *user)
{
	if (user->deleted_at)
		return ERR_USER_DELETED;
	if (!uuid_is_nil(giver))
		return token_session_live(op, grant->app_id, giver);
	return grant->sign_outs == user->sign_outs ? ERR_NONE : ERR_TOKEN_REVOKED;
}

enum err signin_judge_tenant(struct op *op, struct uuid app_id, const struct contact *contact, struct uuid tenant_id)
{
	struct user user = {0};
	struct text_list roles;
	if (uuid_is_nil(tenant_id))
		return ERR_NONE;
	const enum err found = user_by_contact(op, app_id, contact, &user);
	if (found != ERR_NONE)
		return found == ERR_USER_NOT_FOUND ? ERR_TENANT_NOT_FOUND : found;
	return user.deleted_at ? ERR_NONE : role_names(op, app_id, user.id, tenant_id, &roles);
}

enum err signin_judge_grant(struct op *op, const struct grant *grant, struct uuid giver)
{
	struct user user = {0};
	struct text_list roles;
	if (uuid_is_nil(grant->tenant_id) || user_get(op, grant->app_id, grant->user_id, &user) != ERR_NONE ||
		judge_grant(op, grant, giver, &user) != ERR_NONE)
		return ERR_NONE;
	return role_names(op, grant->app_id, grant->user_id, grant->tenant_id, &roles);
}

enum err signin_redeem(struct op *op, const struct grant *grant, struct uuid giver, struct signin *signin_r)
{
	struct signin signin = {0};
	TRY(user_hold(op, grant->app_id, grant->user_id, &signin.user));
	TRY(judge_grant(op, grant, giver, &signin.user));
	signin.user.is_new = grant->is_new;
	TRY(start_session(op, grant, &signin.session));
	*signin_r = signin;
	return ERR_NONE;
}

enum err signin_complete(struct op *op, const struct proof *proof, struct signin *signin_r)
{
	struct signin signin = {0};
	struct grant grant;
	TRY(signin_identify(op, proof, &grant, &signin.user));
	TRY(start_session(op, &grant, &signin.session));
	*signin_r = signin;
	return ERR_NONE;
}

enum err signin_source_is_proven(struct op *op, struct uuid app_id, const struct contact *contact, bool *proven_r)
{
	uint8_t source[MAC_SIZE];
	struct user user = {0};
	*proven_r = false;
	if (!op->client_known)
		return ERR_NONE;
	const enum err err = user_by_contact(op, app_id, contact, &user);
	if (err != ERR_NONE)
		return err == ERR_USER_NOT_FOUND ? ERR_NONE : err;
	source_of(op, contact, source);
	*proven_r = sources_proven_at(user.sources, source, op->now) != 0;
	return ERR_NONE;
}
