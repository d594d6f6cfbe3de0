/*
 * PostgreSQL's own tools, pg_dump, pg_restore and psql, pointed at a store. Internal to db/.
 */
#ifndef KW_DB_POSTGRES_TOOLS_H
#define KW_DB_POSTGRES_TOOLS_H

#include "db/child.h"
#include "db/engine.h"

/* The environment of a tool that is to connect to url, in arena: ours, and what the URL says as libpq's variables, since a
 * command line shows to everybody. NULL when libpq is not there, or the URL cannot be read; *why_r says so. */
char **postgres_tools_environment(struct arena *arena, const char *url, const char **why_r);

/* The one value of a statement without arguments, on a connection of its own; texts live in arena. */
MUST_USE int postgres_tools_ask(
	struct arena *arena, const char *url, struct db_stmt *stmt, struct db_col col, const char **why_r);

/* engine.h's backup */
MUST_USE int postgres_backup(struct conn *first, const struct backup_order *order);

#endif
