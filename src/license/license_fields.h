/*
 * What requests and answers about licenses are made of.
 */
#ifndef KW_LICENSE_LICENSE_FIELDS_H
#define KW_LICENSE_LICENSE_FIELDS_H

#include "license/activation.h"

enum { LICENSE_SEATS_MAX = 10000, LICENSE_DAYS_MAX = 36500, LICENSE_COUNT_MAX = 1000 };

/* struct text: a JSON object of at most 64 names, each true, a number or a text; as a patch also null. */
extern const struct field_type license_field_entitlements, license_field_entitlements_patch;
/* struct license_replaced: "oldest" or an activation_id. */
struct license_replaced {
	bool oldest;
	struct uuid activation_id; /* nil: "oldest", or not sent */
};
extern const struct field_type license_field_replaced;

/* Members of an open object, without license_id; to a server metadata and revoke_reason too, which it must have been read
 * with. */
void license_emit_members(struct emit *json, const struct license *license, int64_t now, bool to_server);
/* The object. key NULL: in an array. */
void license_emit(struct emit *json, const char *key, const struct license *license, int64_t now, bool to_server);
void license_emit_activation(struct emit *json, const char *key, const struct activation *activation);

#define LICENSE_MEMBERS                                                                                                \
	"license_id, key_hint, status (active, expired, revoked), max_activations, activations_used, expires_at, "     \
	"user_id, tenant_id, entitlements, created_at, revoked_at"
#define LICENSE_SERVER_MEMBERS LICENSE_MEMBERS ", metadata, revoke_reason"
#define LICENSE_ACTIVATION_MEMBERS "activation_id, device_name, activated_at, last_seen_at"

#endif
