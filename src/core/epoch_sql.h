/* Statements of core/epoch.c. */
#ifndef KW_CORE_EPOCH_SQL_H
#define KW_CORE_EPOCH_SQL_H

#include "db/db.h"

/* DB_NONE: there was none yet. */
MUST_USE enum db_found epoch_sql_latest(struct db_tx *tx, int64_t *started_at_r);
MUST_USE int epoch_sql_insert(struct db_tx *tx, int64_t started_at, bool kept_sessions);

/* The mark that a restore leaves: a row of versions, a table that every schema has. */
extern const char *const epoch_sql_mark_ending, *const epoch_sql_mark_keeping;
enum { EPOCH_ENDING_SESSIONS = 1, EPOCH_KEEPING_SESSIONS = 2 };
MUST_USE enum db_found epoch_sql_take_due(struct db_tx *tx, int64_t *how_r);

#endif
