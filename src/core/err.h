/*
 * errors.def as a lookup. Cannot fail.
 */
#ifndef KW_CORE_ERR_H
#define KW_CORE_ERR_H

#include "base/text.h"
#include "tables/tables.h"

struct err_info {
	const char *name;
	int status;
	bool fault; /* the action's writes are undone */
	const char *message, *what_to_do;
};
/* Of any value but ERR_NONE. */
const struct err_info *err_info(enum err err);
/* The row of that name, exactly; ERR_NONE when there is none. */
enum err err_named(struct text name);

#endif
