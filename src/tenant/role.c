#include "tenant/role.h"

#include <stdlib.h>

#include "core/event.h"
#include "tenant/role_sql.h"

enum { RACES_MAX = 8 };

int64_t role_assigned_at(const struct role *role)
{
	return uuid_time(role->role_id);
}

static enum err note(struct op *op, enum event_type type, struct uuid app_id, const struct role *role, struct text name)
{
	char tenant_id[UUID_TEXT_SIZE];
	uuid_write(role->tenant_id, tenant_id);
	return event_record(op, &(struct event){.type = type,
					.app_id = app_id,
					.user_id = role->user_id,
					.detail = arena_printf(op->arena, "{\"tenant_id\":\"%s\",\"role\":\"%.*s\"}",
						tenant_id, TEXT_ARG(name))});
}

/* What is not there of the two. */
static enum err judge(const struct role_standing *standing)
{
	if (!standing->tenants)
		return ERR_TENANT_NOT_FOUND;
	return standing->users ? ERR_NONE : ERR_USER_NOT_FOUND;
}

static enum err look(struct op *op, struct uuid app_id, const struct role *role, struct role_standing *standing_r)
{
	const enum db_found found = role_sql_standing(op->tx, app_id, role, standing_r);
	OP_STORE(op, found);
	return judge(standing_r);
}

/* ---- assign ---- */

/* Why it was not inserted. ERR_NONE: the user has it, if standing says so; else what stood in the way is gone. */
static enum err explain(struct op *op, struct uuid app_id, const struct role *role, struct role_standing *standing_r)
{
	TRY(look(op, app_id, role, standing_r));
	if (standing_r->deleted_at)
		return ERR_USER_DELETED;
	if (uuid_is_nil(standing_r->role_id) && standing_r->held >= ROLE_HELD_MAX)
		return ERR_VALIDATION_ERROR;
	return ERR_NONE;
}

enum err role_assign(struct op *op, struct uuid app_id, struct role *role, bool *is_new_r)
{
	struct role_standing standing = {0};
	role->role_id = uuid_new(op->now);
	for (int i = 0; i < RACES_MAX && uuid_is_nil(standing.role_id); i++) {
		const int inserted = role_sql_insert(op->tx, app_id, role);
		OP_STORE(op, inserted);
		if (inserted) {
			*is_new_r = true;
			return note(op, EVENT_ROLE_ASSIGNED, app_id, role, role->name);
		}
		TRY(explain(op, app_id, role, &standing));
	}
	if (uuid_is_nil(standing.role_id))
		return op_refuse_later(op, ERR_SERVICE_UNAVAILABLE, 1000);
	*is_new_r = false;
	role->role_id = standing.role_id;
	return ERR_NONE;
}

/* ---- revoke ---- */

struct revoking {
	struct op *op;
	struct uuid app_id;
	const struct role *role;
	struct text name; /* of the one being revoked */
	enum err err;
};

static int note_revoked(void *context)
{
	struct revoking *revoking = context;
	revoking->err = note(revoking->op, EVENT_ROLE_REVOKED, revoking->app_id, revoking->role, revoking->name);
	return revoking->err != ERR_NONE;
}

static enum err revoke_all(struct op *op, struct uuid app_id, const struct role *role, int *revoked_r)
{
	struct revoking revoking = {.op = op, .app_id = app_id, .role = role};
	*revoked_r = role_sql_delete_all(op->tx, app_id, role, &revoking.name, note_revoked, &revoking);
	OP_STORE(op, *revoked_r);
	return revoking.err;
}

static enum err revoke_one(struct op *op, struct uuid app_id, const struct role *role, int *revoked_r)
{
	*revoked_r = role_sql_delete(op->tx, app_id, role);
	OP_STORE(op, *revoked_r);
	return *revoked_r ? note(op, EVENT_ROLE_REVOKED, app_id, role, role->name) : ERR_NONE;
}

enum err role_revoke(struct op *op, struct uuid app_id, const struct role *role, int *revoked_r)
{
	struct role_standing standing;
	if (text_absent(role->name))
		TRY(revoke_all(op, app_id, role, revoked_r));
	else
		TRY(revoke_one(op, app_id, role, revoked_r));
	if (*revoked_r)
		return ERR_NONE;
	TRY(look(op, app_id, role, &standing));
	return ERR_ROLE_NOT_FOUND;
}

