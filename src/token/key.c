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
#include "core/setting.h"
#include "crypto/rand.h"
#include "crypto/seal.h"
#include "token/key_sql.h"
#include "token/token.h"

/* Clocks of verifiers may be off; keys that are gone stay listed for a while. */
static const int64_t DAY_MS = 24 * 3600 * 1000LL, SKEW_MS = 60 * 1000, GONE_KEPT_MS = 30 * DAY_MS;

/* Rotation waits for JWKS caches and then some; for leases, until programs with the new key have reached people. */
static const struct {
	const char *name, *prefix; /* of its kids */
	int64_t publish_ms;
	size_t life; /* the setting of how long what it signs lasts */
} KINDS[KEY_KIND_COUNT] = {
	[KEY_TOKEN] = {"token", "k", (KEY_JWKS_MAX_AGE_S + 300) * 1000, SETTING_token_access_ttl},
	[KEY_LICENSE] = {"license", "lic_", 90 * DAY_MS, SETTING_license_lease_ttl},
};

const char *key_kind_name(enum key_kind kind)
{
	return KINDS[kind].name;
}

static const char PURPOSE[] = "signing keys";

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

const struct key *key_signer(const struct key_set *set, enum key_kind kind, int64_t now)
{
	/* keys stand in the order of active_at; a clock that was set back may leave none active: then the first signs */
	const struct key *signer = NULL;
	for (size_t i = 0; i < set->count; i++) {
		const struct key *key = &set->keys[i];
		if (key->kind == kind && (!signer || key_stage(&key->times, now) == KEY_ACTIVE))
			signer = key;
	}
	MUST(signer);
	return signer;
}

