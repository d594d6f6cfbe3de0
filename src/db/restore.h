/*
 * A backup takes the store's place. Nobody may be at the store meanwhile.
 *
 * Rule of failure: *why_r is a sentence for people (static); what was there before is still there.
 */
#ifndef KW_DB_RESTORE_H
#define KW_DB_RESTORE_H

#include "db/db.h"

/* Says why; returns -1. */
int restore_fail(const char **why_r, const char *format, ...) PRINTF_LIKE(2, 3);

/* ---- SQLite: a copy of the backup beside the store, made ready, then put in its place ---- */

/* Copies file to copy, whatever was there, and looks whether it is a whole store of ours: first is the name of the first
 * migration of all. mark is SQL that runs on the copy. */
MUST_USE int restore_copy(const char *file, const char *copy, const char *first, const char *mark, const char **why_r);
/* Makes the store at path, if there is one, a single file without a log. With the owner's lock held. */
MUST_USE int restore_settle(const char *path, const char **why_r);
/* Puts copy at path. What is there gets the name kept, its log too if it could not be settled. Killed at any moment it
 * leaves either the one or the other at path, whole, and both on the disk. */
MUST_USE int restore_swap(const char *copy, const char *path, const char *kept, const char **why_r);
/* Removes a copy that is of no use. */
void restore_discard(const char *copy);

/* ---- PostgreSQL: pg_restore's script in one transaction ---- */

struct restore_column {
	const char *name;
	struct text value; /* of the present row, as text; bytes as \x and hex; absent: NULL */
};
/* Reads one table out of a dump: calls each for every row. The columns' values live in arena. A file that is no dump, or has
 * no such table or column, fails. */
MUST_USE int restore_rows(struct arena *arena, const char *file, const char *table, struct restore_column *columns,
	size_t count, int (*each)(void *context), void *context, const char **why_r);
/* How many other connections to the database at url are keywright's. */
MUST_USE int restore_others(const char *url, int64_t *count_r, const char **why_r);
/* Drops our tables, makes them anew from the dump and runs mark, all in one transaction. */
MUST_USE int restore_load(const char *url, const char *file, const struct db_migration *migrations, size_t count,
	const char *mark, const char **why_r);

/* Of a table's data as pg_dump writes it: "COPY name (column, …) FROM stdin;", rows, "\.". Pure; as restore_rows. */
MUST_USE int restore_read_rows(struct arena *arena, struct text script, struct restore_column *columns, size_t count,
	int (*each)(void *context), void *context);

#endif
