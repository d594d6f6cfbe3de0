#include "token/key.h"
#include "token/mint.h"

static const char MAX_AGE[] = "public, max-age=300";
_Static_assert(KEY_JWKS_MAX_AGE_S == 300, "rotation waits for what MAX_AGE allows");

static enum err answer(struct document *document, struct buf *body)
{
	document->content_type = "application/json";
	document->cache_control = MAX_AGE;
	document->body = buf_text(body);
	return ERR_NONE;
}

enum err token_jwks_document(struct op *op, struct document *document)
{
	const struct key_set *set = key_current();
	struct buf body;
	buf_init(&body, op->arena, 1024);
	struct emit json = emit_to(&body);
	emit_object(&json, NULL);
	emit_array(&json, "keys");
	for (size_t i = 0; i < set->count; i++) {
		const struct key *key = &set->keys[i];
		if (key_stage(&key->times, op->now) == KEY_GONE)
			continue;
		struct buf jwk;
		buf_init(&jwk, op->arena, 256);
		jwt_jwk(&jwk, key->sign, key->kid);
		emit_raw(&json, NULL, buf_text(&jwk));
	}
	emit_end_array(&json);
	emit_end_object(&json);
	return answer(document, &body);
}

static void emit_list(struct emit *json, const char *key, const char *only)
{
	emit_array(json, key);
	if (only)
		emit_string(json, NULL, only);
	emit_end_array(json);
}

enum err token_discovery_document(struct op *op, struct document *document)
{
	const char *issuer = mint_issuer();
	struct buf body;
	buf_init(&body, op->arena, 1024);
	struct emit json = emit_to(&body);
	emit_object(&json, NULL);
	emit_string(&json, "issuer", issuer);
	emit_text(&json, "jwks_uri", arena_printf(op->arena, "%s/.well-known/jwks.json", issuer));
	emit_text(&json, "introspection_endpoint", arena_printf(op->arena, "%s/v1/auth/introspect", issuer));
	emit_list(&json, "introspection_endpoint_auth_methods_supported", "client_secret_basic");
	emit_list(&json, "response_types_supported", NULL);
	emit_list(&json, "subject_types_supported", "public");
	emit_list(&json, "id_token_signing_alg_values_supported", "ES256");
	emit_end_object(&json);
	return answer(document, &body);
}
