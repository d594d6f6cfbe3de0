/*
 * When devices were last seen: noted in memory, in a table of fixed size, and written in batches. A crash loses what was not
 * written yet, and so does a flood of more devices than the table has places: the time that stands then is an older one.
 */
#ifndef KW_LICENSE_LICENSE_SEEN_H
#define KW_LICENSE_LICENSE_SEEN_H

#include "license/activation_sql.h"

void license_seen_start(void);
void license_seen_stop(void);

/* From any thread. */
void license_seen_note(const struct slot *slot, int64_t now);
/* The later of that time, which the row has, and what this node noted since. */
int64_t license_seen_at(const struct slot *slot, int64_t written);
/* Writes all that was noted, in pieces. Waits for the store. */
void license_seen_write(struct db *db);

#endif
