#include "api/assets.h"

#include <stdlib.h>

static int compare_name(const void *name, const void *asset)
{
	const struct text *wanted = name;
	const struct text have = text_of(((const struct asset *)asset)->name);
	const int order = memcmp(wanted->p, have.p, wanted->n < have.n ? wanted->n : have.n);

	if (order != 0)
		return order;
	return (wanted->n > have.n) - (wanted->n < have.n);
}

const struct asset *assets_find(struct text name)
{
	return bsearch(&name, ASSETS, ASSET_COUNT, sizeof ASSETS[0], compare_name);
}

const struct db_migration *assets_migrations(struct arena *arena, size_t *count_r)
{
	struct db_migration *list = arena_alloc(arena, ASSET_COUNT * sizeof *list);
	size_t count = 0;
	for (size_t i = 0; i < ASSET_COUNT; i++) {
		struct text rest = text_of(ASSETS[i].name), stem = text_cut(&rest, '.');
		if (!text_starts(stem, TEXT("migrations/")) || !text_equal(rest, TEXT("sql")))
			continue;
		const struct asset *other = assets_find(arena_printf(arena, "%.*s.pg.sql", TEXT_ARG(stem)));
		list[count++] = (struct db_migration){
			strchr(arena_string(arena, stem), '/') + 1, ASSETS[i].bytes.p, other ? other->bytes.p : NULL};
	}
	*count_r = count;
	return list;
}
