#include "token/claims.h"

#include "token/mint.h"

enum { SKEW_S = 60 };

struct search {
	const struct key_set *set;
	int64_t now;
};

static const struct sign_key *find_key(void *context, struct text kid)
{
	const struct search *search = context;
	const struct key *key = key_find(search->set, KEY_TOKEN, kid, search->now);
	return key ? key->sign : NULL;
}

static bool is_ours(const json_t *claims)
{
	const char *iss = json_string_value(json_object_get(claims, "iss"));
	return iss && strcmp(iss, mint_issuer()) == 0;
}

json_t *claims_open(struct op *op, const struct key_set *keys, const char *type, struct text token)
{
	struct search search = {keys, op->now};
	struct text text;
	if (token.n > JWT_SIZE_MAX || jwt_open(op->arena, token, type, find_key, &search, &text) != 0)
		return NULL;
	json_t *claims = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
	if (is_ours(claims))
		return claims;
	json_decref(claims);
	return NULL;
}

int claims_id(const json_t *claims, const char *name, struct uuid *id_r)
{
	const json_t *value = json_object_get(claims, name);
	if (!json_is_string(value))
		return -1;
	return uuid_read(text_bytes(json_string_value(value), json_string_length(value)), id_r);
}

int claims_time(const json_t *claims, const char *name, int64_t *seconds_r)
{
	const json_t *value = json_object_get(claims, name);
	if (!json_is_integer(value))
		return -1;
	*seconds_r = json_integer_value(value);
	return 0;
}

int claims_text(struct arena *arena, const json_t *claims, const char *name, struct text *text_r)
{
	const json_t *value = json_object_get(claims, name);
	if (!json_is_string(value))
		return -1;
	*text_r = arena_copy(arena, text_bytes(json_string_value(value), json_string_length(value)));
	return 0;
}

enum err claims_judge_times(const struct op *op, int64_t iat, int64_t exp)
{
	if (iat > op->now / 1000 + SKEW_S)
		return ERR_TOKEN_INVALID;
	return exp * 1000 <= op->now ? ERR_TOKEN_EXPIRED : ERR_NONE;
}
