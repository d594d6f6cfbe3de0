/*
 * A program of somebody else's that runs beside us: PostgreSQL's tools. Internal to db/.
 */
#ifndef KW_DB_CHILD_H
#define KW_DB_CHILD_H

#include <sys/types.h>

#include "base/def.h"

#define CHILD_WHY_SIZE 300

struct child {
	const char *name;
	pid_t pid; /* 0: it does not run */
	int said;  /* what it writes for people */
};

/* Starts argv[0], found by PATH, with these descriptors as its stdin and stdout (-1: nothing) and none other of ours;
 * signals are as a shell would leave them. argv and env end with NULL. On failure why says what to install. */
MUST_USE int child_start(struct child *child, const char *const *argv, char *const *env, int in, int out,
	char why[static CHILD_WHY_SIZE]);
/* Whether it still runs, after at most wait_ms. */
bool child_runs(struct child *child, int wait_ms);
/* Waits for its end, and fails unless it succeeded; why is then the first line of what it said. */
MUST_USE int child_end(struct child *child, char why[static CHILD_WHY_SIZE]);
/* Ends it now. One that does not run is fine. */
void child_kill(struct child *child);

#endif
