/*
 * The chains of audit events, one for each app and one (nil) for the house. An app's begins with the app, in the same
 * transaction: an end that is missing later was removed.
 */
#ifndef KW_CORE_EVENT_CHAIN_H
#define KW_CORE_EVENT_CHAIN_H

#include "core/event_mac.h"
#include "db/db.h"

/* How many places stand together in the index over subjects: a search asks once for each stretch, and adding to the index
 * touches only the few pages of the latest. Stands in the index's definition, too. */
enum { EVENT_STRETCH = 4096 };

/* Begins the app's chain unless it has one: 1, or 0, or -1 for a fault. */
MUST_USE int event_chain_begin(struct db_tx *tx, struct uuid app_id, int64_t now);

#endif
