/*
 * What in a database is ours: whatever our migrations make, by its name. Somebody else may live beside us.
 */
#ifndef KW_DB_OURS_H
#define KW_DB_OURS_H

#include "db/db.h"

/* One thing that "CREATE <kind> <name>" made on PostgreSQL. */
struct ours {
	const char *kind; /* "TABLE", "INDEX", "FUNCTION"; "DOMAIN" of the type BLOB */
	const char *name;
};
/* All of them, also what a later migration dropped, and the record of migrations. In arena. */
const struct ours *ours_of(struct arena *arena, const struct db_migration *migrations, size_t count, size_t *count_r);

/* Of the list of contents that pg_restore --list gives, the lines about ours: tables, their data, and what belongs to them.
 * Pure; in arena. */
struct text ours_in_list(struct arena *arena, struct text list, const struct ours *ours, size_t count);

#endif
