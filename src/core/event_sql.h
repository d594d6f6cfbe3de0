/* Statements of core/event.c. Each returns what db_exec does. */
#ifndef KW_CORE_EVENT_SQL_H
#define KW_CORE_EVENT_SQL_H

#include "core/event.h"

MUST_USE int event_sql_insert(struct op *op, const struct event *event, struct uuid id, struct text ip);

#endif
