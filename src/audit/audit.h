/*
 * The audit trail: audit events as apps read them, the chains that hold them together, and the proof that they do.
 *
 * An event is recorded in its action's transaction (core/event.h) and waits. A job gives it the next place in its app's chain,
 * so that no sign-in waits for another's. The link of each place is a MAC over the link before, the place and the event's own
 * MAC; where the chain ends stands, with a MAC, in a row of its own.
 */
#ifndef KW_AUDIT_AUDIT_H
#define KW_AUDIT_AUDIT_H

#include "api/action.h"
#include "core/house.h"

void audit_start(const struct house *house);

/* Chains what waits, in pieces, at most some ten thousand events; what is left then waits for the next call. An end of a chain
 * that is not ours is left alone and complained of. For jobs: waits for the store. */
void audit_seal(void);

/* Forgets the rest of those whose events were too many for one transaction. For jobs. */
void audit_forget(void);

/* For /metrics; of this node. */
struct audit_stats {
	uint64_t sealed;  /* events chained */
	uint64_t refused; /* times that a chain was left alone because its end is not ours */
};
struct audit_stats audit_stats(void);

extern const struct action audit_events_action, audit_apps_action, audit_verify_action;

#endif
