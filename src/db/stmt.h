/*
 * Statements by number, and a connection's table of what it has prepared for each. Out of memory ends the process.
 */
#ifndef KW_DB_STMT_H
#define KW_DB_STMT_H

#include "db/db.h"

/* The statement's number, from 0, given at first use by whichever thread comes first. */
unsigned stmt_id(struct db_stmt *stmt);

/* One pointer for each statement: what a connection prepared, owned by the connection. Starts zeroed. */
struct stmt_table {
	void **slots;
	size_t count;
};
/* The slot of a statement, NULL inside until the connection fills it; valid until the next call. */
void **stmt_slot(struct stmt_table *table, struct db_stmt *stmt);
/* Calls drop for every filled slot and forgets all. */
void stmt_table_clear(struct stmt_table *table, void (*drop)(void *prepared));

#endif
