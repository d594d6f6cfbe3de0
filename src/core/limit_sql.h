/* Statements of core/limit.c. */
#ifndef KW_CORE_LIMIT_SQL_H
#define KW_CORE_LIMIT_SQL_H

#include "core/limit.h"

enum { LIMIT_TIME_SIZE = 13 }; /* decimal ms, until the year 2286 */

struct limit_row {
	const struct limit_window *window;
	uint8_t subject[MAC_SIZE];
	char now[LIMIT_TIME_SIZE + 1], cutoff[LIMIT_TIME_SIZE + 1];
	int64_t expires_at;
};

/* DB_ROW: added; DB_NONE: the window is full. */
MUST_USE enum db_found limit_sql_add(struct db_tx *tx, const struct limit_row *row);
/* Adds in any case. */
MUST_USE int limit_sql_note(struct db_tx *tx, const struct limit_row *row);
MUST_USE enum db_found limit_sql_select(struct db_tx *tx, const struct limit_row *row, struct text *times_r);
/* Removes PRUNE_ROWS rows, or fewer, whose window has passed. */
MUST_USE int limit_sql_prune(struct db_tx *tx, int64_t now);

#endif
