/* Statements and rows of the magic room. */
#ifndef KW_MAGIC_MAGIC_SQL_H
#define KW_MAGIC_MAGIC_SQL_H

#include "magic/magic.h"

MUST_USE int magic_sql_insert(struct op *op, const struct magic_link *link);
MUST_USE enum db_found magic_sql_by_token(struct op *op, struct text token_mac, struct magic_link *link_r);
MUST_USE enum db_found magic_sql_by_id(
	struct op *op, struct uuid app_id, struct uuid link_id, struct magic_link *link_r);

/* Each counts the rows it changed: one, or none when the link is not live any more (unused, in time). */

/* Consumes it. */
MUST_USE int magic_sql_use(struct op *op, const struct magic_link *link);
/* Approves it, if it is not yet. */
MUST_USE int magic_sql_approve(struct op *op, const struct magic_link *link);
/* Ends it, for operations too that took their time a moment before. */
MUST_USE int magic_sql_kill(struct op *op, const struct magic_link *link);

/* The judgement of a code in one statement: if asked's flow_mac is the link's, and its code is live (unused, in time, tries
 * left), a wrong one spends a try, a right one is consumed unless the link names a tenant. DB_NONE: nothing of that fits.
 * Else link_r is the row as it now stands: its code_mac tells right from wrong. */
MUST_USE enum db_found magic_sql_try_code(
	struct op *op, const struct magic_link *asked, int64_t max_tries, struct magic_link *link_r);

/* Ends all that are not used: they are expired. */
MUST_USE int magic_sql_void(struct db_tx *tx);
/* Removes PRUNE_ROWS rows, or fewer, that expired before that time. */
MUST_USE int magic_sql_prune(struct db_tx *tx, int64_t expired_before);

#endif
