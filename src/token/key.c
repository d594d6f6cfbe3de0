#include "token/key.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/enc.h"
#include "base/log.h"
#include "base/retire.h"
#include "core/event.h"
#include "crypto/rand.h"
#include "crypto/seal.h"
#include "token/key_sql.h"

/* Rotation waits for JWKS caches and then some; clocks of verifiers may be off; keys that are gone stay listed for a while. */
static const int64_t PUBLISH_MS = (KEY_JWKS_MAX_AGE_S + 300) * 1000, SKEW_MS = 60 * 1000,
		     GONE_KEPT_MS = 30 * 24 * 3600 * 1000LL;

static struct db *store;
static struct seal_key *sealing;
static struct key_set *_Atomic current;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* held by whoever writes current */

/* ---- stages ---- */

enum key_stage key_stage(const struct key_times *times, int64_t now)
{
	if (times->gone_at && times->gone_at <= now)
		return KEY_GONE;
	if (times->retired_at && times->retired_at <= now)
		return KEY_RETIRED;
	return times->active_at <= now ? KEY_ACTIVE : KEY_PUBLISHED;
}

const char *key_stage_name(enum key_stage stage)
{
	static const char *const NAMES[] = {
		[KEY_PUBLISHED] = "published",
		[KEY_ACTIVE] = "active",
		[KEY_RETIRED] = "retired",
		[KEY_GONE] = "gone",
	};
	return NAMES[stage];
}

const struct key *key_signer(const struct key_set *set, int64_t now)
{
	/* keys stand in the order of active_at; a clock that was set back may leave none active: then the first signs */
	const struct key *signer = &set->keys[0];
	for (size_t i = 0; i < set->count; i++)
		if (key_stage(&set->keys[i].times, now) == KEY_ACTIVE)
			signer = &set->keys[i];
	return signer;
}

const struct key *key_find(const struct key_set *set, struct text kid, int64_t now)
{
	for (size_t i = 0; i < set->count; i++)
		if (text_equal(kid, text_of(set->keys[i].kid)))
			return key_stage(&set->keys[i].times, now) == KEY_GONE ? NULL : &set->keys[i];
	return NULL;
}

/* ---- sets ---- */

static void free_set(void *retired)
{
	struct key_set *set = retired;
	for (size_t i = 0; set && i < set->count; i++)
		sign_key_free(set->keys[i].sign);
	free(set);
}

/* Makes set the current one, unless that is newer. Takes it over. */
static void publish(struct key_set *set)
{
	pthread_mutex_lock(&lock);
	struct key_set *old = atomic_load(&current);
	if (old && old->version >= set->version) {
		free_set(set);
	} else {
		atomic_store(&current, set);
		retire(old, free_set);
	}
	pthread_mutex_unlock(&lock);
}

const struct key_set *key_current(void)
{
	return atomic_load(&current);
}

/* ---- rows to a set ---- */

struct rows {
	int64_t version;
	int count;
	struct key_row *first;
};

/* Nonnegative, or -1. */
static int read_rows(struct db_tx *tx, struct arena *arena, int64_t now, struct rows *rows)
{
	if (key_sql_version(tx, &rows->version) != DB_ROW)
		return -1;
	rows->count = key_sql_list(tx, arena, now, &rows->first);
	return rows->count;
}

static struct sign_key *open_key(struct arena *arena, const struct key_row *row)
{
	struct text der;
	if (row->kid.n > JWT_KID_MAX || seal_open(sealing, arena, row->kid, row->sealed, &der))
		return NULL;
	return sign_key_read(der);
}

/* NULL when a key cannot be opened. */
static struct key_set *make_set(struct arena *arena, const struct rows *rows)
{
	struct key_set *set = calloc(1, sizeof *set + (size_t)rows->count * sizeof *set->keys);
	MUST(set);
	set->version = rows->version;
	for (const struct key_row *row = rows->first; row; row = row->next) {
		struct key *key = &set->keys[set->count++];
		key->times = row->times;
		key->sign = open_key(arena, row);
		if (!key->sign) {
			log_say(LOG_ERROR, "key.unreadable",
				"a signing key cannot be opened: is this the right master key?");
			free_set(set);
			return NULL;
		}
		memcpy(key->kid, row->kid.p, row->kid.n);
	}
	return set;
}

/* ---- changes ---- */

/* Writes a fresh key that signs from active_at on; the others stop then, and verify until the last token they signed is
 * dead to every clock and cache. */
static int insert_fresh(struct db_tx *tx, struct arena *arena, int64_t now, int64_t active_at, struct key_row *row_r)
{
	uint8_t random[8];
	char name[ENC_BASE64URL_SIZE(sizeof random)];
	rand_bytes(random, sizeof random);
	enc_base64url(random, sizeof random, name);

	struct sign_key *sign = sign_key_generate();
	struct key_row row = {
		.kid = arena_printf(arena, "k%.*s", (int)sizeof name, name),
		.times = {.created_at = now, .active_at = active_at},
	};
	row.sealed = seal(sealing, arena, row.kid, sign_key_private(sign, arena));
	sign_key_free(sign);
	const int64_t others_gone_at =
		active_at + settings_now()->token_access_ttl + SKEW_MS + KEY_JWKS_MAX_AGE_S * 1000;
	if (key_sql_retire_others(tx, active_at, others_gone_at) < 0 || key_sql_insert(tx, &row) < 0)
		return -1;
	*row_r = row;
	return 0;
}

