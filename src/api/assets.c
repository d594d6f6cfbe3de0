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
