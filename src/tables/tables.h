/*
 * The constitution: the .def tables of this folder as enums. Whoever needs other columns includes the .def with a macro
 * of its own.
 */
#ifndef KW_TABLES_TABLES_H
#define KW_TABLES_TABLES_H

#include "base/def.h"

/* ERR_NONE is success; every other value is a row of errors.def. */
enum err {
	ERR_NONE = 0,
#define ERR(name, status, kind, message, what_to_do) ERR_##name,
#include "tables/errors.def"
#undef ERR
	ERR_COUNT
};

enum endpoint_id {
#define ENDPOINT(name, method, path, caller, store, limit) ENDPOINT_##name,
#include "tables/endpoints.def"
#undef ENDPOINT
	ENDPOINT_COUNT
};

enum limit_id {
#define LIMIT(name, per, setting, error, dev) LIMIT_##name,
#include "tables/limits.def"
#undef LIMIT
	LIMIT_COUNT,
	LIMIT_NO_LIMIT = LIMIT_COUNT
};

enum event_type {
#define EVENT(name, type, help) EVENT_##name,
#include "tables/events.def"
#undef EVENT
	EVENT_COUNT
};

enum template_id {
#define TEMPLATE(name, file, as, fields) TEMPLATE_##name,
#include "tables/templates.def"
#undef TEMPLATE
	TEMPLATE_COUNT
};

#endif
