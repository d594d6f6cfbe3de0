#include "token/access.h"

#include <jansson.h>
#include <pthread.h>
#include <stdlib.h>

#include "token/mint.h"

enum { SKEW_S = 60 };

/* ---- remembering ---- */

/* Genuine tokens by their SHA-256, a table per thread: sets of four, the latest used first. A hit is only one under the key
 * set it was checked with, so that a dropped key takes its tokens along. Untouched pages of the table cost nothing. */
enum { CACHE_SETS = 4096, CACHE_WAYS = 4 };
struct seen {
	uint8_t hash[MAC_SIZE];
	int64_t key_version; /* 0: free */
	struct access access;
};
static pthread_key_t cache_slot;
static bool started;

static struct seen *cache_set(const uint8_t hash[static MAC_SIZE])
{
	struct seen *cache = pthread_getspecific(cache_slot);
	if (!cache) {
		cache = calloc(CACHE_SETS * CACHE_WAYS, sizeof *cache);
		MUST(cache && pthread_setspecific(cache_slot, cache) == 0);
	}
	return &cache[(hash[0] | (size_t)hash[1] << 8) % CACHE_SETS * CACHE_WAYS];
}

/* Puts seen in front of the set; what stood before place moves back by one. */
static void put_first(struct seen *set, size_t place, struct seen seen)
{
	memmove(set + 1, set, place * sizeof *set);
	set[0] = seen;
}

static const struct access *recall(struct seen *set, const uint8_t hash[static MAC_SIZE], int64_t key_version)
{
	for (size_t i = 0; i < CACHE_WAYS; i++) {
		if (set[i].key_version != key_version || memcmp(set[i].hash, hash, MAC_SIZE) != 0)
			continue;
		if (i > 0)
			put_first(set, i, set[i]);
		return &set[0].access;
	}
	return NULL;
}

/* In place of the one that was not used for the longest time. */
static void remember(
	struct seen *set, const uint8_t hash[static MAC_SIZE], int64_t key_version, const struct access *access)
{
	struct seen seen = {.key_version = key_version, .access = *access};
	memcpy(seen.hash, hash, MAC_SIZE);
	put_first(set, CACHE_WAYS - 1, seen);
}

/* ---- checking ---- */

static int read_id(const json_t *claims, const char *name, struct uuid *id_r)
{
	const json_t *value = json_object_get(claims, name);
	if (!json_is_string(value))
		return -1;
	return uuid_read(text_bytes(json_string_value(value), json_string_length(value)), id_r);
}

static int read_time(const json_t *claims, const char *name, int64_t *seconds_r)
{
	const json_t *value = json_object_get(claims, name);
	if (!json_is_integer(value))
		return -1;
	*seconds_r = json_integer_value(value);
	return 0;
}

static int read_claims(const json_t *claims, struct access *access)
{
	const char *iss = json_string_value(json_object_get(claims, "iss"));
	struct uuid client_id;
	if (!iss || strcmp(iss, mint_issuer()) != 0)
		return -1;
	TRY(read_id(claims, "sub", &access->user_id));
	TRY(read_id(claims, "aud", &access->app_id));
	TRY(read_id(claims, "client_id", &client_id));
	TRY(read_id(claims, "sid", &access->session_id));
	TRY(read_time(claims, "iat", &access->iat));
	TRY(read_time(claims, "exp", &access->exp));
	TRY(read_time(claims, "auth_time", &access->auth_time));
	if (json_object_get(claims, "tenant_id"))
		TRY(read_id(claims, "tenant_id", &access->tenant_id));
	return uuid_equal(access->app_id, client_id) ? 0 : -1;
}

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

/* A token that was not seen before. */
static int open_token(struct op *op, const struct key_set *set, struct text token, struct access *access)
{
	struct search search = {set, op->now};
	struct text text;
	TRY(jwt_open(op->arena, token, MINT_ACCESS_TYPE, find_key, &search, &text));
	json_t *claims = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
	const int failed = claims ? read_claims(claims, access) : -1;
	json_decref(claims);
	return failed;
}

enum err access_check(struct op *op, struct text token, struct access *access_r)
{
	if (token.n > JWT_SIZE_MAX)
		return ERR_TOKEN_INVALID;
	const struct key_set *keys = key_current();
	uint8_t hash[MAC_SIZE];
	mac_sha256(token, hash);
	struct seen *set = cache_set(hash);
	struct access access = {0};
	const struct access *known = recall(set, hash, keys->version);
	if (known) {
		access = *known;
	} else {
		if (open_token(op, keys, token, &access))
			return ERR_TOKEN_INVALID;
		remember(set, hash, keys->version, &access);
	}
	if (access.iat > op->now / 1000 + SKEW_S)
		return ERR_TOKEN_INVALID;
	if (access.exp * 1000 <= op->now)
		return ERR_TOKEN_EXPIRED;
	*access_r = access;
	return ERR_NONE;
}

void access_start(void)
{
	MUST(pthread_key_create(&cache_slot, free) == 0);
	started = true;
}

void access_stop(void)
{
	if (!started)
		return;
	started = false;
	free(pthread_getspecific(cache_slot));
	pthread_key_delete(cache_slot);
}
