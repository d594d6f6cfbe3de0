/*
 * Numbers as text, bounds checked; refuse signs, spaces, leading zeros and anything left over.
 */
#ifndef KW_BASE_NUM_H
#define KW_BASE_NUM_H

#include "base/text.h"

MUST_USE int num_read(struct text t, int64_t min, int64_t max, int64_t *out_r);
/* Decimal digits (and a minus) without a NUL; returns how many. */
#define NUM_SIZE 20
size_t num_write(int64_t value, char out[static NUM_SIZE]);
/* A setting's duration: "90s" "5m" "12h" "30d" or "0s"; to milliseconds. */
MUST_USE int num_read_duration(struct text t, int64_t *ms_r);
/* Milliseconds to whole seconds, rounded up, at least 1: what Retry-After says. */
int64_t num_seconds_up(int64_t ms);

#endif
