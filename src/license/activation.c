#include "license/activation.h"

#include "core/event.h"
#include "core/limit.h"
#include "license/license_seen.h"

static const int64_t DAY_MS = 24 * 3600 * 1000LL;

static struct mac_key *device_key;

void activation_start(const struct house *house)
{
	device_key = mac_key_new(house->master, "license device");
}

void activation_stop(void)
{
	mac_key_free(device_key);
	device_key = NULL;
}

/* The slot of a device: the same whenever it comes to this license, and like no other license's. */
static struct slot slot_of(struct uuid app_id, struct uuid license_id, struct text device_id)
{
	struct slot slot = {.app_id = app_id, .license_id = license_id};
	uint8_t sum[MAC_SIZE];
	MAC_SUM(device_key, sum, text_bytes(&license_id, sizeof license_id), device_id);
	memcpy(slot.device, sum, sizeof slot.device);
	return slot;
}

static enum err judge(struct op *op, const struct license *license)
{
	const enum err err = license_rules_judge(license, op->now);
	if (err == ERR_LICENSE_EXPIRED)
		op_extra_time(op, "expires_at", license->expires_at);
	return err;
}

static enum err record(struct op *op, enum event_type type, const struct license *license, struct uuid activation_id)
{
	char license_text[UUID_TEXT_SIZE], activation_text[UUID_TEXT_SIZE];
	uuid_write(license->license_id, license_text);
	uuid_write(activation_id, activation_text);
	return event_record(
		op, &(struct event){.type = type,
			    .app_id = license->app_id,
			    .user_id = license->user_id,
			    .detail = arena_printf(op->arena,
				    "{\"license_id\":\"%s\",\"activation_id\":\"%s\",\"used\":%lld,\"max\":%lld}",
				    license_text, activation_text, (long long)license->activations_used,
				    (long long)license->max_activations)});
}

/* ---- verify ---- */

/* License and slot of the asker as they stand, at the activation's slot. LICENSE_NOT_FOUND: the key is not that license's. */
static enum err look(struct op *op, const struct activation_ask *ask, struct activation_held *held)
{
	const enum db_found found = activation_sql_look(op->tx, &ask->asker->name, &held->license, &held->activation);
	OP_STORE(op, found);
	return found == DB_ROW ? ERR_NONE : ERR_LICENSE_NOT_FOUND;
}

/* The slot that the device has, or would have. */
static enum err find_slot(struct op *op, const struct activation_ask *ask, struct slot *slot_r)
{
	struct uuid license_id;
	TRY(license_find(op, ask->app, &ask->asker->name, &license_id));
	*slot_r = slot_of(ask->app->id, license_id, ask->device_id);
	return ERR_NONE;
}

/* Where this node last saw it, or else by the key. */
static enum err look_up(struct op *op, const struct activation_ask *ask, struct activation_held *held)
{
	if (ask->known) {
		held->activation.slot = *ask->known;
		const enum err err = look(op, ask, held);
		if (err != ERR_LICENSE_NOT_FOUND)
			return err;
	}
	TRY(find_slot(op, ask, &held->activation.slot));
	return look(op, ask, held);
}

enum err activation_verify(struct op *op, const struct activation_ask *ask, struct activation_held *held_r)
{
	TRY(look_up(op, ask, held_r));
	TRY(judge(op, &held_r->license));
	if (uuid_is_nil(held_r->activation.activation_id))
		return ERR_LICENSE_NOT_ACTIVATED;
	license_seen_note(&held_r->activation.slot, op->now);
	held_r->activation.last_seen_at = op->now;
	return ERR_NONE;
}

/* ---- the least recently seen ---- */

struct collecting {
	struct activation_list *list;
	struct activation one; /* the row being read */
};

