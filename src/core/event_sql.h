/* Statements of core/event.c, core/event_chain.c and core/event_forget.c. */
#ifndef KW_CORE_EVENT_SQL_H
#define KW_CORE_EVENT_SQL_H

#include "core/event_mac.h"
#include "db/db.h"

MUST_USE int event_sql_insert(struct db_tx *tx, const struct event_row *row);
/* 1, or 0 when the app has a chain. */
MUST_USE int event_sql_begin_chain(struct db_tx *tx, const struct event_chain *chain);

/* ---- forgetting ---- */

/* Counts a forgetting at the end of the app's chain, so that nothing is added to it until this transaction ends. */
MUST_USE enum db_found event_sql_hold_chain(struct db_tx *tx, struct uuid app_id, int64_t *seq_r);

/* Whom to forget: the user's id, or a contact of events that know no user; the other one is absent. */
struct event_whom {
	struct uuid app_id;
	struct text user_id, contact;
	uint8_t subject[EVENT_SUBJECT_SIZE];
};
/* Each calls each with event_id, digest and contact in row, for events not forgotten yet: those that wait for the chain,
 * those in that stretch of it, those that were recorded before there was one. */
MUST_USE int event_sql_each_waiting(struct db_tx *tx, const struct event_whom *whom, struct event_row *row,
	int (*each)(void *context), void *context);
MUST_USE int event_sql_each_chained(struct db_tx *tx, const struct event_whom *whom, int64_t stretch,
	struct event_row *row, int (*each)(void *context), void *context);
MUST_USE int event_sql_each_unproven(struct db_tx *tx, const struct event_whom *whom, struct event_row *row,
	int (*each)(void *context), void *context);
/* Drops what is personal in count events: ids and marks (forgotten) stand one behind the other. */
MUST_USE int event_sql_drop(struct db_tx *tx, struct uuid app_id, int64_t count, struct text ids, struct text marks);
/* Takes whom out of the index over subjects. */
MUST_USE int event_sql_drop_subject(struct db_tx *tx, const struct event_whom *whom, int64_t stretch);

#endif
