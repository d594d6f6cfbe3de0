#include "api/listing.h"
#include "app/app.h"
#include "audit/audit.h"
#include "audit/audit_sql.h"

/* How many events a page looks at for those that a filter fits. */
enum { WINDOW = 2000 };

struct events_query {
	struct text type;
	struct uuid user_id, cursor;
	int64_t limit;
};
static const struct field EVENTS_FIELDS[] = {
	FIELD(struct events_query, type, text, .place = IN_QUERY, .choices = event_names,
		.help = "events of this type"),
	FIELD(struct events_query, user_id, uuid, .place = IN_QUERY, .help = "events of this user"),
	LISTING_FIELDS(struct events_query),
};

static enum err run_events(struct op *op, void *body)
{
	const struct events_query *in = body;
	struct audit_event row = {0};
	struct listing *listing = listing_new(op, in->cursor, in->limit, &row, sizeof row);
	struct audit_filter filter = {.app_id = op->app->id,
		.type = in->type,
		.user_id = uuid_is_nil(in->user_id) ? TEXT_NONE : text_bytes(&in->user_id, sizeof in->user_id),
		.before = listing->before};
	op->result = listing;
	if (!text_absent(filter.type) || !text_absent(filter.user_id))
		OP_STORE(op, audit_sql_last_of_window(op->tx, &filter, WINDOW, &listing->down_to));
	filter.down_to = listing->down_to;
	OP_STORE(op, audit_sql_each_event(op->tx, &filter, (int64_t)listing->limit + 1, &row, listing_add, listing));
	return ERR_NONE;
}

static void emit_event(struct emit *json, const void *row)
{
	const struct audit_event *event = row;
	emit_object(json, NULL);
	uuid_emit(json, "event_id", event->event_id);
	emit_text(json, "type", event->type);
	emit_time(json, "at", event->at);
	uuid_emit(json, "user_id", event->user_id);
	uuid_emit(json, "session_id", event->session_id);
	emit_text(json, "ip", event->ip);
	emit_text(json, "user_agent", event->user_agent);
	emit_text(json, "contact", event->contact);
	emit_raw(json, "detail", text_absent(event->detail) ? TEXT("null") : event->detail);
	emit_text(json, "request_id", event->request_id);
	emit_bool(json, "sealed", event->seq != 0);
	emit_end_object(json);
}

static void reply_events(struct op *op, struct emit *json)
{
	listing_emit(json, "events", op->result, emit_event, offsetof(struct audit_event, event_id));
}

static const struct answer_field EVENTS_ANSWER[] = {{"events", "array",
							    "event_id, type, at, user_id, session_id, ip, user_agent, "
							    "contact, detail, request_id, sealed (it has its"
							    " place in the chain); newest first. With a filter a page "
							    "may have fewer than limit, even none, and go on"},
	LISTING_ANSWER};

const struct action audit_events_action = {
	.summary = "List the app's audit events",
	ACTION_FIELDS(struct events_query, EVENTS_FIELDS),
	.run = run_events,
	.reply = reply_events,
	ACTION_ANSWER(EVENTS_ANSWER),
};