const struct key *key_find(const struct key_set *set, enum key_kind kind, struct text kid, int64_t now)
{
	for (size_t i = 0; i < set->count; i++) {
		const struct key *key = &set->keys[i];
		if (key->kind == kind && text_equal(kid, text_of(key->kid)))
			return key_stage(&key->times, now) == KEY_GONE ? NULL : key;
	}
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

static struct sign_key *open_key(const struct seal_key *opener, struct arena *arena, const struct key_row *row)
{
	struct text der;
	if (row->kid.n > JWT_KID_MAX || seal_open(opener, arena, row->kid, row->sealed, &der))
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
		key->kind = row->kind;
		key->times = row->times;
		key->sign = open_key(sealing, arena, row);
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

static bool opens(const struct seal_key *opener, struct arena *arena, const struct key_row *row)
{
	struct sign_key *key = open_key(opener, arena, row);
	sign_key_free(key);
	return key != NULL;
}

bool token_key_opens(const uint8_t master[static MASTER_KEY_SIZE], struct text kid, struct text sealed)
{
	struct arena *arena = arena_new();
	struct seal_key *opener = seal_key_new(master, PURPOSE);
	const bool so = opens(opener, arena, &(struct key_row){.kid = kid, .sealed = sealed});
	seal_key_free(opener);
	arena_free(arena);
	return so;
}

int token_keys_open(struct db_tx *tx, const uint8_t master[static MASTER_KEY_SIZE])
{
	struct arena *arena = db_tx_arena(tx);
	struct seal_key *opener = seal_key_new(master, PURPOSE);
	struct key_row *row = NULL;
	int count = key_sql_list(tx, arena, 0, &row);
	for (; row && count >= 0; row = row->next)
		if (!opens(opener, arena, row))
			count = -2;
	seal_key_free(opener);
	return count;
}

/* ---- changes ---- */

/* Writes a fresh key that signs from active_at on; the others of its kind stop then, and verify until the last that they
 * signed is dead to every clock and cache, whatever the setting of its life was or becomes until then, here or on another
 * node. */
static int insert_fresh(struct db_tx *tx, struct arena *arena, enum key_kind kind, int64_t now, int64_t active_at,
	struct key_row *row_r)
{
	uint8_t random[8];
	char name[ENC_BASE64URL_SIZE(sizeof random)];
	rand_bytes(random, sizeof random);
	enc_base64url(random, sizeof random, name);

	struct sign_key *sign = sign_key_generate();
	struct key_row row = {
		.kid = arena_printf(arena, "%s%.*s", KINDS[kind].prefix, (int)sizeof name, name),
		.kind = kind,
		.times = {.created_at = now, .active_at = active_at},
	};
	row.sealed = seal(sealing, arena, row.kid, sign_key_private(sign, arena));
	sign_key_free(sign);
	const int64_t others_gone_at =
		active_at + setting_longest(&SETTINGS[KINDS[kind].life]) + SKEW_MS + KEY_JWKS_MAX_AGE_S * 1000;
	if (key_sql_retire_others(tx, kind, active_at, others_gone_at) < 0 || key_sql_insert(tx, &row) < 0)
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

enum err key_rotate(struct op *op, enum key_kind kind, bool at_once, struct text *kid_r, struct key_times *times_r)
{
	struct key_row row;
	const int64_t active_at = at_once ? op->now : op->now + KINDS[kind].publish_ms;
	OP_STORE(op, key_sql_begin_change(op->tx));
	OP_STORE(op, insert_fresh(op->tx, op->arena, kind, op->now, active_at, &row));
	TRY(end_change(op, EVENT_KEY_ROTATED, row.kid));
	*kid_r = row.kid;
	*times_r = row.times;
	return ERR_NONE;
}

/* The first of its kind in that stage, or NULL. */
static const struct key_row *find_row(const struct key_row *row, enum key_kind kind, enum key_stage stage, int64_t now)
{
	while (row && (row->kind != kind || key_stage(&row->times, now) != stage))
		row = row->next;
	return row;
}

/* Somebody must sign: the next that is published, which verifiers know already, or else a fresh one. Returns -1 when the
 * store cannot; *replacement_r stays where there is one that signs. */
static int replace(struct op *op, enum key_kind kind, const struct key_row *left, struct text *replacement_r)
{
	struct key_row fresh;
	if (find_row(left, kind, KEY_ACTIVE, op->now))
		return 0;
	const struct key_row *next = find_row(left, kind, KEY_PUBLISHED, op->now);
	if (next) {
		*replacement_r = next->kid;
		return key_sql_activate(op->tx, next->kid, op->now);
	}
	if (insert_fresh(op->tx, op->arena, kind, op->now, op->now, &fresh) < 0)
		return -1;
	*replacement_r = fresh.kid;
	return 0;
}

enum err key_retire(struct op *op, struct text kid, struct text *replacement_r)
{
	OP_STORE(op, key_sql_begin_change(op->tx));
	const int dropped = key_sql_drop(op->tx, kid, op->now);
	OP_STORE(op, dropped);
	if (dropped == 0)
		return ERR_NOT_FOUND;

	struct key_row *left = NULL;
	struct text replacement = TEXT_NONE;
	OP_STORE(op, key_sql_list(op->tx, op->arena, op->now, &left));
	for (enum key_kind kind = 0; kind < KEY_KIND_COUNT; kind++)
		OP_STORE(op, replace(op, kind, left, &replacement));
	TRY(end_change(op, EVENT_KEY_RETIRED, kid));
	*replacement_r = replacement;
	return ERR_NONE;
}

/* ---- start, reload, stop ---- */

static bool has_kind(const struct rows *rows, enum key_kind kind)
{
	for (const struct key_row *row = rows->first; row; row = row->next)
		if (row->kind == kind)
			return true;
	return false;
}

static bool has_all_kinds(const struct rows *rows)
{
	for (enum key_kind kind = 0; kind < KEY_KIND_COUNT; kind++)
		if (!has_kind(rows, kind))
			return false;
	return true;
}

/* There is no key of some kind. The change is begun first, so that of two nodes one makes the key. */
static int make_first(struct db_tx *tx, struct arena *arena, int64_t now, struct rows *rows)
{
	struct key_row fresh;
	if (key_sql_begin_change(tx) < 0 || read_rows(tx, arena, now, rows) < 0)
		return -1;
	for (enum key_kind kind = 0; kind < KEY_KIND_COUNT; kind++)
		if (!has_kind(rows, kind) && insert_fresh(tx, arena, kind, now, now, &fresh) < 0)
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
	if (!has_all_kinds(&rows) && make_first(tx, arena, now, &rows) < 0)
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
	sealing = seal_key_new(house->master, PURPOSE);
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
