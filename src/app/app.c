#include "app/app.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

/* Ids end in random bytes of our own making: those are the hash. */
#define HASH_FUNCTION(key, size, hash) memcpy(&(hash), (const uint8_t *)(key) + (size) - sizeof(hash), sizeof(hash))
#include <uthash.h>

#include "app/app_settings.h"
#include "app/app_sql.h"
#include "base/enc.h"
#include "base/retire.h"
#include "crypto/rand.h"

enum { SECRET_BYTES = 32 };

struct entry {
	struct app app;
	UT_hash_handle hh;
};

/* All apps at one moment. Replaced whole. */
struct snapshot {
	struct arena *arena;
	struct entry *by_id;
	int64_t version;
};

static struct {
	const struct house *house;
	struct mac_key *secret_key;
	_Atomic(struct snapshot *) now;
	pthread_mutex_t publishing;
} room = {.publishing = PTHREAD_MUTEX_INITIALIZER};

/* ---- the mirror ---- */

static void snapshot_free(void *retired)
{
	struct snapshot *snapshot = retired;
	if (!snapshot)
		return;
	HASH_CLEAR(hh, snapshot->by_id);
	arena_free(snapshot->arena);
	free(snapshot);
}

struct loading {
	struct snapshot *snapshot;
	struct app_row row;
	bool broken; /* a row cannot be read */
};

static void copy_mac(uint8_t to[static MAC_SIZE], struct text mac)
{
	if (mac.n == MAC_SIZE)
		memcpy(to, mac.p, MAC_SIZE);
}

static int add_entry(struct snapshot *snapshot, const struct app_row *row)
{
	struct arena *arena = snapshot->arena;
	struct app_settings settings;
	if (app_settings_read(arena, row->settings, &settings) != 0)
		return -1;
	struct entry *entry = ARENA_NEW(arena, struct entry);
	entry->app = (struct app){.id = row->id,
		.name = arena_copy(arena, row->name),
		.created_at = row->created_at,
		.allowed_origins = settings.allowed_origins,
		.session_purposes = settings.session_purposes,
		.redirect_uris = settings.redirect_uris,
		.require_secret = settings.require_secret,
		.require_pkce = settings.require_pkce,
		.signup_open = text_equal(settings.signup, TEXT("open")),
		.links_lead_to_app = text_equal(settings.link_target, TEXT("app")),
		.bind_links = settings.bind_links,
		.license_prefix = settings.license_prefix,
		.accept_custom_keys = settings.accept_custom_keys,
		.lease_debt = settings.lease_debt,
		.color = settings.color,
		.logo = settings.logo,
		.old_secret_until = row->old_secret_until};
	copy_mac(entry->app.secret_mac, row->secret_mac);
	copy_mac(entry->app.old_secret_mac, row->old_secret_mac);
	HASH_ADD(hh, snapshot->by_id, app.id, sizeof(struct uuid), entry);
	return 0;
}

static int load_one(void *context)
{
	struct loading *loading = context;
	loading->broken = add_entry(loading->snapshot, &loading->row) != 0;
	return loading->broken;
}

static enum db_verdict load(void *context, struct db_tx *tx)
{
	struct loading *loading = context;
	if (app_sql_version(tx, &loading->snapshot->version) != DB_ROW)
		return DB_UNDO;
	if (app_sql_each(tx, &loading->row, load_one, loading) < 0 || loading->broken)
		return DB_UNDO;
	return DB_KEEP;
}

static struct snapshot *snapshot_new(void)
{
	struct snapshot *snapshot = calloc(1, sizeof *snapshot);
	MUST(snapshot);
	snapshot->arena = arena_new();
	return snapshot;
}

/* Makes it the present one, unless a reading that began later was faster. */
static void publish(struct snapshot *fresh)
{
	pthread_mutex_lock(&room.publishing);
	struct snapshot *old = atomic_load(&room.now);
	if (old && old->version > fresh->version) {
		snapshot_free(fresh);
	} else {
		atomic_store(&room.now, fresh);
		retire(old, snapshot_free);
	}
	pthread_mutex_unlock(&room.publishing);
}

/* A reading on its way; no thread waits for it. */
struct reading {
	struct db_work work;
	struct loading loading;
};

