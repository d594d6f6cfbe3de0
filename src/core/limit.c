#include "core/limit.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/num.h"
#include "core/limit_sql.h"
#include "core/prune.h"

/* ---- in memory ---- */

enum { SETS = 1 << 14, WAYS = 4, V6_SITE_FACTOR = 16 };
enum per { ADDRESS, APP };
enum in_dev { OFF_IN_DEV, ON_IN_DEV };

struct rule {
	enum per per;
	size_t setting; /* offset of its budget in struct settings */
	enum err err;
	enum in_dev in_dev;
};
static const struct rule RULES[LIMIT_COUNT] = {
#define LIMIT(name, per, setting, error, dev)                                                                          \
	[LIMIT_##name] = {per, offsetof(struct settings, setting), ERR_##error, dev},
#include "tables/limits.def"
#undef LIMIT
};

/* A leaky bucket: full_at is when, at the budget's steady rate, all that was drawn has leaked out. */
struct bucket {
	uint64_t tag;    /* 0: unused */
	int64_t full_at; /* in op->now's time */
};

static struct {
	const struct house *house;
	struct mac_key *tag_key, *subject_key;
	struct bucket (*sets)[WAYS];
	_Atomic int64_t full_until[LIMIT_COUNT]; /* the latest full_at of any bucket of that budget */
	pthread_mutex_t lock;
} room = {.lock = PTHREAD_MUTEX_INITIALIZER};

void limit_start(const struct house *house)
{
	room.house = house;
	room.tag_key = mac_key_new(house->master, "limit table");
	room.subject_key = mac_key_new(house->master, "limit subject");
	room.sets = calloc(SETS, sizeof *room.sets);
	MUST(room.sets);
	for (size_t i = 0; i < LIMIT_COUNT; i++)
		room.full_until[i] = 0;
}

void limit_stop(void)
{
	free(room.sets);
	mac_key_free(room.subject_key);
	mac_key_free(room.tag_key);
	room.sets = NULL;
	room.subject_key = room.tag_key = NULL;
}

static uint64_t tag_of(enum limit_id id, struct text scope, struct text who)
{
	uint8_t sum[MAC_SIZE];
	uint64_t tag;
	MAC_SUM(room.tag_key, sum, text_bytes(&id, sizeof id), scope, who);
	memcpy(&tag, sum, sizeof tag);
	return tag ? tag : 1;
}

/* The bucket of that tag, or NULL. */
static struct bucket *find_bucket(uint64_t tag)
{
	struct bucket *set = room.sets[tag % SETS];
	for (int i = 0; i < WAYS; i++)
		if (set[i].tag == tag)
			return &set[i];
	return NULL;
}

/* A stranger takes the place of the emptiest, so that floods push out the innocent first and whoever is locked stays
 * locked. */
static struct bucket *new_bucket(uint64_t tag)
{
	struct bucket *set = room.sets[tag % SETS], *emptiest = set;
	for (int i = 1; i < WAYS; i++)
		if (set[i].full_at < emptiest->full_at)
			emptiest = &set[i];
	*emptiest = (struct bucket){tag, 0};
	return emptiest;
}

/* One budget of one subject, and what one draw of it weighs in ms: the bucket holds count of them. */
struct draw {
	uint64_t tag;
	int64_t each, room;
};

static struct draw draw_of(uint64_t tag, int64_t count, int64_t window_ms)
{
	int64_t each = window_ms / count > 0 ? window_ms / count : 1;
	return (struct draw){tag, each, each * count};
}

static int64_t level_of(const struct bucket *bucket, int64_t now)
{
	return bucket && bucket->full_at > now ? bucket->full_at - now : 0;
}

/* How long until there is room for one more. */
static int64_t wait_for(const struct draw *draw, int64_t now)
{
	int64_t above = level_of(find_bucket(draw->tag), now) + draw->each - draw->room;
	return above > 0 ? above : 0;
}

static void carry_out(enum limit_id id, const struct draw *draw, int64_t now)
{
	struct bucket *bucket = find_bucket(draw->tag);
	if (!bucket)
		bucket = new_bucket(draw->tag);
	bucket->full_at = now + level_of(bucket, now) + draw->each;
	if (bucket->full_at > room.full_until[id])
		room.full_until[id] = bucket->full_at;
}

/* The budgets that one request draws from: of the app, or of the address and (IPv6) its site. */
static size_t draws_of(struct op *op, enum limit_id id, struct text scope, struct draw draws[static 2])
{
	const struct rule *rule = &RULES[id];
	const struct budget *budget = (const void *)((const char *)settings_now() + rule->setting);
	struct ip host = ip_prefix(op->client, 64), site = ip_prefix(op->client, 48);
	struct text who = rule->per == ADDRESS ? text_bytes(&host, sizeof host) : TEXT_NONE;
	draws[0] = draw_of(tag_of(id, scope, who), budget->count, budget->window_ms);
	if (rule->per != ADDRESS || ip_is_v4(op->client))
		return 1;
	draws[1] = draw_of(tag_of(id, scope, text_bytes(&site, 6)), budget->count * V6_SITE_FACTOR, budget->window_ms);
	return 2;
}

static uint32_t drawn_bit(enum limit_id id)
{
	_Static_assert(LIMIT_COUNT <= 32, "struct op keeps a bit for each");
	return UINT32_C(1) << id;
}

static enum err judge(struct op *op, enum limit_id id, struct text scope, bool take)
{
	if (id == LIMIT_NO_LIMIT || (op->drawn & drawn_bit(id)))
		return ERR_NONE;
	const struct rule *rule = &RULES[id];
	if ((settings_now()->dev && rule->in_dev == OFF_IN_DEV) || (rule->per == ADDRESS && !op->client_known))
		return ERR_NONE;
	/* every bucket has leaked out: most looks find it so, and need no tag */
	if (!take && op->now >= room.full_until[id])
		return ERR_NONE;
	struct draw draws[2];
	size_t count = draws_of(op, id, scope, draws);
	int64_t wait = 0;
	pthread_mutex_lock(&room.lock);
	for (size_t i = 0; i < count && wait == 0; i++)
		wait = wait_for(&draws[i], op->now);
	for (size_t i = 0; i < count && wait == 0 && take; i++)
		carry_out(id, &draws[i], op->now);
	pthread_mutex_unlock(&room.lock);
	if (wait)
		return op_refuse_later(op, rule->err, wait);
	op->drawn |= take ? drawn_bit(id) : 0;
	return ERR_NONE;
}

enum err limit_take(struct op *op, enum limit_id id, struct text scope)
{
	return judge(op, id, scope, true);
}

enum err limit_look(struct op *op, enum limit_id id, struct text scope)
{
	return judge(op, id, scope, false);
}

/* ---- in the store ---- */

static struct limit_row row_of(const struct limit_window *window, int64_t now)
{
	MUST(window->count > 0 && window->count <= LIMIT_WINDOW_MAX);
	struct limit_row row = {.window = window, .expires_at = now + window->window_ms};
	MAC_SUM(room.subject_key, row.subject, text_of(window->kind), window->subject);
	snprintf(row.now, sizeof row.now, "%013lld", (long long)now);
	snprintf(row.cutoff, sizeof row.cutoff, "%013lld", (long long)(now - window->window_ms));
	return row;
}

/* Counts the times after the cutoff; *wait_r is what the oldest of the last count still needs to fall out. */
static int64_t count_times(const struct limit_window *window, struct text times, int64_t now, int64_t *wait_r)
{
	int64_t used = 0, wait = 0;
	for (size_t back = 1; back <= times.n / LIMIT_TIME_SIZE; back++) {
		int64_t at = 0;
		struct text digits = text_bytes(times.p + times.n - back * LIMIT_TIME_SIZE, LIMIT_TIME_SIZE);
		if (num_read(digits, 0, INT64_MAX, &at) != 0 || at + window->window_ms <= now)
			break;
		used++;
		/* an operation that read the clock later may have committed first: nobody waits longer than the window */
		if ((int64_t)back == window->count)
			wait = at > now ? window->window_ms : at + window->window_ms - now;
	}
	*wait_r = wait;
	return used;
}

enum err limit_see(struct op *op, const struct limit_window *window, int64_t *used_r, int64_t *wait_ms_r)
{
	struct limit_row row = row_of(window, op->now);
	struct text times = TEXT_NONE;
	OP_STORE(op, limit_sql_select(op->tx, &row, &times));
	*used_r = count_times(window, times, op->now, wait_ms_r);
	return ERR_NONE;
}

enum err limit_add(struct op *op, const struct limit_window *window, int64_t *wait_ms_r)
{
	struct limit_row row = row_of(window, op->now);
	enum db_found added = limit_sql_add(op->tx, &row);
	OP_STORE(op, added);
	*wait_ms_r = 0;
	if (added == DB_ROW)
		return ERR_NONE;
	int64_t used;
	return limit_see(op, window, &used, wait_ms_r);
}

enum err limit_note(struct op *op, const struct limit_window *window)
{
	struct limit_row row = row_of(window, op->now);
	OP_STORE(op, limit_sql_note(op->tx, &row));
	return ERR_NONE;
}

void limit_prune(void)
{
	prune_pieces(room.house->db, limit_sql_prune, clock_now());
}
