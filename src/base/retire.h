/*
 * What was replaced while others may still read it: snapshots that are swapped whole. Each is freed a minute after, which
 * outlives every operation, or when the house closes.
 */
#ifndef KW_BASE_RETIRE_H
#define KW_BASE_RETIRE_H

#include "base/def.h"

/* Takes the thing over, and calls give_up with it when its time has come. From any thread. NULL is fine. */
void retire(void *thing, void (*give_up)(void *thing));
/* Gives up what has waited for its minute. jobs.def */
void retire_sweep(void);
/* Gives up all: nobody reads any more. */
void retire_stop(void);

#endif
