/*
 * Devices and the slots that they hold. Whether a device has its slot is asked before there is room for one more; both are
 * decided while the license's row is held (activation_sql.h), so that its count is that of its rows, always.
 */
#ifndef KW_LICENSE_ACTIVATION_H
#define KW_LICENSE_ACTIVATION_H

#include "license/license_lease.h"

void activation_start(const struct house *house);
void activation_stop(void);

/* A device asks, by a license key. */
struct activation_ask {
	const struct app *app;
	const struct lease_asker *asker;
	const struct slot *known; /* of verify: where its slot was, see license_lease_recall; NULL: unknown */
	struct text device_id;
	struct text device_name; /* of activate; absent: none */
	/* of activate: whose slot may be freed when there is no other */
	bool replaces_oldest;
	struct uuid replaces; /* nil: nobody's */
};

/* Those of a license's devices that were not seen for the longest time, that one first. */
enum { ACTIVATION_SHOWN = 20, ACTIVATION_OWNED = 100 };
struct activation_list {
	struct activation *items;
	size_t count, most;
};

struct activation_held {
	struct license license;
	struct activation activation;
	/* of LICENSE_MAX_ACTIVATIONS */
	struct activation_list devices;
	int64_t free_at; /* when the next slot is; 0: nobody waits for that */
};

/* The device's slot. Writes nothing; notes that it was seen. LICENSE_NOT_FOUND, RATE_LIMITED, LICENSE_REVOKED, LICENSE_EXPIRED,
 * LICENSE_NOT_ACTIVATED. */
MUST_USE enum err activation_verify(struct op *op, const struct activation_ask *ask, struct activation_held *held_r);
/* Takes a slot for the device. As activation_verify, and LICENSE_ALREADY_ACTIVE (held_r as if it had taken it),
 * LICENSE_MAX_ACTIVATIONS (held_r has devices and free_at); RATE_LIMITED also after too many exchanges of devices. */
MUST_USE enum err activation_take(struct op *op, const struct activation_ask *ask, struct activation_held *held_r);

/* Who frees a slot: what the server or the owner frees is no exchange of devices; what another than the device frees may have
 * to wait for its lease. */
enum activation_freer { FREED_BY_DEVICE, FREED_BY_ANOTHER, FREED_BY_OWNER };
struct activation_freeing {
	const struct app *app;
	enum activation_freer by;
	struct uuid license_id;    /* nil: any of the user's */
	struct uuid user_id;       /* then: whose */
	struct uuid activation_id; /* nil: by device_id */
	struct text device_id;
};
/* ACTIVATION_NOT_FOUND. */
MUST_USE enum err activation_free(struct op *op, const struct activation_freeing *freeing);

/* The most of them, see above, in op's arena. */
MUST_USE enum err activation_list(
	struct op *op, struct uuid app_id, struct uuid license_id, size_t most, struct activation_list *list_r);
/* A page of all of them, struct activation, newest first. */
MUST_USE enum err activation_page(struct op *op, struct uuid app_id, struct uuid license_id, struct uuid cursor,
	int64_t limit, struct listing **listing_r);

#endif
