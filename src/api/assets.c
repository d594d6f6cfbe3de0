#include "api/assets.h"

#include <stdio.h>
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

/* ---- what browsers fetch ---- */

enum { NAME_SIZE = 64 };

/* Of a file right in assets/; NULL when there is none. */
static const struct asset *find_served(struct text file)
{
	char name[NAME_SIZE];
	int n = snprintf(name, sizeof name, "assets/%.*s", TEXT_ARG(file));
	const struct asset *asset = n < NAME_SIZE ? assets_find(text_bytes(name, (size_t)n)) : NULL;
	return asset && asset->path ? asset : NULL;
}

struct text assets_path(const char *file)
{
	const struct asset *asset = find_served(text_of(file));
	MUST(asset);
	return text_of(asset->path);
}

/* "signin.3f2a91c0.css" is "signin.css" of that content and no other. */
static const struct asset *find_hashed(struct text path, struct text file)
{
	char plain[NAME_SIZE];
	struct text hash = file, stem = text_cut(&hash, '.'), type = hash;
	hash = text_cut(&type, '.');
	if (text_absent(type) ||
		snprintf(plain, sizeof plain, "%.*s.%.*s", TEXT_ARG(stem), TEXT_ARG(type)) >= NAME_SIZE)
		return NULL;
	const struct asset *asset = find_served(text_of(plain));
	return asset && text_equal(path, text_of(asset->path)) ? asset : NULL;
}

static const char *type_of(const struct asset *asset)
{
	const char *type = strrchr(asset->path, '.');
	if (strcmp(type, ".js") == 0)
		return "text/javascript; charset=utf-8";
	if (strcmp(type, ".svg") == 0)
		return "image/svg+xml";
	return "text/css; charset=utf-8";
}

enum err assets_file_document(struct op *op, struct document *document)
{
	struct text path = op->request->path, file = text_bytes(path.p + 8, path.n - 8); /* behind "/assets/" */
	const struct asset *asset = find_served(file);
	document->cache_control = "public, max-age=3600";
	if (!asset) {
		asset = find_hashed(path, file);
		document->cache_control = "public, max-age=31536000, immutable";
	}
	if (!asset)
		return ERR_NOT_FOUND;
	document->content_type = type_of(asset);
	document->body = asset->bytes;
	return ERR_NONE;
}