/* ---- list ---- */

/* Rows prove that what was asked about is there. */
static enum err judge_filter(struct op *op, struct uuid app_id, const struct role_filter *filter)
{
	struct role_standing standing;
	const struct role pair = {.tenant_id = filter->tenant_id, .user_id = filter->user_id};
	OP_STORE(op, role_sql_standing(op->tx, app_id, &pair, &standing));
	standing.tenants |= uuid_is_nil(filter->tenant_id);
	standing.users |= uuid_is_nil(filter->user_id);
	return judge(&standing);
}

/* What a user has is little: it is read as it comes and sorted here, for an order of SQLite's own costs a table of its own.
 * Rows lie in a buf, whose memory is an arena's and fits any type. */
struct held {
	struct role row; /* the one being read */
	struct uuid before;
	struct buf roles;
};

static int hold(void *context)
{
	struct held *held = context;
	if (memcmp(held->row.role_id.b, held->before.b, sizeof held->before) < 0)
		memcpy(buf_claim(&held->roles, sizeof held->row), &held->row, sizeof held->row);
	return 0;
}

static int newest_first(const void *a, const void *b)
{
	const struct role *one = a, *other = b;
	return memcmp(other->role_id.b, one->role_id.b, sizeof one->role_id);
}

static enum err list_of_user(
	struct op *op, struct uuid app_id, const struct role_filter *filter, struct role *row, struct listing *listing)
{
	struct held held = {.before = listing->before};
	buf_init(&held.roles, op->arena, 4 * sizeof *row);
	OP_STORE(op, role_sql_each_of_user(op->tx, app_id, filter, &held.row, hold, &held));
	struct role *roles = (struct role *)(void *)held.roles.p;
	const size_t count = held.roles.n / sizeof *roles;
	qsort(roles, count, sizeof *roles, newest_first);
	for (size_t i = 0; i < count; i++) {
		*row = roles[i];
		if (listing_add(listing) != 0)
			break;
	}
	return ERR_NONE;
}

static enum err list_of_tenant(
	struct op *op, struct uuid app_id, struct uuid tenant_id, struct role *row, struct listing *listing)
{
	OP_STORE(op, role_sql_each_of_tenant(op->tx, app_id, tenant_id, row, listing));
	return ERR_NONE;
}

enum err role_list(
	struct op *op, struct uuid app_id, const struct role_filter *filter, struct role *row, struct listing *listing)
{
	if (uuid_is_nil(filter->user_id))
		TRY(list_of_tenant(op, app_id, filter->tenant_id, row, listing));
	else
		TRY(list_of_user(op, app_id, filter, row, listing));
	return listing->count ? ERR_NONE : judge_filter(op, app_id, filter);
}

/* ---- names ---- */

struct collecting {
	struct text name; /* the one being read */
	struct buf names;
};

static int collect(void *context)
{
	struct collecting *collecting = context;
	memcpy(buf_claim(&collecting->names, sizeof collecting->name), &collecting->name, sizeof collecting->name);
	return 0;
}

/* By bytes, whatever the store's own order is. */
static int compare(const void *a, const void *b)
{
	const struct text *one = a, *other = b;
	const int order = memcmp(one->p, other->p, one->n < other->n ? one->n : other->n);
	return order ? order : (one->n > other->n) - (one->n < other->n);
}

enum err role_names(
	struct op *op, struct uuid app_id, struct uuid user_id, struct uuid tenant_id, struct text_list *names_r)
{
	struct collecting collecting;
	buf_init(&collecting.names, op->arena, 4 * sizeof collecting.name);
	OP_STORE(op, role_sql_each_name(op->tx, app_id, user_id, tenant_id, &collecting.name, collect, &collecting));
	struct text *names = (struct text *)(void *)collecting.names.p;
	const size_t count = collecting.names.n / sizeof *names;
	if (count == 0)
		return ERR_TENANT_NOT_FOUND;
	qsort(names, count, sizeof *names, compare);
	*names_r = (struct text_list){names, count};
	return ERR_NONE;
}
