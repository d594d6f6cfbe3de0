/*
 * The outbox: messages in the store, sealed, until they are delivered or past their time.
 *
 * Whoever holds a message has claimed its row for OUTBOX_CLAIM_MS. A claim that passes (a node that crashed, one that
 * stopped) makes the row free for all.
 */
#ifndef KW_DELIVER_OUTBOX_H
#define KW_DELIVER_OUTBOX_H

#include "deliver/letter.h"

enum { OUTBOX_CLAIM_MS = 30 * 1000 };

struct outbox_doings {
	/* Letters that were claimed, as a utlist; on any thread. */
	void (*take)(struct letter *letters);
	/* Rows past their time that were erased. */
	void (*expired)(unsigned count);
	/* outbox_work may go on. */
	void (*wake)(void);
};
void outbox_start(const struct house *house, const struct outbox_doings *doings);
/* Waits for what the store still has in hand; takes and wakes nobody any more. */
void outbox_stop(void);

/* Writes the row, in op's transaction, claimed for this node. */
MUST_USE enum err outbox_add(struct op *op, struct uuid app_id, const struct message *message, struct uuid *id_r);

/* Claims free rows, later: at most so many. */
void outbox_claim(size_t at_most);
/* The same here and now, for the start: if nobody else can be at work on this store, whoever claimed them before. */
MUST_USE int outbox_claim_left_behind(size_t at_most);

/* The delivery thread alone: */

/* Notes that the letter's row has no use any more. */
void outbox_erase(const struct letter *letter);
/* Notes that others may have the letter's row from free_at on. */
void outbox_release(const struct letter *letter, int64_t free_at);
/* Sees that what was noted gets done, many at a time. What fails is tried again. True when there is nothing left to do. */
bool outbox_work(void);

#endif