static int collect(void *context)
{
	struct collecting *collecting = context;
	struct activation_list *list = collecting->list;
	struct activation one = collecting->one;
	one.last_seen_at = license_seen_at(&one.slot, one.last_seen_at);
	if (list->count == list->most && list->items[list->most - 1].last_seen_at <= one.last_seen_at)
		return 0;
	list->count -= list->count == list->most;
	size_t at = list->count++;
	for (; at > 0 && list->items[at - 1].last_seen_at > one.last_seen_at; at--)
		list->items[at] = list->items[at - 1];
	list->items[at] = one;
	return 0;
}

enum err activation_list(
	struct op *op, struct uuid app_id, struct uuid license_id, size_t most, struct activation_list *list_r)
{
	struct collecting collecting = {.list = list_r, .one.slot = {.app_id = app_id, .license_id = license_id}};
	*list_r = (struct activation_list){.items = arena_alloc(op->arena, most * sizeof *list_r->items), .most = most};
	OP_STORE(op, activation_sql_each(op->tx, &collecting.one, collect, &collecting));
	return ERR_NONE;
}

enum err activation_page(struct op *op, struct uuid app_id, struct uuid license_id, struct uuid cursor, int64_t limit,
	struct listing **listing_r)
{
	struct activation row = {.slot = {.app_id = app_id, .license_id = license_id}};
	struct listing *listing = listing_new(op, cursor, limit, &row, sizeof row);
	OP_STORE(op, activation_sql_list(op->tx, listing, &row));
	struct activation *rows = (struct activation *)(void *)listing->rows;
	for (size_t i = 0; i < listing->count; i++)
		rows[i].last_seen_at = license_seen_at(&rows[i].slot, rows[i].last_seen_at);
	*listing_r = listing;
	return ERR_NONE;
}

/* ---- activate ---- */

/* Devices change places on this license: counted, unless the app's server does it. */
static enum err count_exchange(struct op *op, const struct license *license)
{
	const struct limit_window window = {"license_churn", license->app_id,
		text_bytes(&license->license_id, sizeof license->license_id), settings_now()->license_churn_limit,
		LICENSE_CHURN_DAYS * DAY_MS};
	int64_t wait;
	if (op->app_proven)
		return ERR_NONE;
	TRY(limit_add(op, &window, &wait));
	return wait ? op_refuse_later(op, ERR_RATE_LIMITED, wait) : ERR_NONE;
}

static struct activation fresh(const struct op *op, const struct activation_ask *ask, const struct slot *slot)
{
	return (struct activation){.slot = *slot,
		.activation_id = uuid_new(op->now),
		.device_name = ask->device_name,
		.activated_at = op->now,
		.last_seen_at = op->now};
}

/* Takes a slot that is like any other, if there is one: *taken_r. */
static enum err take_any(struct op *op, const struct activation_ask *ask, struct activation_held *held, bool *taken_r)
{
	const enum db_found counted = activation_sql_take(op->tx, &held->activation.slot, &ask->asker->name, op->now,
		license_rules_remembers(op->now), &held->license);
	OP_STORE(op, counted);
	*taken_r = counted == DB_ROW;
	if (!*taken_r)
		return ERR_NONE;
	held->activation = fresh(op, ask, &held->activation.slot);
	const int written = activation_sql_put(op->tx, &held->activation);
	OP_STORE(op, written);
	if (written)
		return ERR_NONE;
	/* PostgreSQL: the same device was faster, on another connection */
	*taken_r = false;
	OP_STORE(op, activation_sql_count(op->tx, &held->activation.slot, -1, 0, &held->license));
	return ERR_NONE;
}

struct reading_freed {
	const struct activation_ask *ask;
	const struct slot *own;
	struct freed_slots *freed;
	int64_t now;
	struct slot slot; /* of the row being read */
	struct freed_slot one;
};

static int add_freed(void *context)
{
	const struct reading_freed *reading = context;
	const bool own = memcmp(&reading->slot, reading->own, sizeof reading->slot) == 0;
	license_rules_add_freed(reading->freed, &reading->one, own, reading->ask->app->lease_debt, reading->now);
	return 0;
}

