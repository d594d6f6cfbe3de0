#include "account/account.h"

#include "app/app.h"

struct tenant_path {
	struct uuid tenant_id;
};
static const struct field TENANT_PATH[] = {
	FIELD(struct tenant_path, tenant_id, uuid, .place = IN_PATH, .required = true, .help = "the tenant"),
};

static enum err run_delete(struct op *op, void *body)
{
	return account_delete_tenant(op, ((const struct tenant_path *)body)->tenant_id);
}

static const enum err NOT_FOUND_ERRORS[] = {ERR_TENANT_NOT_FOUND, ERR_NONE};

const struct action account_delete_tenant_action = {
	.summary = "Delete a tenant, and every role in it; its licenses go on and belong to none",
	ACTION_FIELDS(struct tenant_path, TENANT_PATH),
	.run = run_delete,
	.errors = NOT_FOUND_ERRORS,
};
