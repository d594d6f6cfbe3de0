#include "token/mint.h"

#include "base/enc.h"
#include "crypto/rand.h"
#include "token/key.h"

enum { JTI_SIZE = 16, VERIFICATION_S = 5 * 60 };

static const struct house *home;

void mint_start(const struct house *house)
{
	home = house;
}

void mint_stop(void)
{
	home = NULL;
}

const char *mint_issuer(void)
{
	return home->public_url;
}

static struct text new_jti(struct arena *arena)
{
	uint8_t random[JTI_SIZE];
	char *jti = arena_alloc(arena, ENC_BASE64URL_SIZE(JTI_SIZE));
	rand_bytes(random, sizeof random);
	enc_base64url(random, sizeof random, jti);
	return text_bytes(jti, ENC_BASE64URL_SIZE(JTI_SIZE));
}

/* What every token says of itself. */
static void emit_frame(struct emit *json, struct uuid app_id, struct text jti, int64_t iat, int64_t exp)
{
	emit_string(json, "iss", mint_issuer());
	uuid_emit(json, "aud", app_id);
	emit_text(json, "jti", jti);
	emit_int(json, "iat", iat);
	emit_int(json, "exp", exp);
}

static struct text sign(struct op *op, const char *type, struct text claims)
{
	const struct key *key = key_signer(key_current(), KEY_TOKEN, op->now);
	struct buf token;
	buf_init(&token, op->arena, 1024);
	jwt_mint(&token, key->sign, key->kid, type, claims);
	return buf_text(&token);
}

/* In seconds. */
static int64_t end_of(const struct session *session, int64_t now)
{
	const int64_t session_end =
		session->idle_until < session->expires_at ? session->idle_until : session->expires_at;
	const int64_t end = now / 1000 + settings_now()->token_access_ttl / 1000;
	return end < session_end / 1000 ? end : session_end / 1000;
}

struct text mint_access(struct op *op, const struct session *session, int64_t *expires_in_r)
{
	const int64_t iat = op->now / 1000, exp = end_of(session, op->now);
	struct buf claims;
	buf_init(&claims, op->arena, 512);
	struct emit json = emit_to(&claims);
	emit_object(&json, NULL);
	emit_frame(&json, session->app_id, new_jti(op->arena), iat, exp);
	uuid_emit(&json, "sub", session->user_id);
	uuid_emit(&json, "client_id", session->app_id);
	uuid_emit(&json, "sid", session->session_id);
	emit_int(&json, "auth_time", session->auth_time / 1000);
	emit_array(&json, "amr");
	emit_text(&json, NULL, session->amr);
	emit_end_array(&json);
	if (!uuid_is_nil(session->tenant_id)) {
		uuid_emit(&json, "tenant_id", session->tenant_id);
		role_emit_names(&json, "roles", &session->roles);
	}
	emit_end_object(&json);
	*expires_in_r = exp - iat;
	return sign(op, MINT_ACCESS_TYPE, buf_text(&claims));
}

struct text mint_verification(
	struct op *op, const struct token_verification *verification, const struct contact *contact)
{
	const int64_t iat = op->now / 1000;
	struct buf claims;
	buf_init(&claims, op->arena, 512);
	struct emit json = emit_to(&claims);
	emit_object(&json, NULL);
	emit_frame(&json, verification->app_id, verification->jti, iat, iat + VERIFICATION_S);
	if (!uuid_is_nil(verification->user_id))
		uuid_emit(&json, "sub", verification->user_id);
	emit_text(&json, "purpose", verification->purpose);
	emit_text(&json, "contact", contact->canonical);
	emit_string(&json, "contact_kind", contact_kind_name(contact->kind));
	emit_end_object(&json);
	return sign(op, MINT_VERIFICATION_TYPE, buf_text(&claims));
}