static enum err read_freed(
	struct op *op, const struct activation_ask *ask, const struct slot *own, struct freed_slots *freed_r)
{
	struct reading_freed reading = {.ask = ask, .own = own, .freed = freed_r, .now = op->now, .slot = *own};
	*freed_r = (struct freed_slots){0};
	OP_STORE(op, activation_sql_each_freed(op->tx, &reading.slot, &reading.one, add_freed, &reading));
	return ERR_NONE;
}

static enum err refuse_full(struct op *op, struct activation_held *held, int64_t free_at)
{
	const struct license *license = &held->license;
	TRY(activation_list(op, license->app_id, license->license_id, ACTIVATION_SHOWN, &held->devices));
	held->free_at = free_at;
	return ERR_LICENSE_MAX_ACTIVATIONS;
}

/* Counts the device in and writes its row, where the license is held. */
static enum err put(struct op *op, const struct activation_ask *ask, struct activation_held *held)
{
	held->activation = fresh(op, ask, &held->activation.slot);
	OP_STORE(op, activation_sql_count(op->tx, &held->activation.slot, 1, 0, &held->license));
	const int written = activation_sql_put(op->tx, &held->activation);
	OP_STORE(op, written);
	return written == 1 ? ERR_NONE : ERR_INTERNAL_ERROR;
}

/* When the last lease of a device ends that holds a slot, ms. */
static int64_t lease_end(const struct license *license, const struct activation *activation)
{
	const int64_t seen_at = license_seen_at(&activation->slot, activation->last_seen_at);
	return license_rules_lease_end(license, seen_at, settings_now()->license_lease_ttl) * 1000;
}

static bool replaces(const struct activation_ask *ask)
{
	return ask->replaces_oldest || !uuid_is_nil(ask->replaces);
}

/* Who gives way, of the license of its slot: the named one, or the least recently seen. ACTIVATION_NOT_FOUND. */
static enum err find_replaced(struct op *op, const struct activation_ask *ask, struct activation *other)
{
	struct activation_list oldest;
	if (!ask->replaces_oldest) {
		const enum db_found found = activation_sql_find(op->tx, ask->replaces, other);
		OP_STORE(op, found);
		return found == DB_ROW ? ERR_NONE : ERR_ACTIVATION_NOT_FOUND;
	}
	TRY(activation_list(op, other->slot.app_id, other->slot.license_id, 1, &oldest));
	if (oldest.count == 0)
		return ERR_ACTIVATION_NOT_FOUND;
	*other = oldest.items[0];
	return ERR_NONE;
}

static int64_t first_of(int64_t a, int64_t b)
{
	return a && a < b ? a : b;
}

/* There is no slot, unless another device gives way. */
static enum err replace(
	struct op *op, const struct activation_ask *ask, struct activation_held *held, const struct freed_slots *freed)
{
	struct activation other = {.slot = held->activation.slot};
	if (!replaces(ask) || !license_rules_can_replace(&held->license, freed))
		return refuse_full(op, held, freed->free_at);
	const enum err err = find_replaced(op, ask, &other);
	if (err == ERR_ACTIVATION_NOT_FOUND)
		return refuse_full(op, held, freed->free_at);
	TRY(err);
	const int64_t held_until = ask->app->lease_debt ? lease_end(&held->license, &other) : 0;
	if (held_until > op->now)
		return refuse_full(op, held, first_of(freed->free_at, held_until));

	TRY(count_exchange(op, &held->license));
	OP_STORE(op, activation_sql_count(op->tx, &other.slot, -1, 0, &held->license));
	OP_STORE(op, activation_sql_delete(op->tx, &other.slot));
	TRY(record(op, EVENT_ACTIVATION_FREED, &held->license, other.activation_id));
	return put(op, ask, held);
}

