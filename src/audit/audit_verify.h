/*
 * Whether the chains hold, piece by piece: first a chain from its first place to its end, then all events of its app, each of
 * which must have a place or wait for one. Reads only.
 */
#ifndef KW_AUDIT_AUDIT_VERIFY_H
#define KW_AUDIT_AUDIT_VERIFY_H

#include "audit/audit_rules.h"
#include "core/op.h"

enum audit_part { AUDIT_CHAIN, AUDIT_EVENTS, AUDIT_ALL_SEEN };

/* Where to go on. */
struct audit_position {
	enum audit_part part;
	int64_t seq;          /* of the chain: from this place, 1 is the first */
	struct uuid event_id; /* of the events: behind this one */
};

struct audit_report {
	struct uuid app_id;
	int64_t length, begun_at; /* of its chain */
	/* of what this piece saw: places, events whose person was forgotten, events from before there was a chain */
	int64_t records, forgotten, unproven;
	enum audit_fault fault;
	int64_t fault_seq;          /* 0: it has no place */
	struct text fault_event;    /* absent: not known */
	struct audit_position next; /* at the end, and behind a fault: AUDIT_ALL_SEEN */
	/* then only: events that wait for the chain (counted up to 100,000), and since when */
	int64_t unsealed, oldest_unsealed_at;
};

/* A piece of the app's (nil: the house's), of some hundred records; stops at the first fault. APP_NOT_FOUND. */
MUST_USE enum err audit_verify(
	struct op *op, struct uuid app_id, const struct audit_position *at, struct audit_report *report_r);

#endif
