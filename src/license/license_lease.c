#include "license/license_lease.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/enc.h"
#include "token/key.h"

/* A device's clock may be that much behind ours; when it had better ask again; until when it is answered the same. */
enum { SKEW_S = 300, REFRESH_SHARE = 7, AGAIN_SHARE = 10 };
static const int64_t AGAIN_MS = 3600 * 1000;

static const struct house *home;

/* ---- remembering ---- */

/* Leases by their asker, a table per thread, sets of four. The store has the word: what it still says the same of is answered
 * again. Longer ones are not kept; untouched pages of the table cost nothing. */
enum { CACHE_SETS = 1024, CACHE_WAYS = 4, LEASE_MAX = 1200 };
struct kept {
	struct lease_asker asker;
	struct slot slot;
	struct uuid activation_id;
	int64_t version, key_version;   /* of the license; of the signing keys, 0: free */
	int64_t signed_at, again_until; /* ms */
	size_t n;
	char lease[LEASE_MAX];
};
static pthread_key_t cache_slot;

void license_lease_start(const struct house *house)
{
	home = house;
	MUST(pthread_key_create(&cache_slot, free) == 0);
}

void license_lease_stop(void)
{
	if (!home)
		return;
	free(pthread_getspecific(cache_slot));
	pthread_key_delete(cache_slot);
	home = NULL;
}

static struct kept *set_of(const struct lease_asker *asker)
{
	struct kept *cache = pthread_getspecific(cache_slot);
	if (!cache) {
		cache = calloc(CACHE_SETS * CACHE_WAYS, sizeof *cache);
		MUST(cache && pthread_setspecific(cache_slot, cache) == 0);
	}
	const uint8_t *name = asker->name.mac, *device = asker->device_hash;
	const size_t at = (size_t)(name[0] ^ device[0]) | (size_t)(name[1] ^ device[1]) << 8;
	return &cache[at % CACHE_SETS * CACHE_WAYS];
}

/* What is kept of the asker, or NULL. */
static struct kept *find(const struct lease_asker *asker)
{
	struct kept *set = set_of(asker);
	for (size_t i = 0; i < CACHE_WAYS; i++)
		if (set[i].key_version && secret_equal(&set[i].asker, asker, sizeof *asker))
			return &set[i];
	return NULL;
}

bool license_lease_recall(const struct lease_asker *asker, struct slot *slot_r)
{
	const struct kept *kept = find(asker);
	if (kept)
		*slot_r = kept->slot;
	return kept != NULL;
}

/* Where the asker's lease goes: in place of its last, or of the one that was signed longest ago. */
static struct kept *place_for(const struct lease_asker *asker)
{
	struct kept *place = find(asker), *set = set_of(asker);
	for (size_t i = 0; i < CACHE_WAYS && !place; i++)
		if (!set[i].key_version)
			place = &set[i];
	for (size_t i = 1; i < CACHE_WAYS && !place; i++)
		if (set[i].signed_at < set->signed_at)
			set = &set[i];
	return place ? place : set;
}

/* ---- signing ---- */

struct life {
	int64_t iat, exp; /* seconds */
};

static void emit_claims(struct emit *json, const struct lease_asker *asker, const struct license *license,
	const struct activation *activation, const struct life *life)
{
	char device[2 * MAC_SIZE + 1];
	enc_hex(asker->device_hash, MAC_SIZE, device);
	emit_object(json, NULL);
	emit_string(json, "iss", home->public_url);
	uuid_emit(json, "sub", license->license_id);
	uuid_emit(json, "aud", license->app_id);
	emit_string(json, "device", device);
	uuid_emit(json, "aid", activation->activation_id);
	emit_raw(json, "ent", text_absent(license->entitlements) ? TEXT("{}") : license->entitlements);
	emit_int(json, "iat", life->iat);
	emit_int(json, "nbf", life->iat - SKEW_S);
	emit_int(json, "exp", life->exp);
	emit_int(json, "refresh_after", life->iat + (life->exp - life->iat) / REFRESH_SHARE);
	emit_end_object(json);
}

static void keep(const struct op *op, const struct kept *fresh, const struct life *life, struct text lease)
{
	const int64_t share = (life->exp - life->iat) * 1000 / AGAIN_SHARE;
	if (lease.n > LEASE_MAX)
		return;
	struct kept *place = place_for(&fresh->asker);
	memcpy(place, fresh, offsetof(struct kept, lease));
	place->signed_at = op->now;
	place->again_until = op->now + (share < AGAIN_MS ? share : AGAIN_MS);
	place->n = lease.n;
	memcpy(place->lease, lease.p, lease.n);
}

struct text license_lease(struct op *op, const struct lease_asker *asker, const struct license *license,
	const struct activation *activation)
{
	const struct key_set *keys = key_current();
	const struct kept *kept = find(asker);
	if (kept && kept->key_version == keys->version && kept->version == license->version &&
		uuid_equal(kept->activation_id, activation->activation_id) && kept->again_until > op->now)
		return arena_copy(op->arena, text_bytes(kept->lease, kept->n));

	const struct key *key = key_signer(keys, KEY_LICENSE, op->now);
	const struct life life = {
		op->now / 1000, license_rules_lease_end(license, op->now, settings_now()->license_lease_ttl)};
	struct buf claims, lease;
	buf_init(&claims, op->arena, 1024);
	buf_init(&lease, op->arena, 2048);
	struct emit json = emit_to(&claims);
	emit_claims(&json, asker, license, activation, &life);
	jwt_mint(&lease, key->sign, key->kid, LICENSE_LEASE_TYPE, buf_text(&claims));
	const struct kept fresh = {.asker = *asker,
		.slot = activation->slot,
		.activation_id = activation->activation_id,
		.version = license->version,
		.key_version = keys->version};
	keep(op, &fresh, &life, buf_text(&lease));
	return buf_text(&lease);
}
