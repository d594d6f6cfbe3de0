/*
 * Epochs of the store. A backup does not know what was spent after it was made, so a store that was restored begins a new
 * epoch: whatever was handed out before it, to be used once, is void. Rows are voided when it begins; signed things that
 * are no rows are compared with it when they come.
 */
#ifndef KW_CORE_EPOCH_H
#define KW_CORE_EPOCH_H

#include "core/op.h"

/* When the present epoch began, ms; 0: the store was never restored. One indexed read. A token that works once is void when
 * its iat, a whole second, lies before: `iat * 1000 < *at_r`. */
MUST_USE enum err epoch_started_at(struct op *op, int64_t *at_r);
/* SQL for whoever puts a backup in the store's place, to run in the same transaction: the store is then marked as one whose
 * new epoch is due, and nobody opens it without beginning that (main/restored.h). */
const char *epoch_mark(bool keep_sessions);
/* Whether the store is marked so, and how: asking takes the mark away, in op's transaction. */
MUST_USE enum err epoch_take_due(struct op *op, bool *due_r, bool *keep_sessions_r);
/* Begins a new one now, or a moment later where the clock was moved back since the last. */
MUST_USE enum err epoch_begin(struct op *op, bool kept_sessions);

#endif
