/*
 * Leases: what lets a device run without asking for a while. Compact JWS of typ license+jwt, ES256, by a key of its own kind:
 *
 *	iss public_url · sub license_id · aud app_id · device hex SHA-256 of the device id · aid activation_id ·
 *	ent entitlements · iat · nbf (iat less five minutes) · exp (license.lease_ttl, never past the license) ·
 *	refresh_after (a seventh of its life)
 *
 * A lease is answered again for an hour while nothing of it has changed: signing costs more than all else of a verify.
 */
#ifndef KW_LICENSE_LICENSE_LEASE_H
#define KW_LICENSE_LICENSE_LEASE_H

#include "license/activation_sql.h"

#define LICENSE_LEASE_TYPE "license+jwt"

void license_lease_start(const struct house *house);
void license_lease_stop(void);

/* Who asks: a device by its id's SHA-256, under a name. */
struct lease_asker {
	struct license_name name;
	uint8_t device_hash[MAC_SIZE];
};

/* What this thread remembers of an asker: where its slot was when it last had a lease. It may be elsewhere by now, or gone.
 * False: nothing. */
bool license_lease_recall(const struct lease_asker *asker, struct slot *slot_r);

/* The lease of a device that holds a slot: one of the last hour, or a fresh one. Signs: call it from a reply. In op's arena. */
struct text license_lease(struct op *op, const struct lease_asker *asker, const struct license *license,
	const struct activation *activation);

#endif
