#include "audit/audit_verify.h"

#include "app/app.h"
#include "audit/audit_sql.h"

/* A piece holds an I/O thread for a few ms. */
enum { PIECE = 500, UNSEALED_MAX = 100000 };

static void blame(struct audit_report *report, enum audit_fault fault, int64_t seq, struct text event_id)
{
	if (fault == AUDIT_SOUND || report->fault != AUDIT_SOUND)
		return;
	report->fault = fault;
	report->fault_seq = seq;
	report->fault_event = event_id;
}

/* ---- the chain ---- */

struct walk {
	struct audit_report *report;
	struct audit_place place; /* the one being read */
	int64_t from, due;        /* the first to be judged; the next to be read */
	struct text before;
};

static int see_place(void *context)
{
	struct walk *walk = context;
	const struct audit_place *place = &walk->place;
	struct audit_report *report = walk->report;
	enum audit_fault fault = place->seq == walk->due ? AUDIT_SOUND : AUDIT_MISSING;
	if (walk->due >= walk->from) {
		fault = audit_rules_judge_place(place, walk->due, walk->before);
		report->records++;
		report->forgotten += !text_absent(place->event.forgotten);
	}
	blame(report, fault, walk->due, place->seq == walk->due ? place->event_id : TEXT_NONE);
	walk->before = place->link;
	walk->due++;
	return report->fault != AUDIT_SOUND;
}

/* From that place on; the one before lends its link. */
static enum err walk_chain(struct op *op, const struct event_chain *chain, int64_t at, struct audit_report *report)
{
	const int64_t from = at > chain->seq ? chain->seq + 1 : at;
	const int64_t end = from + PIECE > chain->seq ? chain->seq + 1 : from + PIECE, first = from > 1 ? from - 1 : 1;
	struct walk walk = {.report = report, .from = from, .due = first, .before = TEXT("")};
	walk.place.event.app_id = text_bytes(&report->app_id, sizeof report->app_id);
	if (first < end)
		OP_STORE(op, audit_sql_each_place(
				     op->tx, report->app_id, first, end - first, &walk.place, see_place, &walk));
	if (walk.due < end)
		blame(report, AUDIT_MISSING, walk.due, TEXT_NONE);
	report->next = end <= chain->seq ? (struct audit_position){AUDIT_CHAIN, .seq = end}
					 : (struct audit_position){AUDIT_EVENTS};
	if (end > chain->seq && !text_equal(walk.before, chain->link))
		blame(report, AUDIT_END, chain->seq, TEXT_NONE);
	return ERR_NONE;
}

/* ---- the events ---- */

struct sweep {
	struct audit_report *report;
	struct audit_stray stray; /* the event being read */
	int64_t seen;
};

static int see_event(void *context)
{
	struct sweep *sweep = context;
	struct audit_report *report = sweep->report;
	const struct audit_stray *stray = &sweep->stray;
	sweep->seen++;
	if (stray->event_id.n == sizeof report->next.event_id)
		memcpy(&report->next.event_id, stray->event_id.p, sizeof report->next.event_id);
	else
		blame(report, AUDIT_INSERTED, 0, stray->event_id);
	if (stray->seq || stray->waits)
		return 0;
	const bool is_older = !report->begun_at || stray->at < report->begun_at;
	report->unproven += stray->has_no_mac && is_older;
	if (!stray->has_no_mac || !is_older)
		blame(report, AUDIT_INSERTED, 0, stray->event_id);
	return report->fault != AUDIT_SOUND;
}

static enum err sweep_events(struct op *op, struct uuid behind, struct audit_report *report)
{
	struct sweep sweep = {.report = report};
	report->next = (struct audit_position){AUDIT_EVENTS, .event_id = behind};
	OP_STORE(op, audit_sql_each_stray(op->tx, report->app_id, behind, PIECE, &sweep.stray, see_event, &sweep));
	if (sweep.seen < PIECE)
		report->next.part = AUDIT_ALL_SEEN;
	return ERR_NONE;
}

/* ---- all of it ---- */

/* Events from before there was a chain excuse that it does not begin with the app. */
static enum err judge_chain(struct op *op, const struct event_chain *chain, int64_t top, struct audit_report *report)
{
	const enum db_found old = audit_sql_has_unproven(op->tx, report->app_id);
	const bool is_excused = old == DB_ROW || uuid_is_nil(report->app_id);
	OP_STORE(op, old);
	if (!chain && top == 0 && is_excused)
		return ERR_NONE;
	const enum audit_fault fault = audit_rules_judge_end(chain, top);
	blame(report, fault, fault == AUDIT_INSERTED ? chain->seq + 1 : chain ? chain->seq : 0, TEXT_NONE);
	if (chain && !is_excused)
		blame(report, audit_rules_judge_begin(chain), 0, TEXT_NONE);
	return ERR_NONE;
}

static enum err see_unsealed(struct op *op, struct audit_report *report)
{
	report->next.part = AUDIT_ALL_SEEN;
	OP_STORE(op, audit_sql_count_waiting(op->tx, report->app_id, UNSEALED_MAX, &report->unsealed));
	OP_STORE(op, audit_sql_oldest_waiting(op->tx, report->app_id, &report->oldest_unsealed_at));
	return ERR_NONE;
}

enum err audit_verify(struct op *op, struct uuid app_id, const struct audit_position *at, struct audit_report *report_r)
{
	struct audit_report report = {.app_id = app_id};
	struct event_chain chain = {.seq = 0, .link = TEXT("")};
	int64_t top = 0, forgets;
	/* the top first: what is chained meanwhile is no stranger */
	OP_STORE(op, audit_sql_get_top(op->tx, app_id, &top));
	const enum db_found found = audit_sql_get_chain(op->tx, app_id, &chain, &forgets);
	OP_STORE(op, found);
	if (found == DB_NONE && top == 0 && !uuid_is_nil(app_id) && !app_find(app_id))
		return ERR_APP_NOT_FOUND;
	report.length = chain.seq;
	report.begun_at = chain.begun_at;
	TRY(judge_chain(op, found == DB_ROW ? &chain : NULL, top, &report));
	if (report.fault == AUDIT_SOUND && at->part == AUDIT_CHAIN)
		TRY(walk_chain(op, &chain, at->seq, &report));
	else if (report.fault == AUDIT_SOUND)
		TRY(sweep_events(op, at->event_id, &report));
	if (report.fault != AUDIT_SOUND || report.next.part == AUDIT_ALL_SEEN)
		TRY(see_unsealed(op, &report));
	*report_r = report;
	return ERR_NONE;
}
