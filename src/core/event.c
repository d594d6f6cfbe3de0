#include "core/event.h"

#include "core/event_sql.h"

static const char *const NAMES[EVENT_COUNT] = {
#define EVENT(name, type, help) [EVENT_##name] = type,
#include "tables/events.def"
#undef EVENT
};

const char *event_name(enum event_type type)
{
	return NAMES[type];
}

enum err event_record(struct op *op, const struct event *event)
{
	struct uuid id = uuid_new(op->now);
	char ip[IP_TEXT_SIZE] = "";
	if (op->client_known)
		ip_write(op->client, ip);
	OP_STORE(op, event_sql_insert(op, event, id, text_of(ip)));
	return ERR_NONE;
}
