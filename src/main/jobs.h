/*
 * jobs.def, run by the clock on the main thread.
 */
#ifndef KW_MAIN_JOBS_H
#define KW_MAIN_JOBS_H

#include "base/def.h"

/* Runs what is due; returns the ms until the next one is. */
int jobs_run(void);

#endif
