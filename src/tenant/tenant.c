#include "tenant/tenant.h"

#include "core/event.h"
#include "tenant/tenant_sql.h"

static enum err note(struct op *op, enum event_type type, struct uuid app_id, struct uuid tenant_id)
{
	char id[UUID_TEXT_SIZE];
	uuid_write(tenant_id, id);
	return event_record(op, &(struct event){.type = type,
					.app_id = app_id,
					.detail = arena_printf(op->arena, "{\"tenant_id\":\"%s\"}", id)});
}

enum err tenant_create(struct op *op, struct uuid app_id, struct text name, struct text slug, struct tenant *tenant_r)
{
	const struct tenant tenant = {uuid_new(op->now), name, slug, op->now};
	const int inserted = tenant_sql_insert(op->tx, app_id, &tenant);
	OP_STORE(op, inserted);
	if (inserted == 0)
		return ERR_ALREADY_EXISTS;
	*tenant_r = tenant;
	return note(op, EVENT_TENANT_CREATED, app_id, tenant.id);
}

enum err tenant_get(struct op *op, struct uuid app_id, struct uuid tenant_id, struct tenant *tenant_r)
{
	const enum db_found found = tenant_sql_get(op->tx, app_id, tenant_id, tenant_r);
	OP_STORE(op, found);
	return found == DB_ROW ? ERR_NONE : ERR_TENANT_NOT_FOUND;
}

enum err tenant_hold(struct op *op, struct uuid app_id, struct uuid tenant_id)
{
	const enum db_found found = tenant_sql_hold(op->tx, app_id, tenant_id);
	OP_STORE(op, found);
	return found == DB_ROW ? ERR_NONE : ERR_TENANT_NOT_FOUND;
}

enum err tenant_list(struct op *op, struct uuid app_id, struct tenant *row, struct listing *listing)
{
	OP_STORE(op, tenant_sql_each(op->tx, app_id, row, listing));
	return ERR_NONE;
}

enum err tenant_change(struct op *op, struct uuid app_id, struct uuid tenant_id, const struct tenant_change *change,
	struct tenant *tenant_r)
{
	struct tenant tenant;
	const enum db_found changed = tenant_sql_update(op->tx, app_id, tenant_id, change, &tenant);
	OP_STORE(op, changed);
	if (changed == DB_NONE) {
		TRY(tenant_get(op, app_id, tenant_id, &tenant));
		return ERR_ALREADY_EXISTS;
	}
	*tenant_r = tenant;
	return note(op, EVENT_TENANT_CHANGED, app_id, tenant_id);
}

enum err tenant_delete(struct op *op, struct uuid app_id, struct uuid tenant_id)
{
	const int deleted = tenant_sql_delete(op->tx, app_id, tenant_id);
	OP_STORE(op, deleted);
	return deleted ? note(op, EVENT_TENANT_DELETED, app_id, tenant_id) : ERR_TENANT_NOT_FOUND;
}
