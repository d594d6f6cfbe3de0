/*
 * A few works in one transaction, from begin to the last after.
 */
#ifndef KW_DB_GROUP_H
#define KW_DB_GROUP_H

#include "db/engine.h"

#define GROUP_MAX 64

struct group_tally {
	_Atomic uint64_t commits, actions, faults;
};

/* Runs the works (at most the engine's group), decides each one's outcome, commits, and calls each one's after. A work
 * alone is its transaction; several stand between savepoints. */
void group_run(struct conn *conn, struct db_work *const *works, size_t count, struct group_tally *tally);

#endif
