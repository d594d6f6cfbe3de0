/*
 * What can be wrong with a chain: the pure part, no store.
 */
#ifndef KW_AUDIT_AUDIT_RULES_H
#define KW_AUDIT_AUDIT_RULES_H

#include "core/event_chain.h"

enum audit_fault {
	AUDIT_SOUND,
	AUDIT_MISSING,   /* a place, or the event that had it, is gone */
	AUDIT_EDITED,    /* the event is not as it was recorded */
	AUDIT_DIGEST,    /* its personal fields are not those of its digest, or were dropped by nobody who may */
	AUDIT_REORDERED, /* sound by itself, but not what stood at this place of the chain */
	AUDIT_INSERTED,  /* not recorded by us: in no chain and not waiting, or behind a chain's end */
	AUDIT_END,       /* where the chain ends was edited, or removed */
	AUDIT_BEGUN,     /* the chain does not begin with its app */
};
/* "missing", and a sentence about it. */
const char *audit_fault_name(enum audit_fault fault);
const char *audit_fault_help(enum audit_fault fault);

/* A place of a chain, and the event at it. */
struct audit_place {
	int64_t seq;
	struct text event_id, link, subject;
	struct event_row event; /* its event_id is absent when there is no such event */
};
/* Is that what belongs to place seq, behind that link (empty: none)? */
enum audit_fault audit_rules_judge_place(const struct audit_place *place, int64_t seq, struct text before);

/* Of a chain's end; chain NULL: there is none. top: the highest place there is. */
enum audit_fault audit_rules_judge_end(const struct event_chain *chain, int64_t top);
/* An app's chain begins in the very ms that the app's id has; the house's (nil) whenever it does. */
enum audit_fault audit_rules_judge_begin(const struct event_chain *chain);

#endif