static enum db_verdict read_again(struct db_work *work, struct db_tx *tx)
{
	struct reading *reading = CONTAINER(work, struct reading, work);
	struct snapshot *snapshot = reading->loading.snapshot;
	if (app_sql_version(tx, &snapshot->version) != DB_ROW)
		return DB_UNDO;
	if (snapshot->version == atomic_load(&room.now)->version)
		return DB_UNDO;
	HASH_CLEAR(hh, snapshot->by_id);
	return load(&reading->loading, tx);
}

static void after_reading(struct db_work *work, enum db_outcome outcome)
{
	struct reading *reading = CONTAINER(work, struct reading, work);
	if (outcome == DB_COMMITTED)
		publish(reading->loading.snapshot);
	else
		snapshot_free(reading->loading.snapshot);
	arena_free(work->arena);
	free(reading);
}

void app_reload(void)
{
	struct reading *reading = calloc(1, sizeof *reading);
	MUST(reading);
	reading->work = (struct db_work){.run = read_again, .after = after_reading, .arena = arena_new()};
	reading->loading.snapshot = snapshot_new();
	if (db_submit_read(room.house->db, &reading->work) != 0)
		after_reading(&reading->work, DB_FAILED);
}

int app_start(const struct house *house)
{
	room.house = house;
	room.secret_key = mac_key_new(house->master, "app secret");
	struct loading loading = {.snapshot = snapshot_new()};
	if (db_run(house->db, load, &loading) != DB_COMMITTED) {
		snapshot_free(loading.snapshot);
		return -1;
	}
	publish(loading.snapshot);
	return 0;
}

void app_stop(void)
{
	snapshot_free(atomic_exchange(&room.now, NULL));
	mac_key_free(room.secret_key);
	room.secret_key = NULL;
}

/* ---- questions ---- */

/* The present table, loaded once: uthash's macros name it many times, and another could come between. */
static struct entry *entries(void)
{
	return atomic_load(&room.now)->by_id;
}

const struct app *app_find(struct uuid id)
{
	struct entry *all = entries(), *entry;
	HASH_FIND(hh, all, &id, sizeof id, entry);
	return entry ? &entry->app : NULL;
}

size_t app_count(void)
{
	struct entry *all = entries();
	return HASH_COUNT(all);
}

const struct app *app_sole(void)
{
	struct entry *all = entries();
	return HASH_COUNT(all) == 1 ? &all->app : NULL;
}

const struct app *app_oldest(bool (*fits)(const struct app *app))
{
	const struct app *oldest = NULL;
	for (struct entry *entry = entries(); entry; entry = entry->hh.next)
		if (fits(&entry->app) && (!oldest || memcmp(&entry->app.id, &oldest->id, sizeof oldest->id) < 0))
			oldest = &entry->app;
	return oldest;
}

static void secret_sum(struct text secret, uint8_t out[static MAC_SIZE])
{
	MAC_SUM(room.secret_key, out, secret);
}

bool app_secret_fits(const struct app *app, struct text secret, int64_t now)
{
	static const struct app NOBODY;
	const struct app *asked = app ? app : &NOBODY;
	uint8_t sum[MAC_SIZE];
	secret_sum(secret, sum);
	bool is_new = secret_equal(sum, asked->secret_mac, MAC_SIZE);
	bool is_old = secret_equal(sum, asked->old_secret_mac, MAC_SIZE) & (now < asked->old_secret_until);
	return (app != NULL) & (is_new | is_old);
}

static bool list_holds(struct text_list list, struct text wanted)
{
	for (size_t i = 0; i < list.count; i++)
		if (text_equal(list.items[i], wanted))
			return true;
	return false;
}

bool app_allows_origin(const struct app *app, struct text origin)
{
	if (app)
		return list_holds(app->allowed_origins, origin);
	for (struct entry *entry = entries(); entry; entry = entry->hh.next)
		if (list_holds(entry->app.allowed_origins, origin))
			return true;
	return false;
}

bool app_allows_redirect(const struct app *app, struct text uri)
{
	return list_holds(app->redirect_uris, uri);
}

bool app_requires_secret(const struct app *app)
{
	return app->require_secret;
}

