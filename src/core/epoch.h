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
/* Begins a new one now, or a moment later where the clock was moved back since the last. */
MUST_USE enum err epoch_begin(struct op *op, bool kept_sessions);

#endif