/* A slot of a license that is held. */
static enum err take_held(struct op *op, const struct activation_ask *ask, struct activation_held *held)
{
	struct freed_slots freed;
	TRY(read_freed(op, ask, &held->activation.slot, &freed));
	switch (license_rules_choose(&held->license, &freed)) {
	case SLOT_NONE: return replace(op, ask, held, &freed);
	case SLOT_FRESH: return put(op, ask, held);
	case SLOT_OWN:
		if (freed.own.counts)
			TRY(count_exchange(op, &held->license));
		return put(op, ask, held);
	case SLOT_FREED: break;
	}
	if (freed.first.counts)
		TRY(count_exchange(op, &held->license));
	OP_STORE(op, activation_sql_delete_freed(op->tx, &held->activation.slot, freed.first.activation_id));
	return put(op, ask, held);
}

/* ERR_NONE: the device has no slot, and may have one. */
static enum err look_before(struct op *op, const struct activation_ask *ask, struct activation_held *held)
{
	TRY(look(op, ask, held));
	TRY(judge(op, &held->license));
	if (uuid_is_nil(held->activation.activation_id))
		return ERR_NONE;
	license_seen_note(&held->activation.slot, op->now);
	held->activation.last_seen_at = op->now;
	return ERR_LICENSE_ALREADY_ACTIVE;
}

/* There was no slot like any other: says why, or takes one that something is to be said about. */
static enum err take_contested(struct op *op, const struct activation_ask *ask, struct activation_held *held)
{
	TRY(look_before(op, ask, held));
	if (held->license.activations_used >= held->license.max_activations && !replaces(ask))
		return refuse_full(op, held, 0);
	OP_STORE(op, license_sql_hold(
			     op->tx, held->activation.slot.app_id, held->activation.slot.license_id, &held->license));
	TRY(look_before(op, ask, held));
	return take_held(op, ask, held);
}

enum err activation_take(struct op *op, const struct activation_ask *ask, struct activation_held *held_r)
{
	bool taken = false;
	TRY(find_slot(op, ask, &held_r->activation.slot));
	TRY(take_any(op, ask, held_r, &taken));
	if (!taken)
		TRY(take_contested(op, ask, held_r));
	return record(op, EVENT_ACTIVATION_CREATED, &held_r->license, held_r->activation.activation_id);
}

/* ---- free ---- */

/* A slot that is held now. ACTIVATION_NOT_FOUND. */
static enum err find_held(struct op *op, const struct activation_freeing *freeing, struct activation *held_r)
{
	struct activation held = {.slot = {.app_id = freeing->app->id, .license_id = freeing->license_id}};
	enum db_found found;
	if (uuid_is_nil(freeing->activation_id)) {
		held.slot = slot_of(freeing->app->id, freeing->license_id, freeing->device_id);
		found = activation_sql_get(op->tx, &held);
	} else if (uuid_is_nil(freeing->license_id)) {
		found = activation_sql_find_mine(op->tx, freeing->user_id, freeing->activation_id, &held);
	} else {
		found = activation_sql_find(op->tx, freeing->activation_id, &held);
	}
	OP_STORE(op, found);
	*held_r = held;
	return found == DB_ROW ? ERR_NONE : ERR_ACTIVATION_NOT_FOUND;
}

enum err activation_free(struct op *op, const struct activation_freeing *freeing)
{
	struct activation held;
	struct license license;
	struct freed_slot freed = {.freed_at = op->now};
	TRY(find_held(op, freeing, &held));
	const struct slot *slot = &held.slot;
	freed.counts = freeing->by != FREED_BY_OWNER && !op->app_proven;
	const bool waits = freeing->app->lease_debt && freeing->by != FREED_BY_DEVICE;
	const bool remembered = freed.counts || waits;

	OP_STORE(op, activation_sql_count(op->tx, slot, -1, remembered ? op->now : 0, &license));
	if (waits)
		freed.held_until = lease_end(&license, &held);
	const int gone = remembered ? activation_sql_free(op->tx, slot, &freed) : activation_sql_delete(op->tx, slot);
	OP_STORE(op, gone);
	if (gone)
		return record(op, EVENT_ACTIVATION_FREED, &license, held.activation_id);
	/* PostgreSQL: another was faster */
	OP_STORE(op, activation_sql_count(op->tx, slot, 1, 0, &license));
	return ERR_ACTIVATION_NOT_FOUND;
}
