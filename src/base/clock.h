/*
 * Time in milliseconds. Cannot fail.
 */
#ifndef KW_BASE_CLOCK_H
#define KW_BASE_CLOCK_H

#include "base/def.h"

/* Wall clock since 1970 for what is stored and signed. It never goes back while the process lives: after a backward
 * step of the system's clock it runs on by the monotonic clock until the system has caught up. */
int64_t clock_now(void);
/* Monotonic, for deadlines and locks in memory; moved by clock_shift like clock_now. */
int64_t clock_ticks(void);
/* Monotonic and never moved: how long to wait for sockets and threads (CLOCK_MONOTONIC). */
int64_t clock_steady(void);
/* Moves both clocks by ms (dev mode and tests only; a negative shift is a backward step of the wall clock alone). */
void clock_shift(int64_t ms);

#define CLOCK_RFC3339_SIZE 21
/* "2026-05-25T12:34:56Z" and a NUL. Times outside of the years 1970 to 9999 are moved to the nearer end. */
void clock_rfc3339(int64_t ms, char out[static CLOCK_RFC3339_SIZE]);
/* Reads exactly that form, 1970 to 9999 (also with fractional seconds, which are dropped). */
MUST_USE int clock_rfc3339_read(const char *p, size_t n, int64_t *ms_r);

#endif
