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

/* Runs the works (at most the engine's group), decides each one's outcome, commits, and calls each one's after. A work may
 * run several times before that: when the engine asks for it, or when another of its group has changes to take back. */
void group_run(struct conn *conn, struct db_work *const *works, size_t count, struct group_tally *tally);

#endif
