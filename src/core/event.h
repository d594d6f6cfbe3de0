/*
 * Audit events: rows written in the action's own transaction, append only. A job of src/audit/ chains them.
 */
#ifndef KW_CORE_EVENT_H
#define KW_CORE_EVENT_H

#include "core/op.h"

struct event {
	enum event_type type;
	struct uuid app_id;
	struct uuid user_id, session_id; /* nil when there is none */
	struct text contact;             /* personal: canonical; absent when there is none */
	struct text detail;              /* a JSON object without personal fields; absent when there is none */
};

/* Named so because libevent owns event_add, and a symbol of ours would take its place at run time.
 * Adds address, user agent, time and request id from op. */
MUST_USE enum err event_record(struct op *op, const struct event *event);
/* "session.started" */
const char *event_name(enum event_type type);
/* All of them, ending with NULL. */
extern const char *const event_names[EVENT_COUNT + 1];

/* Drops the personal fields, and the salts of their digests, of all events of the user, and of events that know no user but
 * one of the contacts (canonical; absent ones are passed over) or a contact that an event of the user has. The chain still
 * holds. In op's transaction; where those are thousands, event_forget_more does the rest. Call it when the user's row was
 * already changed in the transaction, so that no sign-in is under way. */
MUST_USE enum err event_forget(
	struct op *op, struct uuid app_id, struct uuid user_id, const struct text *contacts, size_t contact_count);
/* Goes on forgetting, a thousand events: 1, or 0 when there is nobody to be forgotten, or none before more events have their
 * place in the chain, or -1 for a fault. */
MUST_USE int event_forget_more(struct db_tx *tx, int64_t now);

#endif
