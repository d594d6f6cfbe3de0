#include "token/token.h"

#include "base/clock.h"
#include "core/prune.h"
#include "token/access.h"
#include "token/claims.h"
#include "token/key.h"
#include "token/mint.h"
#include "token/session.h"

static const int64_t KEPT_AFTER_END_MS = 24 * 3600 * 1000LL, FRESH_MS = 10 * 60 * 1000;

static const struct house *home;

int token_start(const struct house *house)
{
	home = house;
	refresh_start(house);
	mint_start(house);
	access_start();
	return key_start(house);
}

void token_stop(void)
{
	key_stop();
	access_stop();
	mint_stop();
	refresh_stop();
	home = NULL;
}

enum err token_session_start(struct op *op, const struct grant *grant, struct session *session_r)
{
	return session_begin(op, grant, session_r);
}

struct text token_verification_write(
	struct op *op, const struct token_verification *verification, const struct contact *contact)
{
	return mint_verification(op, verification, contact);
}

static int read_verification(struct arena *arena, const json_t *claims, struct token_verification *v, int64_t *exp_r)
{
	TRY(claims_id(claims, "aud", &v->app_id));
	if (json_object_get(claims, "sub"))
		TRY(claims_id(claims, "sub", &v->user_id));
	TRY(claims_text(arena, claims, "purpose", &v->purpose));
	TRY(claims_text(arena, claims, "jti", &v->jti));
	TRY(claims_time(claims, "iat", &v->iat));
	return claims_time(claims, "exp", exp_r);
}

enum err token_verification_read(struct op *op, struct text token, struct token_verification *verification_r)
{
	struct token_verification verification = {0};
	int64_t exp = 0;
	json_t *claims = claims_open(op, key_current(), MINT_VERIFICATION_TYPE, token);
	const int failed = claims ? read_verification(op->arena, claims, &verification, &exp) : -1;
	json_decref(claims);
	if (failed || claims_judge_times(op, verification.iat, exp) != ERR_NONE)
		return ERR_TOKEN_INVALID;
	*verification_r = verification;
	return ERR_NONE;
}

struct text token_refresh_text(struct arena *arena, struct uuid app_id, struct uuid session_id, uint32_t generation)
{
	return refresh_write(arena, &(struct refresh){app_id, session_id, generation});
}

enum err token_caller(struct op *op, struct text bearer)
{
	struct access access;
	TRY(access_check(op, bearer, &access));
	op->user = (struct op_user){
		.app_id = access.app_id,
		.user_id = access.user_id,
		.session_id = access.session_id,
		.tenant_id = access.tenant_id,
		.auth_time = access.auth_time * 1000,
	};
	return ERR_NONE;
}

enum err token_caller_live(struct op *op)
{
	struct session_row *row = ARENA_NEW(op->arena, struct session_row);
	TRY(session_live(op, op->user.app_id, op->user.session_id, row));
	op->user.record = &row->user;
	op->user.session = &row->session;
	return ERR_NONE;
}

bool token_is_fresh(const struct op *op)
{
	return op->now - op->user.session->auth_time <= FRESH_MS;
}

bool token_is_current(const struct op *op, struct text refresh_token)
{
	const struct session *session = op->user.session;
	struct refresh refresh;
	return refresh_read(refresh_token, &refresh) == 0 && uuid_equal(refresh.app_id, session->app_id) &&
	       uuid_equal(refresh.session_id, session->session_id) && refresh.generation == session->generation;
}

/* ---- sessions ---- */

enum err token_session_live(struct op *op, struct uuid app_id, struct uuid session_id)
{
	struct session_row row;
	return session_live(op, app_id, session_id, &row);
}

enum err token_sessions_list(struct op *op, struct uuid cursor, int64_t limit, struct listing **listing_r)
{
	struct session_shown *row = ARENA_NEW(op->arena, struct session_shown);
	struct listing *page = listing_new(op, cursor, limit, row, sizeof *row);
	OP_STORE(op, session_sql_list(op->tx, &op->user, op->now, page, row));
	*listing_r = page;
	return ERR_NONE;
}

enum err token_session_end(struct op *op, struct uuid session_id)
{
	return session_end_own(op, session_id);
}

enum err token_sessions_end(struct op *op, struct uuid app_id, struct uuid user_id, struct uuid but, int *ended_r)
{
	return session_end_all(op, app_id, user_id, but, ended_r);
}

enum err token_sessions_forget(struct op *op, struct uuid app_id, struct uuid user_id)
{
	OP_STORE(op, session_sql_forget(op->tx, app_id, user_id));
	return ERR_NONE;
}

enum err token_void(struct op *op, bool keep_sessions)
{
	OP_STORE(op, keep_sessions ? session_sql_mark_restored(op->tx, op->now) : session_sql_void(op->tx, op->now));
	return ERR_NONE;
}

/* ---- jobs ---- */

void token_prune(void)
{
	prune_pieces(home->db, session_sql_prune, clock_now() - KEPT_AFTER_END_MS);
}

void token_reload(void)
{
	key_reload();
}
