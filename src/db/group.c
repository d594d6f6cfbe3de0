#include "db/group.h"

#include <time.h>

#define ATTEMPTS_MAX 10

static enum db_outcome undone(enum fault fault)
{
	return fault == FAULT_NONE || fault == FAULT_OURS ? DB_UNDONE : DB_FAILED;
}

/* How one work's changes can be taken back without the others': ALONE, with the transaction. BETWEEN savepoints, which cost a
 * copy of every page it touches. HOPING that there will be none to take back, as most works have it: else all run again. */
enum care { ALONE, HOPING, BETWEEN };

static enum fault end_work(struct conn *conn, enum care care, bool keep, bool changed)
{
	switch (care) {
	case ALONE: return keep ? FAULT_NONE : FAULT_OURS;
	case HOPING: return keep || !changed ? FAULT_NONE : FAULT_RERUN;
	case BETWEEN: break;
	}
	return keep ? conn->engine->keep(conn) : conn->engine->undo(conn);
}

/* FAULT_NONE: its outcome stands if the commit succeeds. */
static enum fault run_work(struct conn *conn, struct db_work *work, enum care care, enum db_outcome *outcome_r)
{
	const struct engine *engine = conn->engine;
	struct db_tx tx = {.conn = conn, .arena = work->arena};

	if (care == BETWEEN)
		TRY(engine->mark(conn));
	const int64_t before = care == HOPING ? engine->changes(conn) : 0;
	const enum db_verdict verdict = work->run(work, &tx);
	if (tx.fault != FAULT_NONE && tx.fault != FAULT_OURS)
		return tx.fault;

	const bool keep = verdict == DB_KEEP && tx.fault == FAULT_NONE;
	*outcome_r = keep ? DB_COMMITTED : DB_UNDONE;
	return end_work(conn, care, keep, care == HOPING && engine->changes(conn) != before);
}

/* One attempt. Anything but FAULT_NONE: nothing of it happened, whatever the outcomes say. */
static enum fault attempt(
	struct conn *conn, struct db_work *const *works, size_t count, unsigned number, enum db_outcome *outcomes)
{
	const struct engine *engine = conn->engine;
	const enum care care = count == 1 ? ALONE : number == 0 ? HOPING : BETWEEN;

	TRY(engine->begin(conn, works[0]->reads, number));
	for (size_t i = 0; i < count; i++) {
		const enum fault fault = run_work(conn, works[i], care, &outcomes[i]);
		if (fault != FAULT_NONE) {
			engine->rollback(conn);
			return fault;
		}
	}
	return engine->commit(conn);
}

/* Lets whoever we conflict with finish: from the second rerun on, a millisecond more each time. */
static void step_aside(unsigned number)
{
	const struct timespec pause = {.tv_nsec = number * 1000000L};

	if (number > 1)
		nanosleep(&pause, NULL);
}

static void tell(struct db_work *work, enum db_outcome outcome, struct group_tally *tally)
{
	tally->actions++;
	if (outcome != DB_COMMITTED)
		tally->faults++;
	work->after(work, outcome);
}

void group_run(struct conn *conn, struct db_work *const *works, size_t count, struct group_tally *tally)
{
	enum db_outcome outcomes[GROUP_MAX];
	enum fault fault = FAULT_RERUN;

	MUST(count >= 1 && count <= conn->engine->group && count <= GROUP_MAX);
	for (unsigned number = 0; number < ATTEMPTS_MAX && fault == FAULT_RERUN; number++) {
		step_aside(number);
		fault = attempt(conn, works, count, number, outcomes);
	}
	if (fault == FAULT_NONE)
		tally->commits++;
	for (size_t i = 0; i < count; i++) {
		if (fault == FAULT_UNKNOWN)
			outcomes[i] = DB_UNKNOWN;
		else if (fault != FAULT_NONE)
			outcomes[i] = undone(fault);
		tell(works[i], outcomes[i], tally);
	}
}
