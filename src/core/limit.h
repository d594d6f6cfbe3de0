/*
 * Budgets. Two kinds: generous ones per address or app, in a table of fixed size in memory (limits.def); and exact sliding
 * windows per subject as rows of the store, which survive restarts and hold on every node.
 */
#ifndef KW_CORE_LIMIT_H
#define KW_CORE_LIMIT_H

#include "core/house.h"
#include "core/op.h"

/* ---- in memory: limits.def ---- */

/* Makes the table (1 MiB when full; the kernel gives its pages on use). In dev mode rows marked OFF_IN_DEV never refuse. */
void limit_start(const struct house *house);
void limit_stop(void);

/* Draws one from the budget of op's client address (scope: usually the app's id, or absent for all apps together); of the
 * app for APP rows. Operations whose client is not known draw only from APP rows. ERR_NONE, or the row's error with
 * retry_ms set. An operation draws once from each limit: where its run is repeated, what it drew stands and lets it in. */
enum err limit_take(struct op *op, enum limit_id id, struct text scope);
/* The same without drawing: is it spent? */
enum err limit_look(struct op *op, enum limit_id id, struct text scope);

/* ---- in the store: one row per subject, exact ---- */

enum { LIMIT_WINDOW_MAX = 160 };

/* What a window counts: a kind ("otp_send") and a subject that is kept only as a keyed MAC. */
struct limit_window {
	const char *kind;
	struct uuid app_id;
	struct text subject;
	int64_t count, window_ms; /* count <= LIMIT_WINDOW_MAX */
};

/* Adds op->now to the window if fewer than count times lie within window_ms; else leaves it and sets *wait_ms_r to the ms
 * until the oldest falls out (else 0). ERR_NONE either way; an err is a fault. */
MUST_USE enum err limit_add(struct op *op, const struct limit_window *window, int64_t *wait_ms_r);
/* Looks without adding: how many lie within the window, and the wait as above (0 when there is room). */
MUST_USE enum err limit_see(struct op *op, const struct limit_window *window, int64_t *used_r, int64_t *wait_ms_r);
/* Adds without refusing: the oldest makes place. */
MUST_USE enum err limit_note(struct op *op, const struct limit_window *window);

/* jobs.def */
void limit_prune(void);

#endif
