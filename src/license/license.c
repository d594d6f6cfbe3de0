#include "license/license.h"

#include "base/clock.h"
#include "core/event.h"
#include "core/limit.h"
#include "core/prune.h"
#include "license/activation.h"
#include "license/activation_sql.h"
#include "license/license_lease.h"
#include "license/license_order.h"
#include "license/license_rules.h"
#include "license/license_seen.h"
#include "license/license_sql.h"
#include "tenant/tenant.h"
#include "user/metadata.h"

static const int64_t DAY_MS = 24 * 3600 * 1000LL;

static const struct house *home;

int license_start(const struct house *house)
{
	home = house;
	license_name_start(house);
	license_order_start(house);
	license_lease_start(house);
	license_seen_start();
	activation_start(house);
	return 0;
}

void license_stop(void)
{
	activation_stop();
	license_seen_stop();
	license_lease_stop();
	license_order_stop();
	license_name_stop();
	home = NULL;
}

/* ---- finding ---- */

enum err license_find(struct op *op, const struct app *app, const struct license_name *name, struct uuid *license_id_r)
{
	struct uuid *scope = ARENA_NEW(op->arena, struct uuid), license_id;
	*scope = app->id;
	TRY(limit_look(op, LIMIT_wrong_keys_per_address, text_bytes(scope, sizeof *scope)));
	const enum db_found found = license_sql_find(op->tx, app->id, name, &license_id);
	OP_STORE(op, found);
	if (found == DB_NONE) {
		(void)limit_take(op, LIMIT_wrong_keys_per_address, text_bytes(scope, sizeof *scope));
		return ERR_LICENSE_NOT_FOUND;
	}
	*license_id_r = license_id;
	return ERR_NONE;
}

enum err license_get(struct op *op, struct uuid app_id, struct uuid license_id, struct license *license_r)
{
	const enum db_found found = license_sql_get(op->tx, app_id, license_id, license_r);
	OP_STORE(op, found);
	return found == DB_ROW ? ERR_NONE : ERR_LICENSE_NOT_FOUND;
}

/* The license as nobody else changes it until the end of the transaction. */
static enum err hold(struct op *op, struct uuid app_id, struct uuid license_id, struct license *license_r)
{
	const enum db_found found = license_sql_hold(op->tx, app_id, license_id, license_r);
	OP_STORE(op, found);
	return found == DB_ROW ? ERR_NONE : ERR_LICENSE_NOT_FOUND;
}

/* ---- issue ---- */

/* Whether the app has a license under that key already. */
static enum err check_key(struct op *op, const struct license_terms *terms)
{
	struct uuid taken;
	if (text_absent(terms->key))
		return ERR_NONE;
	const enum db_found found = license_sql_find(op->tx, terms->app->id, &terms->name, &taken);
	OP_STORE(op, found);
	return found == DB_ROW ? ERR_ALREADY_EXISTS : ERR_NONE;
}

/* Owners are of this app; they are held, so that none is erased while it becomes one. */
static enum err hold_owners(struct op *op, struct uuid app_id, struct uuid user_id, struct uuid tenant_id)
{
	struct user user;
	if (!uuid_is_nil(tenant_id))
		TRY(tenant_hold(op, app_id, tenant_id));
	return uuid_is_nil(user_id) ? ERR_NONE : user_hold(op, app_id, user_id, &user);
}

/* The license of that number in an order: the same for the same. */
static struct license_issued make(struct op *op, const struct license_terms *terms, const struct license_order *order,
	int64_t number, struct license_name *name_r)
{
	uint8_t *chance = arena_alloc(op->arena, ORDER_CHANCE_SIZE);
	license_order_chance(order, number, chance);
	struct license_issued issued = {
		.license = {.app_id = terms->app->id,
			.license_id = uuid_of_chance(order->at, chance + LICENSE_KEY_CHANCE_SIZE),
			.created_at = order->at,
			.expires_at =
				terms->duration_days ? order->at + terms->duration_days * DAY_MS : terms->expires_at,
			.max_activations = terms->max_activations,
			.user_id = terms->user_id,
			.tenant_id = terms->tenant_id,
			.entitlements = terms->entitlements,
			.metadata = terms->metadata},
		.key = terms->key};
	*name_r = terms->name;
	if (text_absent(terms->key)) {
		const struct license_key *key = license_key_of_chance(op->arena, order->prefix, chance);
		issued.key = license_key_show(op->arena, key);
		*name_r = license_name_of(terms->app->id, key);
	}
	issued.license.key_hint = license_name_hint(op->arena, issued.key);
	return issued;
}
_Static_assert(LICENSE_KEY_CHANCE_SIZE + UUID_CHANCE_SIZE <= ORDER_CHANCE_SIZE, "enough for a key and an id");