struct change {
	struct arena *arena;
	struct rows rows;
};

/* After the commit: what was read in its transaction is what holds now. */
static void show_change(void *context)
{
	const struct change *change = context;
	struct key_set *set = make_set(change->arena, &change->rows);
	if (set)
		publish(set);
}

/* Writes the event, and lets the changed keys be used as soon as they are committed. */
static enum err end_change(struct op *op, enum event_type type, struct text kid)
{
	struct change *change = ARENA_NEW(op->arena, struct change);
	change->arena = op->arena;
	OP_STORE(op, key_sql_prune(op->tx, op->now - GONE_KEPT_MS));
	OP_STORE(op, read_rows(op->tx, op->arena, op->now, &change->rows));
	op_after_commit(op, show_change, change);
	return event_record(op,
		&(struct event){.type = type, .detail = arena_printf(op->arena, "{\"kid\":\"%.*s\"}", TEXT_ARG(kid))});
}

enum err key_rotate(struct op *op, bool at_once, struct text *kid_r, struct key_times *times_r)
{
	struct key_row row;
	OP_STORE(op, key_sql_begin_change(op->tx));
	OP_STORE(op, insert_fresh(op->tx, op->arena, op->now, at_once ? op->now : op->now + PUBLISH_MS, &row));
	TRY(end_change(op, EVENT_KEY_ROTATED, row.kid));
	*kid_r = row.kid;
	*times_r = row.times;
	return ERR_NONE;
}

static bool one_is_active(const struct key_row *row, int64_t now)
{
	for (; row; row = row->next)
		if (key_stage(&row->times, now) == KEY_ACTIVE)
			return true;
	return false;
}

enum err key_retire(struct op *op, struct text kid, struct text *replacement_r)
{
	OP_STORE(op, key_sql_begin_change(op->tx));
	const int dropped = key_sql_drop(op->tx, kid, op->now);
	OP_STORE(op, dropped);
	if (dropped == 0)
		return ERR_NOT_FOUND;

	struct key_row *left = NULL, fresh = {0};
	OP_STORE(op, key_sql_list(op->tx, op->arena, op->now, &left));
	if (!one_is_active(left, op->now))
		OP_STORE(op, insert_fresh(op->tx, op->arena, op->now, op->now, &fresh));
	TRY(end_change(op, EVENT_KEY_RETIRED, kid));
	*replacement_r = fresh.kid;
	return ERR_NONE;
}

/* ---- start, reload, stop ---- */

/* There is no key at all. The change is begun first, so that of two nodes one makes the key. */
static int make_first(struct db_tx *tx, struct arena *arena, int64_t now, struct rows *rows)
{
	struct key_row fresh;
	if (key_sql_begin_change(tx) < 0 || read_rows(tx, arena, now, rows) < 0)
		return -1;
	if (rows->count == 0 && insert_fresh(tx, arena, now, now, &fresh) < 0)
		return -1;
	return read_rows(tx, arena, now, rows);
}

struct reload {
	int64_t seen_version;
	struct key_set *set; /* NULL when nothing changed */
};

static enum db_verdict reload(void *context, struct db_tx *tx)
{
	struct reload *reload = context;
	struct arena *arena = db_tx_arena(tx);
	const int64_t now = clock_now();
	struct rows rows = {0};
	free_set(reload->set); /* of an earlier try */
	reload->set = NULL;
	if (key_sql_version(tx, &rows.version) != DB_ROW)
		return DB_UNDO;
	if (rows.version == reload->seen_version)
		return DB_KEEP;
	if (read_rows(tx, arena, now, &rows) < 0)
		return DB_UNDO;
	if (rows.count == 0 && make_first(tx, arena, now, &rows) < 0)
		return DB_UNDO;
	reload->set = make_set(arena, &rows);
	return reload->set ? DB_KEEP : DB_UNDO;
}

static int reload_after(int64_t seen_version)
{
	struct reload context = {.seen_version = seen_version};
	const enum db_outcome outcome = db_run(store, reload, &context);
	if (outcome != DB_COMMITTED) {
		free_set(context.set);
		return -1;
	}
	if (context.set)
		publish(context.set);
	return 0;
}

int key_start(const struct house *house)
{
	store = house->db;
	sealing = seal_key_new(house->master, "signing keys");
	return reload_after(-1);
}

void key_reload(void)
{
	/* a store that does not answer was logged by it; what we have stays good */
	(void)!reload_after(key_current()->version);
}

void key_stop(void)
{
	free_set(atomic_exchange(&current, NULL));
	seal_key_free(sealing);
	sealing = NULL;
}
