#include "core/event_sql.h"

static struct db_stmt insert_event = DB_STMT("INSERT INTO events (app_id, event_id, at, type, user_id, session_id, "
					     "request_id, ip, user_agent, contact, detail)"
					     " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)");

/* nil is NULL */
static struct db_arg id_or_null(const struct uuid *id)
{
	return uuid_is_nil(*id) ? ARG_NULL : ARG_BYTES(*id);
}

int event_sql_insert(struct op *op, const struct event *event, struct uuid id, struct text ip)
{
	return db_exec(op->tx, &insert_event,
		ARGS(ARG_BYTES(event->app_id), ARG_BYTES(id), ARG_INT(op->now),
			ARG_TEXT(text_of(event_name(event->type))), id_or_null(&event->user_id),
			id_or_null(&event->session_id), ARG_TEXT(text_of(op->request_id)),
			ARG_TEXT(ip.n ? ip : TEXT_NONE), ARG_TEXT(op->user_agent), ARG_TEXT(event->contact),
			ARG_TEXT(event->detail)));
}
