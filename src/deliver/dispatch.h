/*
 * The delivery thread: takes letters from all others, and keeps the lanes, the courier and the outbox going.
 */
#ifndef KW_DELIVER_DISPATCH_H
#define KW_DELIVER_DISPATCH_H

#include "deliver/letter.h"

/* Letters this process holds at most; more wait in the outbox. */
enum { DISPATCH_MAX = 10000 };

/* Starts the thread and takes up what an earlier process left behind. */
MUST_USE int dispatch_start(const struct house *house);
void dispatch_stop(void);

/* From any thread: takes a utlist of letters over. Costs a lock, and a signal when the thread sleeps. */
void dispatch_take(struct letter *letters);
/* How many more letters there is room for. */
size_t dispatch_room(void);
struct deliver_stats dispatch_stats(void);

#endif
