/*
 * The queue before the store, and the threads behind it. While the server is known to be down the queue is empty and
 * refuses: one thread probes until it is back, so that nobody waits for a dead socket.
 */
#ifndef KW_DB_BATCH_H
#define KW_DB_BATCH_H

#include "db/group.h"

struct batch;

/* Takes the first connection; opens the others. room: how many works may wait. */
struct batch *batch_new(struct conn *first, unsigned threads, unsigned room);
MUST_USE int batch_start(struct batch *batch);
MUST_USE int batch_submit(struct batch *batch, struct db_work *work);
/* Finishes what is queued, joins the threads, closes the connections, frees. NULL is fine. */
void batch_free(struct batch *batch);

bool batch_is_up(struct batch *batch);
unsigned batch_queued(struct batch *batch);
struct group_tally *batch_tally(struct batch *batch);

#endif
