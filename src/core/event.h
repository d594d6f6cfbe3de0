/*
 * Audit events: rows written in the action's own transaction, append only.
 */
#ifndef KW_CORE_EVENT_H
#define KW_CORE_EVENT_H

#include "core/op.h"

struct event {
	enum event_type type;
	struct uuid app_id;
	struct uuid user_id, session_id; /* nil when there is none */
	struct text contact;             /* personal; absent when there is none */
	struct text detail;              /* a JSON object without personal fields; absent when there is none */
};

/* Named so because libevent owns event_add, and a symbol of ours would take its place at run time.
 * Adds address, user agent, time and request id from op. */
MUST_USE enum err event_record(struct op *op, const struct event *event);
/* "session.started" */
const char *event_name(enum event_type type);

#endif
