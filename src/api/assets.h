/*
 * The files that are built into the binary; tools/embed writes the table from assets/, migrations/ and docs/errors/.
 */
#ifndef KW_API_ASSETS_H
#define KW_API_ASSETS_H

#include "api/action.h"

struct asset {
	const char *name;  /* "assets/signin.css", "migrations/0001_core.sql", "errors/OTP_INVALID/what_it_means" */
	const char *path;  /* where browsers fetch it, "/assets/signin.3f2a91c0.css"; NULL: nowhere */
	struct text bytes; /* with a NUL behind them */
};

/* In the order of strcmp over the names. */
extern const struct asset ASSETS[];
extern const size_t ASSET_COUNT;

/* NULL when there is none of that name. */
const struct asset *assets_find(struct text name);

/* The migrations this binary carries, in order, in the arena. */
const struct db_migration *assets_migrations(struct arena *arena, size_t *count_r);

/* What a page links to: the path of a file in assets/, with a hash of its content, so that it may be cached for ever. The
 * file must exist; the text lives on. */
struct text assets_path(const char *file);
/* /assets/{name}: by such a path, or by the file's plain name, then for an hour. */
document_fn assets_file_document;

#endif
