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
/* Each calls each with the event_id in row, for events of whom: those that wait for the chain, those in count (at least 1)
 * stretches of it from that one on, those that were recorded before there was one. */
MUST_USE int event_sql_each_waiting(struct db_tx *tx, const struct event_whom *whom, struct event_row *row,
	int (*each)(void *context), void *context);
MUST_USE int event_sql_each_chained(struct db_tx *tx, const struct event_whom *whom, int64_t stretch, int64_t count,
	struct event_row *row, int (*each)(void *context), void *context);
MUST_USE int event_sql_each_unproven(struct db_tx *tx, const struct event_whom *whom, struct event_row *row,
	int (*each)(void *context), void *context);

/* Events by their ids, one behind the other, and for each the mark that it was forgotten. */
struct event_pack {
	struct uuid app_id;
	int64_t count; /* at least 1 */
	struct text ids, marks;
};
/* Calls each with a contact in row for those that have one. */
MUST_USE int event_sql_each_contact(struct db_tx *tx, const struct event_pack *pack, struct event_row *row,
	int (*each)(void *context), void *context);
/* Drops what is personal in them. */
MUST_USE int event_sql_drop(struct db_tx *tx, const struct event_pack *pack);
/* The same where they wait. */
MUST_USE int event_sql_drop_waiting(struct db_tx *tx, const struct event_whom *whom);
/* Takes them out of the index over subjects. */
MUST_USE int event_sql_drop_subjects(struct db_tx *tx, const struct event_pack *pack);

#endif
