/*
 * The keys that sign tokens and leases, each kind for itself: published (in the JWKS, so that verifiers learn it) → active (signs) → retired (verifies what
 * it signed) → gone. All four follow from the times of its row, so nothing has to happen at the hour.
 *
 * Readers work on an immutable set behind one pointer; a replaced set is retired (base/retire.h).
 */
#ifndef KW_TOKEN_KEY_H
#define KW_TOKEN_KEY_H

#include "core/house.h"
#include "core/op.h"
#include "crypto/jwt.h"

/* What a key signs. Keys of one kind never verify what those of another signed. */
enum key_kind {
	KEY_TOKEN, /* access tokens and proofs of a contact */
	KEY_LICENSE, /* leases of licenses: programs carry the public key, so a new one is published long before it signs */
	KEY_KIND_COUNT
};
/* "token", "license" */
const char *key_kind_name(enum key_kind kind);

struct key_times {
	int64_t created_at, active_at;
	int64_t retired_at, gone_at; /* 0: not decided */
};
enum key_stage { KEY_PUBLISHED, KEY_ACTIVE, KEY_RETIRED, KEY_GONE };
enum key_stage key_stage(const struct key_times *times, int64_t now);
/* "published" … "gone" */
const char *key_stage_name(enum key_stage stage);

struct key {
	char kid[JWT_KID_MAX + 1];
	enum key_kind kind;
	struct key_times times;
	struct sign_key *sign;
};
struct key_set {
	int64_t version; /* of the rows it was read from: another set has another */
	size_t count;
	struct key keys[];
};

/* Verifiers may have the JWKS of so long ago: what their caching headers say. */
enum { KEY_JWKS_MAX_AGE_S = 300 };

/* Reads the keys; makes the first one of each kind. */
MUST_USE int key_start(const struct house *house);
void key_stop(void);
/* Reads the keys again when they changed. */
void key_reload(void);

const struct key_set *key_current(void);
/* The one that signs: of the active ones of its kind the latest. Never NULL. */
const struct key *key_signer(const struct key_set *set, enum key_kind kind, int64_t now);
/* NULL when there is none of that kind and kid, or it is gone. */
const struct key *key_find(const struct key_set *set, enum key_kind kind, struct text kid, int64_t now);

/* A new key that signs once every verifier has had time to fetch it (leases: 90 days), or at once; the others of its kind
 * retire when it starts. *kid_r and *times_r tell of it. */
MUST_USE enum err key_rotate(
	struct op *op, enum key_kind kind, bool at_once, struct text *kid_r, struct key_times *times_r);
/* Drops a key now: what it signed is refused. If it was the active one of its kind, the next that is published signs from now
 * on, or a fresh one: *replacement_r is its kid (else absent). NOT_FOUND. */
MUST_USE enum err key_retire(struct op *op, struct text kid, struct text *replacement_r);

#endif
