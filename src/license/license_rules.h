/*
 * The pure part of licenses: no store, no clock.
 */
#ifndef KW_LICENSE_LICENSE_RULES_H
#define KW_LICENSE_LICENSE_RULES_H

#include "license/license.h"

/* "active", "expired", "revoked" */
const char *license_rules_status(const struct license *license, int64_t now);
/* LICENSE_REVOKED, LICENSE_EXPIRED, or ERR_NONE: its devices may use it. */
enum err license_rules_judge(const struct license *license, int64_t now);
/* Where days more lead from an end: from the later of it and now. What never ends (0) goes on so. */
int64_t license_rules_renewed(int64_t expires_at, int64_t now, int64_t days);
/* When a lease of that life ends, in whole seconds since 1970: never after the license. */
int64_t license_rules_lease_end(const struct license *license, int64_t now, int64_t ttl);

/* ---- slots ---- */

enum { LICENSE_CHURN_DAYS = 30 };
/* A slot that was freed before counts for nothing any more. */
int64_t license_rules_remembers(int64_t now);

/* One that was freed. */
struct freed_slot {
	struct uuid activation_id;
	int64_t freed_at, held_until;
	bool counts; /* whoever takes it is counted as an exchange of devices */
};
/* What a device that comes finds of them. */
struct freed_slots {
	struct freed_slot own;   /* its own; freed_at 0: there is none */
	struct freed_slot first; /* of the others that may be taken the one freed first; freed_at 0: there is none */
	int64_t count, held;     /* the others that are remembered, and how many of them wait for a lease to end */
	int64_t free_at;         /* when the first of those is free; 0: none waits */
};
/* Adds one. own: it was the device's; debt: slots wait for leases. */
void license_rules_add_freed(
	struct freed_slots *slots, const struct freed_slot *slot, bool own, bool debt, int64_t now);

enum slot_choice {
	SLOT_NONE,  /* all are taken, or wait */
	SLOT_OWN,   /* the one that it freed itself, or another freed for it */
	SLOT_FRESH, /* one that nobody freed of late */
	SLOT_FREED  /* the first of the others' */
};
enum slot_choice license_rules_choose(const struct license *license, const struct freed_slots *slots);
/* The same when another device gives its slot up. */
bool license_rules_can_replace(const struct license *license, const struct freed_slots *slots);

#endif
