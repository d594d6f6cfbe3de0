/*
 * Rows of proven_sources.
 */
#ifndef KW_SIGNIN_SIGNIN_SQL_H
#define KW_SIGNIN_SIGNIN_SQL_H

#include "core/op.h"
#include "crypto/mac.h"

/* Remembers the source as of now; a row younger than fresh_after is left as it is, so that daily users cost one write a
 * day. Nonnegative, or -1. */
MUST_USE int signin_sql_remember(
	struct db_tx *tx, struct uuid app_id, const uint8_t source[static MAC_SIZE], int64_t now, int64_t fresh_after);
/* When the source was proven last. */
MUST_USE enum db_found signin_sql_proven_at(
	struct db_tx *tx, struct uuid app_id, const uint8_t source[static MAC_SIZE], int64_t *proven_at_r);

/* Removes PRUNE_ROWS rows, or fewer, that were proven before that time: how many, or -1. */
MUST_USE int signin_sql_prune(struct db_tx *tx, int64_t proven_before);

#endif
