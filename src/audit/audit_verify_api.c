#include "api/listing.h"
#include "audit/audit.h"
#include "audit/audit_sql.h"
#include "audit/audit_verify.h"

/* ---- apps ---- */

struct apps_query {
	struct uuid cursor;
	int64_t limit;
};
static const struct field APPS_FIELDS[] = {LISTING_FIELDS(struct apps_query)};

static enum err run_apps(struct op *op, void *body)
{
	const struct apps_query *in = body;
	struct uuid row = {{0}};
	struct listing *listing = listing_new(op, in->cursor, in->limit, &row, sizeof row);
	op->result = listing;
	OP_STORE(op,
		audit_sql_each_app(op->tx, listing->before, (int64_t)listing->limit + 1, &row, listing_add, listing));
	return ERR_NONE;
}

static void emit_app(struct emit *json, const void *row)
{
	emit_object(json, NULL);
	uuid_emit(json, "app_id", *(const struct uuid *)row);
	emit_end_object(json);
}

static void reply_apps(struct op *op, struct emit *json)
{
	listing_emit(json, "apps", op->result, emit_app, 0);
}

static const struct answer_field APPS_ANSWER[] = {
	{"apps", "array", "app_id; the last is null: the chain of the house itself"}, LISTING_ANSWER};

const struct action audit_apps_action = {
	.summary = "List the apps whose audit events form chains",
	ACTION_FIELDS(struct apps_query, APPS_FIELDS),
	.run = run_apps,
	.reply = reply_apps,
	ACTION_ANSWER(APPS_ANSWER),
};

/* ---- a piece of one ---- */

struct verify_query {
	struct uuid app_id, event_id;
	struct text part;
	int64_t seq;
};
static const char *const PARTS[] = {[AUDIT_CHAIN] = "chain", [AUDIT_EVENTS] = "events", [AUDIT_ALL_SEEN] = NULL};
static const struct field VERIFY_FIELDS[] = {
	FIELD(struct verify_query, app_id, uuid, .place = IN_QUERY,
		.help = "the app; without one, the house's own chain"),
	FIELD(struct verify_query, part, text, .place = IN_QUERY, .standard = "chain", .choices = PARTS,
		.help = "first the chain, then all events: each must be in it"),
	FIELD(struct verify_query, seq, int, .place = IN_QUERY, .standard_int = 1, .min = 1, .max = INT64_MAX / 2,
		.help = "of the chain: the place to go on at"),
	FIELD(struct verify_query, event_id, uuid, .place = IN_QUERY, .help = "of the events: the one to go on behind"),
};

static enum err run_verify(struct op *op, void *body)
{
	const struct verify_query *in = body;
	struct audit_report *report = ARENA_NEW(op->arena, struct audit_report);
	const struct audit_position at = {
		.part = text_equal(in->part, text_of(PARTS[AUDIT_EVENTS])) ? AUDIT_EVENTS : AUDIT_CHAIN,
		.seq = in->seq,
		.event_id = in->event_id};
	op->result = report;
	return audit_verify(op, in->app_id, &at, report);
}

static void emit_fault(struct emit *json, const struct audit_report *report)
{
	struct uuid event_id = {{0}};
	if (report->fault == AUDIT_SOUND) {
		emit_null(json, "broken");
		return;
	}
	if (report->fault_event.n == sizeof event_id)
		memcpy(&event_id, report->fault_event.p, sizeof event_id);
	emit_object(json, "broken");
	if (report->fault_seq)
		emit_int(json, "seq", report->fault_seq);
	else
		emit_null(json, "seq");
	uuid_emit(json, "event_id", event_id);
	emit_string(json, "what", audit_fault_name(report->fault));
	emit_string(json, "message", audit_fault_help(report->fault));
	emit_end_object(json);
}

/* As the query that goes on. */
static void emit_next(struct emit *json, const struct audit_position *next)
{
	if (next->part == AUDIT_ALL_SEEN) {
		emit_null(json, "next");
		return;
	}
	emit_object(json, "next");
	emit_string(json, "part", PARTS[next->part]);
	if (next->part == AUDIT_CHAIN)
		emit_int(json, "seq", next->seq);
	else if (!uuid_is_nil(next->event_id))
		uuid_emit(json, "event_id", next->event_id);
	emit_end_object(json);
}

static void reply_verify(struct op *op, struct emit *json)
{
	const struct audit_report *report = op->result;
	uuid_emit(json, "app_id", report->app_id);
	emit_int(json, "length", report->length);
	emit_time(json, "begun_at", report->begun_at);
	emit_int(json, "records", report->records);
	emit_int(json, "forgotten", report->forgotten);
	emit_int(json, "unproven", report->unproven);
	emit_fault(json, report);
	emit_next(json, &report->next);
	emit_int(json, "unsealed", report->unsealed);
	emit_time(json, "oldest_unsealed_at", report->oldest_unsealed_at);
}

static const struct answer_field VERIFY_ANSWER[] = {
	{"app_id", "string", "null: the house's own chain"},
	{"length", "integer", "records the chain has"},
	{"begun_at", "string", "when the chain began"},
	{"records", "integer", "records of the chain that this piece checked"},
	{"forgotten", "integer", "of them, those whose personal fields were dropped"},
	{"unproven", "integer", "events this piece saw from before there was a chain"},
	{"broken", "object", "seq, event_id, what, message of the first record that is wrong; null: none is so far"},
	{"next", "object", "the query that goes on; null: all was seen, or something is broken"},
	{"unsealed", "integer", "with next null: events that wait for the chain"},
	{"oldest_unsealed_at", "string", "since when"},
};
static const enum err VERIFY_ERRORS[] = {ERR_APP_NOT_FOUND, ERR_NONE};

const struct action audit_verify_action = {
	.summary = "Check some hundred audit records of an app",
	ACTION_FIELDS(struct verify_query, VERIFY_FIELDS),
	.run = run_verify,
	.reply = reply_verify,
	ACTION_ANSWER(VERIFY_ANSWER),
	.errors = VERIFY_ERRORS,
};
