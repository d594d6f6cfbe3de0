/*
 * One kind of message (mails, or text messages) on the delivery thread: what waits, what is under way, and what becomes
 * of it. Nothing here is shared between threads but the tally.
 */
#ifndef KW_DELIVER_LANE_H
#define KW_DELIVER_LANE_H

#include "deliver/carrier.h"
#include "deliver/circuit.h"

struct lane_tally {
	_Atomic uint64_t sent, failed, expired, retried;
	_Atomic uint64_t held; /* letters in this process's hands, inbox excluded */
};

struct lane {
	const char *name; /* for the log */
	struct circuit circuit;
	struct letter *ready;     /* in the order they came */
	struct letter *paused;    /* each until its due */
	struct letter *under_way; /* with the courier */
	unsigned count_under_way;
	int64_t looked_after; /* clock_steady(), when those that wait were last looked through */
	struct lane_tally tally;
};

/* Takes the letter over. */
void lane_take(struct lane *lane, struct letter *letter);
/* Sends what may go now. courier is asked for one when it is needed and may answer NULL, which is like a provider that
 * does not answer. Returns when to come again (clock_steady()) if nothing else happens before. */
int64_t lane_work(struct lane *lane, struct courier *(*courier)(void));
/* Gives up the letters that wait, and leaves their rows to others. */
void lane_release(struct lane *lane);
/* Forgets the letters under way, whose courier is gone; who knows what became of them. */
void lane_forget(struct lane *lane);

#endif
