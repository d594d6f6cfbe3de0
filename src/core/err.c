#include "core/err.h"

static const struct err_info INFO[ERR_COUNT] = {
	[ERR_NONE] = {"", 200, false, "", ""},
#define REFUSAL false
#define FAULT true
#define ERR(name, status, kind, message, what_to_do) [ERR_##name] = {#name, status, kind, message, what_to_do},
#include "tables/errors.def"
#undef ERR
#undef FAULT
#undef REFUSAL
};

const struct err_info *err_info(enum err err)
{
	MUST(err > ERR_NONE && err < ERR_COUNT);
	return &INFO[err];
}

enum err err_named(struct text name)
{
	for (enum err err = ERR_NONE + 1; err < ERR_COUNT; err++)
		if (text_equal(name, text_of(INFO[err].name)))
			return err;
	return ERR_NONE;
}