static enum err record(struct op *op, enum event_type type, const struct license *license, struct text detail)
{
	return event_record(
		op, &(struct event){
			    .type = type, .app_id = license->app_id, .user_id = license->user_id, .detail = detail});
}

static struct text detail_of(struct op *op, const struct license *license)
{
	char id[UUID_TEXT_SIZE];
	uuid_write(license->license_id, id);
	return arena_printf(op->arena, "{\"license_id\":\"%s\"}", id);
}

static enum err record_issued(struct op *op, const struct license_issued *issued, int64_t count)
{
	char first[UUID_TEXT_SIZE];
	uuid_write(issued[0].license.license_id, first);
	const struct text detail = count == 1 ? detail_of(op, &issued[0].license)
					      : arena_printf(op->arena, "{\"first_license_id\":\"%s\",\"count\":%lld}",
							first, (long long)count);
	return record(op, EVENT_LICENSE_ISSUED, &issued[0].license, detail);
}

/* The order of this call: a new one if all it names is right, or the one that was placed before. */
static enum err begin_order(struct op *op, const struct license_terms *terms, struct license_order *order_r)
{
	TRY(license_order_look(op, terms->app, order_r));
	if (order_r->again)
		return ERR_NONE;
	TRY(hold_owners(op, terms->app->id, terms->user_id, terms->tenant_id));
	const enum err err = check_key(op, terms);
	if (err != ERR_ALREADY_EXISTS)
		return err != ERR_NONE ? err : license_order_place(op, terms->app, order_r);
	/* PostgreSQL: it may be this very call, on another connection, that has taken the key since */
	TRY(license_order_look(op, terms->app, order_r));
	return order_r->again ? ERR_NONE : err;
}

enum err license_issue(struct op *op, const struct license_terms *terms, int64_t count, struct license_issued *issued_r)
{
	struct license_order order;
	struct license_name *names = arena_alloc(op->arena, (size_t)count * sizeof *names);
	TRY(begin_order(op, terms, &order));
	for (int64_t i = 0; i < count; i++)
		issued_r[i] = make(op, terms, &order, i, &names[i]);
	if (order.again)
		return ERR_NONE;
	OP_STORE(op, license_sql_insert(op->tx, issued_r, names, count));
	return record_issued(op, issued_r, count);
}

/* ---- change ---- */

static enum err merge_one(struct op *op, const char *field, const struct text *patch, size_t most, struct text *object)
{
	struct text merged = TEXT_NONE;
	if (!patch)
		return ERR_NONE;
	const struct text present = text_absent(*object) ? TEXT("{}") : *object;
	if (!text_absent(*patch) && (metadata_merge(op->arena, present, *patch, &merged) != 0 || merged.n > most)) {
		op_bad_field(op, field, SIZE_MAX,
			arena_printf(op->arena, "Must be at most %zu bytes as compact JSON, all in all.", most).p);
		return ERR_VALIDATION_ERROR;
	}
	*object = merged;
	return ERR_NONE;
}

static enum err merge_entitlements(struct op *op, const struct text *patch, struct text *entitlements)
{
	TRY(merge_one(op, "entitlements", patch, LICENSE_ENTITLEMENTS_MAX, entitlements));
	if (!patch || text_absent(*entitlements) ||
		metadata_count(op->arena, *entitlements) <= LICENSE_ENTITLEMENTS_COUNT)
		return ERR_NONE;
	op_bad_field(op, "entitlements", SIZE_MAX, "Must be at most 64 names, all in all.");
	return ERR_VALIDATION_ERROR;
}

