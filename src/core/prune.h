/*
 * Removing rows past their use: in small pieces, so that requests run between them.
 */
#ifndef KW_CORE_PRUNE_H
#define KW_CORE_PRUNE_H

#include "db/db.h"

enum { PRUNE_ROWS = 300 };

/* Calls piece, each time in a transaction of its own, until it removes less than PRUNE_ROWS, at most some ten times: what
 * is left then waits for the next call. piece removes rows that were due before the time given, and returns how many, or
 * -1. For jobs: waits for the store. */
void prune_pieces(struct db *db, int (*piece)(struct db_tx *tx, int64_t before), int64_t before);

#endif
