/*
 * Rows of outbox.
 */
#ifndef KW_DELIVER_OUTBOX_SQL_H
#define KW_DELIVER_OUTBOX_SQL_H

#include "core/id.h"
#include "db/db.h"

struct outbox_row {
	struct uuid app_id, message_id;
	int64_t expires_at, claimed_until, tries;
	struct text sealed;
};

MUST_USE int outbox_sql_insert(struct db_tx *tx, const struct outbox_row *row);
/* How many went: 0 or 1. */
MUST_USE int outbox_sql_erase(struct db_tx *tx, struct uuid app_id, struct uuid message_id);
/* Lets others have the row from free_at on, if it is still the one that was claimed until claimed_until. */
MUST_USE int outbox_sql_release(struct db_tx *tx, const struct outbox_row *row, int64_t free_at);
/* Erases all. */
MUST_USE int outbox_sql_void(struct db_tx *tx);
/* Erases rows past their time that nobody has claimed at free_before. */
MUST_USE int outbox_sql_expire(struct db_tx *tx, int64_t now, int64_t free_before);
/* Claims at most so many rows that nobody has claimed at free_before; calls each with *row filled. */
MUST_USE int outbox_sql_claim(struct db_tx *tx, int64_t free_before, int64_t claimed_until, int64_t at_most,
	struct outbox_row *row, int (*each)(void *context), void *context);

#endif