static enum err merge(struct op *op, const struct license_change *change, struct license *license)
{
	if (change->max_activations)
		license->max_activations = *change->max_activations;
	if (change->expires_at)
		license->expires_at = *change->expires_at;
	if (change->user_id)
		license->user_id = *change->user_id;
	if (change->tenant_id)
		license->tenant_id = *change->tenant_id;
	TRY(merge_entitlements(op, change->entitlements, &license->entitlements));
	return merge_one(op, "metadata", change->metadata, METADATA_MAX, &license->metadata);
}

static struct uuid named(const struct uuid *id)
{
	return id ? *id : (struct uuid){{0}};
}

enum err license_change(struct op *op, struct uuid app_id, struct uuid license_id, const struct license_change *change,
	struct license *license_r)
{
	TRY(license_get(op, app_id, license_id, license_r));
	/* an owner is held before a license, as when it is erased: else each would wait for the other */
	TRY(hold_owners(op, app_id, named(change->user_id), named(change->tenant_id)));
	TRY(hold(op, app_id, license_id, license_r));
	TRY(merge(op, change, license_r));
	OP_STORE(op, license_sql_update(op->tx, license_r));
	return record(op, EVENT_LICENSE_CHANGED, license_r, detail_of(op, license_r));
}

enum err license_reissue(struct op *op, const struct app *app, struct uuid license_id, struct license_issued *issued_r)
{
	struct license *license = &issued_r->license;
	TRY(hold(op, app->id, license_id, license));
	if (license->revoked_at)
		return ERR_LICENSE_REVOKED;
	const struct license_key *key = license_key_new(op->arena, app->license_prefix);
	const struct license_name name = license_name_of(app->id, key);
	issued_r->key = license_key_show(op->arena, key);
	license->key_hint = license_key_hint(op->arena, key);
	OP_STORE(op, license_sql_rekey(op->tx, license, &name));
	return record(op, EVENT_LICENSE_REISSUED, license, detail_of(op, license));
}

enum err license_renew(struct op *op, const struct app *app, struct uuid license_id, int64_t expires_at,
	int64_t duration_days, struct license *license_r)
{
	struct license_order order;
	TRY(hold(op, app->id, license_id, license_r));
	if (license_r->revoked_at)
		return ERR_LICENSE_REVOKED;
	TRY(license_order_place(op, app, &order));
	if (order.again)
		return ERR_NONE;
	license_r->expires_at =
		expires_at ? expires_at : license_rules_renewed(license_r->expires_at, op->now, duration_days);
	OP_STORE(op, license_sql_update(op->tx, license_r));
	return record(op, EVENT_LICENSE_RENEWED, license_r, detail_of(op, license_r));
}

enum err license_revoke(
	struct op *op, struct uuid app_id, struct uuid license_id, struct text reason, struct license *license_r)
{
	const int revoked = license_sql_revoke(op->tx, app_id, license_id, reason, op->now);
	OP_STORE(op, revoked);
	TRY(license_get(op, app_id, license_id, license_r));
	if (revoked == 0)
		return ERR_LICENSE_ALREADY_REVOKED;
	return record(op, EVENT_LICENSE_REVOKED, license_r, detail_of(op, license_r));
}

enum err license_forget_user(struct op *op, struct uuid app_id, struct uuid user_id)
{
	OP_STORE(op, license_sql_forget_user(op->tx, app_id, user_id));
	return ERR_NONE;
}

enum err license_forget_tenant(struct op *op, struct uuid app_id, struct uuid tenant_id)
{
	OP_STORE(op, license_sql_forget_tenant(op->tx, app_id, tenant_id));
	return ERR_NONE;
}

/* ---- jobs ---- */

void license_prune(void)
{
	prune_pieces(home->db, license_order_prune, clock_now());
	prune_pieces(home->db, activation_sql_prune, license_rules_remembers(clock_now()));
}

void license_seen(void)
{
	license_seen_write(home->db);
}
