/*
 * Statements and rows of activations, and of the count that their license keeps of them. Whoever changes both takes the
 * license first: its row is the lock.
 */
#ifndef KW_LICENSE_ACTIVATION_SQL_H
#define KW_LICENSE_ACTIVATION_SQL_H

#include "license/license_rules.h"
#include "license/license_sql.h"

enum { DEVICE_SIZE = 16 };
/* A device of a license: the key of a row. */
struct slot {
	struct uuid app_id, license_id;
	uint8_t device[DEVICE_SIZE];
};

struct activation {
	struct slot slot;
	struct uuid activation_id;
	struct text device_name; /* absent: none was given */
	int64_t activated_at, last_seen_at;
};

/* The license under that name, and whether the device of activation's slot holds it: then the rest of activation is filled,
 * else its id is nil. One statement, two rows. */
MUST_USE enum db_found activation_sql_look(
	struct db_tx *tx, const struct license_name *name, struct license *license_r, struct activation *activation);

/* Counts one more, if the license is alive and under that name, has room that nobody freed after remembered, and the device has
 * no row: then license_r is what it became. DB_NONE: go and read why. */
MUST_USE enum db_found activation_sql_take(struct db_tx *tx, const struct slot *slot, const struct license_name *name,
	int64_t now, int64_t remembered, struct license *license_r);
/* Writes its row, or takes back the one that it freed: 1, or 0 when the device holds a slot already. */
MUST_USE int activation_sql_put(struct db_tx *tx, const struct activation *activation);
/* Counts by more (or less) at the slot's license; freed_at: when a remembered slot was freed, or 0. */
MUST_USE enum db_found activation_sql_count(
	struct db_tx *tx, const struct slot *slot, int64_t by, int64_t freed_at, struct license *license_r);

/* A slot that is held: by the device of activation's slot; by the activation of that id, in the license of the slot, or in
 * any of a user's. */
MUST_USE enum db_found activation_sql_get(struct db_tx *tx, struct activation *activation);
MUST_USE enum db_found activation_sql_find(struct db_tx *tx, struct uuid activation_id, struct activation *activation);
MUST_USE enum db_found activation_sql_find_mine(
	struct db_tx *tx, struct uuid user_id, struct uuid activation_id, struct activation *activation);
/* Each that is held of the license of activation's slot: calls each with activation filled. */
MUST_USE int activation_sql_each(
	struct db_tx *tx, struct activation *activation, int (*each)(void *context), void *context);
/* The same, newest first, into a listing whose row activation is. */
MUST_USE int activation_sql_list(struct db_tx *tx, struct listing *listing, struct activation *activation);
/* Each that was freed: calls each with slot's device and freed filled. */
MUST_USE int activation_sql_each_freed(
	struct db_tx *tx, struct slot *slot, struct freed_slot *freed, int (*each)(void *context), void *context);

/* Each: how many rows it changed, 0 or 1. */
/* The device gives its slot up, which is remembered without its name. */
MUST_USE int activation_sql_free(struct db_tx *tx, const struct slot *slot, const struct freed_slot *freed);
/* The row goes: of a device that holds its slot, or of one that freed it. */
MUST_USE int activation_sql_delete(struct db_tx *tx, const struct slot *slot);
MUST_USE int activation_sql_delete_freed(struct db_tx *tx, const struct slot *slot, struct uuid activation_id);

struct activation_seen {
	struct slot slot;
	int64_t at;
};
enum { ACTIVATION_SEEN_ROWS = 8 };
/* Writes that many times at once, where they are later than the row's. */
MUST_USE int activation_sql_see(struct db_tx *tx, const struct activation_seen seen[static ACTIVATION_SEEN_ROWS]);
/* Removes PRUNE_ROWS rows, or fewer, that were freed before that time: how many, or -1. */
MUST_USE int activation_sql_prune(struct db_tx *tx, int64_t freed_before);

#endif
