/*
 * Rows of signing_keys, and the version that says when they changed.
 */
#ifndef KW_TOKEN_KEY_SQL_H
#define KW_TOKEN_KEY_SQL_H

#include "token/key.h"

struct key_row {
	struct text kid, sealed; /* PKCS#8, sealed with the kid as what it is about */
	enum key_kind kind;
	struct key_times times;
	struct key_row *next;
};

MUST_USE enum db_found key_sql_version(struct db_tx *tx, int64_t *version_r);
/* Raises the version; from here to the commit no other transaction changes keys. */
MUST_USE int key_sql_begin_change(struct db_tx *tx);
/* Every key that is not gone, oldest first, in arena (which may outlive the transaction). How many, or -1. */
MUST_USE int key_sql_list(struct db_tx *tx, struct arena *arena, int64_t now, struct key_row **rows_r);
MUST_USE int key_sql_insert(struct db_tx *tx, const struct key_row *row);
/* Lets every key of that kind that would sign after retired_at stop then, and verify until gone_at. */
MUST_USE int key_sql_retire_others(struct db_tx *tx, enum key_kind kind, int64_t retired_at, int64_t gone_at);
/* Lets a published key sign from now on. */
MUST_USE int key_sql_activate(struct db_tx *tx, struct text kid, int64_t now);
/* How many were dropped (0 or 1). */
MUST_USE int key_sql_drop(struct db_tx *tx, struct text kid, int64_t now);
/* Erases keys that were gone before. */
MUST_USE int key_sql_prune(struct db_tx *tx, int64_t gone_before);

#endif
