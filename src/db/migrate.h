/*
 * Brings the schema up to the program: forward only, each migration in one transaction with its record, so that a
 * process killed half-way is repaired by the next start.
 */
#ifndef KW_DB_MIGRATE_H
#define KW_DB_MIGRATE_H

#include "db/engine.h"

/* Runs what is not recorded in schema_migration yet, in order. A record that is not in the list fails: the schema is
 * newer than this program. On failure *why_r is a sentence for people (static). */
MUST_USE int migrate(struct conn *conn, const struct db_migration *migrations, size_t count, const char **why_r);

/* db_schema */
MUST_USE int migrate_compare(
	struct conn *conn, const struct db_migration *migrations, size_t count, struct db_schema *schema_r);

#endif
