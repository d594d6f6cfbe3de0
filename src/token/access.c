#include "token/access.h"

#include <pthread.h>
#include <stdlib.h>

#include "token/claims.h"
#include "token/mint.h"

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

static int read_claims(const json_t *claims, struct access *access)
{
	struct uuid client_id;
	TRY(claims_id(claims, "sub", &access->user_id));
	TRY(claims_id(claims, "aud", &access->app_id));
	TRY(claims_id(claims, "client_id", &client_id));
	TRY(claims_id(claims, "sid", &access->session_id));
	TRY(claims_time(claims, "iat", &access->iat));
	TRY(claims_time(claims, "exp", &access->exp));
	TRY(claims_time(claims, "auth_time", &access->auth_time));
	if (json_object_get(claims, "tenant_id"))
		TRY(claims_id(claims, "tenant_id", &access->tenant_id));
	return uuid_equal(access->app_id, client_id) ? 0 : -1;
}

/* A token that was not seen before. */
static int open_token(struct op *op, const struct key_set *set, struct text token, struct access *access)
{
	json_t *claims = claims_open(op, set, MINT_ACCESS_TYPE, token);
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
	TRY(claims_judge_times(op, access.iat, access.exp));
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
