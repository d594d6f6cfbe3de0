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

/* Whom to forget: a user, or a contact of events that know no user; the other one is absent. */
struct event_order {
	struct uuid app_id, order_id;
	struct text user_id, contact;
	uint8_t subject[EVENT_SUBJECT_SIZE];
	int64_t seq; /* the place to go on at; all before it is done */
	struct text mac;
};
MUST_USE int event_sql_insert_order(struct db_tx *tx, const struct event_order *order);
/* Any; its subject is not set. */
MUST_USE enum db_found event_sql_get_order(struct db_tx *tx, struct event_order *order_r);
/* 1, or 0 when it is done by now. */
MUST_USE int event_sql_move_order(struct db_tx *tx, const struct event_order *order);
MUST_USE int event_sql_delete_order(struct db_tx *tx, const struct event_order *order);

/* An event that was found, and where: 0 when it is not in the chain. */
struct event_found {
	struct text event_id;
	int64_t seq;
};
/* Each calls each with found set, for events of whom it is about: those that wait for the chain; those in count (at least 1)
 * stretches of it from the order's place on, in their order; those from before there was a chain. */
MUST_USE int event_sql_each_waiting(struct db_tx *tx, const struct event_order *order, int64_t limit,
	struct event_found *found, int (*each)(void *context), void *context);
MUST_USE int event_sql_each_chained(struct db_tx *tx, const struct event_order *order, int64_t count, int64_t limit,
	struct event_found *found, int (*each)(void *context), void *context);
MUST_USE int event_sql_each_unproven(struct db_tx *tx, const struct event_order *order, struct event_found *found,
	int (*each)(void *context), void *context);

/* Events by their ids, one behind the other, and for each the mark that it was forgotten. */
struct event_pack {
	struct uuid app_id;
	int64_t count; /* at least 1 */
	struct text ids, marks;
};
/* Calls each with *contact_r set for those that have one. */
MUST_USE int event_sql_each_contact(struct db_tx *tx, const struct event_pack *pack, struct text *contact_r,
	int (*each)(void *context), void *context);
/* Drops what is personal in them. */
MUST_USE int event_sql_drop(struct db_tx *tx, const struct event_pack *pack);
/* The same where they wait. */
MUST_USE int event_sql_drop_waiting(struct db_tx *tx, const struct event_pack *pack);
/* Takes them out of the index over subjects. */
MUST_USE int event_sql_drop_subjects(struct db_tx *tx, const struct event_pack *pack);

#endif
