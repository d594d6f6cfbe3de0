/*
 * The files that are built into the binary; tools/embed writes the table from assets/, migrations/ and docs/errors/.
 */
#ifndef KW_API_ASSETS_H
#define KW_API_ASSETS_H

#include "base/text.h"
#include "db/db.h"

struct asset {
	const char *name;  /* "assets/page.css", "migrations/0001_core.sql", "errors/OTP_INVALID/what_it_means" */
	struct text bytes; /* with a NUL behind them */
};

/* In the order of strcmp over the names. */
extern const struct asset ASSETS[];
extern const size_t ASSET_COUNT;

/* NULL when there is none of that name. */
const struct asset *assets_find(struct text name);

/* The migrations this binary carries, in order, in the arena. */
const struct db_migration *assets_migrations(struct arena *arena, size_t *count_r);

#endif