bool app_is_session_purpose(const struct app *app, struct text purpose)
{
	return list_holds(app->session_purposes, purpose);
}

/* ---- changes ---- */

struct text app_new_secret(struct op *op, uint8_t mac[static MAC_SIZE])
{
	uint8_t bytes[SECRET_BYTES];
	struct buf out;
	rand_bytes(bytes, sizeof bytes);
	buf_init(&out, op->arena, 64);
	buf_add(&out, TEXT("kws_"));
	enc_base64url_add(&out, bytes, sizeof bytes);
	secret_wipe(bytes, sizeof bytes);
	struct text secret = buf_text(&out);
	secret_sum(secret, mac);
	return secret;
}

/* All apps as the transaction of a change leaves them, in its operation's arena. */
struct change {
	struct arena *arena;
	int64_t version;
	struct app_row row; /* the one being read */
	struct changed_row {
		struct app_row row;
		struct changed_row *next;
	} * rows;
};

static int keep_row(void *context)
{
	struct change *change = context;
	struct changed_row *kept = ARENA_NEW(change->arena, struct changed_row);
	*kept = (struct changed_row){change->row, change->rows};
	change->rows = kept;
	return 0;
}

/* After the commit and before the answer: whoever reads that the change is made can rely on it. */
static void show_change(void *context)
{
	const struct change *change = context;
	struct snapshot *snapshot = snapshot_new();
	snapshot->version = change->version;
	int result = 0;
	for (const struct changed_row *kept = change->rows; kept && result == 0; kept = kept->next)
		result = add_entry(snapshot, &kept->row);
	if (result == 0)
		publish(snapshot);
	else
		snapshot_free(snapshot);
}

enum err app_changed(struct op *op, struct uuid id, enum event_type type)
{
	struct change *change = ARENA_NEW(op->arena, struct change);
	change->arena = op->arena;
	OP_STORE(op, app_sql_raise_version(op->tx));
	OP_STORE(op, app_sql_version(op->tx, &change->version));
	OP_STORE(op, app_sql_each(op->tx, &change->row, keep_row, change));
	const struct event event = {.type = type, .app_id = id};
	enum err err = event_record(op, &event);
	if (err == ERR_NONE)
		op_after_commit(op, show_change, change);
	return err;
}

enum err app_make(struct op *op, struct text name, struct uuid *id_r, struct text *secret_r)
{
	uint8_t mac[MAC_SIZE];
	struct text secret = app_new_secret(op, mac);
	struct app_row row = {.id = uuid_new(op->now),
		.name = name,
		.settings = app_settings_write(op->arena, &APP_SETTINGS_STANDARD),
		.created_at = op->now,
		.secret_mac = text_bytes(mac, sizeof mac)};
	OP_STORE(op, app_sql_insert(op, &row));
	enum err err = app_changed(op, row.id, EVENT_APP_CREATED);
	if (err != ERR_NONE)
		return err;
	*id_r = row.id;
	*secret_r = secret;
	return ERR_NONE;
}

static struct text_list first_of(struct arena *arena, struct text uri, struct text_list rest)
{
	struct text *items = arena_alloc(arena, (rest.count + 1) * sizeof *items);
	struct text_list list = {items, 0};
	items[list.count++] = uri;
	for (size_t i = 0; i < rest.count && list.count < REDIRECTS_MAX; i++)
		if (!text_equal(rest.items[i], uri))
			items[list.count++] = rest.items[i];
	return list;
}

enum err app_lead_to(struct op *op, struct uuid id, struct text uri)
{
	struct app_row row;
	struct app_settings settings;
	enum db_found found = app_sql_get(op->tx, id, &row);
	OP_STORE(op, found);
	if (found == DB_NONE)
		return ERR_APP_NOT_FOUND;
	if (app_settings_read(op->arena, row.settings, &settings) != 0)
		return ERR_INTERNAL_ERROR;
	settings.redirect_uris = first_of(op->arena, uri, settings.redirect_uris);
	row.settings = app_settings_write(op->arena, &settings);
	OP_STORE(op, app_sql_update(op, &row));
	return app_changed(op, id, EVENT_APP_CHANGED);
}
