#include "license/license_fields.h"

#include <math.h>

#include "license/license_rules.h"

/* ---- fields ---- */

enum { ENTITLEMENT_NAME = 64, ENTITLEMENT_TEXT = 256 };

/* One that every program reads as it is meant; the C client's floats end at ten to the 250. */
static bool is_number(const json_t *value)
{
	const double size = fabs(json_number_value(value));
	return json_is_number(value) && size <= 1e200 && (size == 0 || size >= 1e-200);
}

static bool is_entitlement(const char *name, const json_t *value, bool patches)
{
	if (strlen(name) < 1 || strlen(name) > ENTITLEMENT_NAME)
		return false;
	if (json_is_null(value))
		return patches;
	return json_is_true(value) || is_number(value) ||
	       (json_is_string(value) && json_string_length(value) <= ENTITLEMENT_TEXT);
}

static const char *read_entitlements(
	struct op *op, const struct field *field, const json_t *object, void *member, bool patches)
{
	const struct field bounded = {.max = LICENSE_ENTITLEMENTS_MAX};
	const char *name;
	json_t *value;
	bool good = json_is_object(object) && json_object_size(object) <= LICENSE_ENTITLEMENTS_COUNT;
	json_object_foreach((json_t *)object, name, value) good = good && is_entitlement(name, value, patches);
	if (!good)
		return "Must be an object of at most 64 names (1 to 64 bytes), each true, a number (0, or 1e-200 to "
		       "1e200) or a text of at most 256 bytes.";
	return field_object.read(op, &bounded, object, member);
}

static const char *read_terms(struct op *op, const struct field *field, const json_t *value, void *member)
{
	return read_entitlements(op, field, value, member, false);
}

static const char *read_patch(struct op *op, const struct field *field, const json_t *value, void *member)
{
	return read_entitlements(op, field, value, member, true);
}

const struct field_type license_field_entitlements = {"object", NULL, NULL, read_terms};
const struct field_type license_field_entitlements_patch = {"object", NULL, NULL, read_patch};

static const char *read_replaced(struct op *op, const struct field *field, const json_t *value, void *member)
{
	struct license_replaced replaced = {0};
	replaced.oldest = json_is_string(value) && strcmp(json_string_value(value), "oldest") == 0;
	if (!replaced.oldest && field_uuid.read(op, field, value, &replaced.activation_id))
		return "Must be an activation_id, or oldest.";
	*(struct license_replaced *)member = replaced;
	return NULL;
}

const struct field_type license_field_replaced = {"string", NULL, NULL, read_replaced};

/* ---- answers ---- */

static struct text object_or_empty(struct text object)
{
	return text_absent(object) ? TEXT("{}") : object;
}

void license_emit_members(struct emit *json, const struct license *license, int64_t now, bool to_server)
{
	emit_text(json, "key_hint", license->key_hint);
	emit_string(json, "status", license_rules_status(license, now));
	emit_int(json, "max_activations", license->max_activations);
	emit_int(json, "activations_used", license->activations_used);
	emit_time(json, "expires_at", license->expires_at);
	uuid_emit(json, "user_id", license->user_id);
	uuid_emit(json, "tenant_id", license->tenant_id);
	emit_raw(json, "entitlements", object_or_empty(license->entitlements));
	emit_time(json, "created_at", license->created_at);
	emit_time(json, "revoked_at", license->revoked_at);
	if (!to_server)
		return;
	emit_raw(json, "metadata", object_or_empty(license->metadata));
	emit_text(json, "revoke_reason", license->revoke_reason);
}

void license_emit(struct emit *json, const char *key, const struct license *license, int64_t now, bool to_server)
{
	emit_object(json, key);
	uuid_emit(json, "license_id", license->license_id);
	license_emit_members(json, license, now, to_server);
	emit_end_object(json);
}

void license_emit_activation(struct emit *json, const char *key, const struct activation *activation)
{
	emit_object(json, key);
	uuid_emit(json, "activation_id", activation->activation_id);
	emit_text(json, "device_name", activation->device_name);
	emit_time(json, "activated_at", activation->activated_at);
	emit_time(json, "last_seen_at", activation->last_seen_at);
	emit_end_object(json);
}
