/* Statements and rows of the audit room. */
#ifndef KW_AUDIT_AUDIT_SQL_H
#define KW_AUDIT_AUDIT_SQL_H

#include "audit/audit_rules.h"

/* ---- sealing ---- */

/* The first app from that one on for which events wait. */
MUST_USE enum db_found audit_sql_next_app(struct db_tx *tx, struct uuid from, struct uuid *app_id_r);
/* *forgets_r changes whenever someone is forgotten. */
MUST_USE enum db_found audit_sql_get_chain(
	struct db_tx *tx, struct uuid app_id, struct event_chain *chain_r, int64_t *forgets_r);
/* The highest place there is. */
MUST_USE enum db_found audit_sql_get_top(struct db_tx *tx, struct uuid app_id, int64_t *seq_r);
/* Calls each with event_id, mac, user_id and contact in row, at most limit times. */
MUST_USE int audit_sql_each_waiting(struct db_tx *tx, struct uuid app_id, int64_t limit, struct event_row *row,
	int (*each)(void *context), void *context);
/* Moves the chain's end: 1, or 0 when it no longer is at that seq or someone was forgotten. */
MUST_USE int audit_sql_move_end(struct db_tx *tx, const struct event_chain *chain, int64_t from_seq, int64_t forgets);

/* Places in a row: texts of 16, 32 and 8 bytes each, one behind the other; a subject of zeros is none. */
struct audit_places {
	struct uuid app_id;
	int64_t first, count;
	struct text event_ids, links, subjects;
};
MUST_USE int audit_sql_insert_seals(struct db_tx *tx, const struct audit_places *places);
/* They no longer wait: how many did. */
MUST_USE int audit_sql_unqueue(struct db_tx *tx, const struct audit_places *places);

/* ---- listing ---- */

struct audit_event {
	struct uuid event_id, user_id, session_id;
	int64_t at, seq; /* its place in the chain; 0: none */
	struct text type, ip, user_agent, contact, detail, request_id;
};
struct audit_filter {
	struct uuid app_id;
	struct text type, user_id;   /* absent: any */
	struct uuid before, down_to; /* events below the one and not below the other */
};
/* The last of count events of the app below filter->before, of any type and user; DB_NONE when there are fewer. */
MUST_USE enum db_found audit_sql_last_of_window(
	struct db_tx *tx, const struct audit_filter *filter, int64_t count, struct uuid *event_id_r);
/* Newest first, at most limit. */
MUST_USE int audit_sql_each_event(struct db_tx *tx, const struct audit_filter *filter, int64_t limit,
	struct audit_event *row, int (*each)(void *context), void *context);

/* ---- verifying: reads whatever somebody may have put there ---- */

/* Calls each with the places from first on, at most count (at least 1) of them, and their events; all of place is set but
 * place->event.app_id. */
MUST_USE int audit_sql_each_place(struct db_tx *tx, struct uuid app_id, int64_t first, int64_t count,
	struct audit_place *place, int (*each)(void *context), void *context);
/* An event, and whether the chain knows it. */
struct audit_stray {
	struct text event_id;
	int64_t at, has_no_mac;
	int64_t seq, waits; /* its place, 0: none; 1: it waits for one */
};
/* Calls each with the app's events behind that one, at most count. */
MUST_USE int audit_sql_each_stray(struct db_tx *tx, struct uuid app_id, struct uuid behind, int64_t count,
	struct audit_stray *stray, int (*each)(void *context), void *context);
/* DB_ROW: the app has events from before there was a chain. */
MUST_USE enum db_found audit_sql_has_unproven(struct db_tx *tx, struct uuid app_id);
/* Beyond most it stops counting. */
MUST_USE enum db_found audit_sql_count_waiting(struct db_tx *tx, struct uuid app_id, int64_t most, int64_t *count_r);
MUST_USE enum db_found audit_sql_oldest_waiting(struct db_tx *tx, struct uuid app_id, int64_t *at_r);
/* Calls each with apps that have a chain or should, and nil, below that one, at most limit: highest first. */
MUST_USE int audit_sql_each_app(struct db_tx *tx, struct uuid before, int64_t limit, struct uuid *app_id,
	int (*each)(void *context), void *context);

#endif
