#include "core/event.h"

#include "core/event_chain.h"
#include "core/event_sql.h"
#include "crypto/rand.h"

enum { SALT_SIZE = 16 };

const char *const event_names[EVENT_COUNT + 1] = {
#define EVENT(name, type, help) [EVENT_##name] = type,
#include "tables/events.def"
#undef EVENT
};

const char *event_name(enum event_type type)
{
	return event_names[type];
}

/* nil is absent */
static struct text id_or_none(const struct uuid *id)
{
	return uuid_is_nil(*id) ? TEXT_NONE : text_bytes(id, sizeof *id);
}

enum err event_record(struct op *op, const struct event *event)
{
	const struct uuid id = uuid_new(op->now);
	uint8_t salt[SALT_SIZE], digest[MAC_SIZE], mac[MAC_SIZE];
	char ip[IP_TEXT_SIZE] = "";
	if (op->client_known)
		ip_write(op->client, ip);
	rand_bytes(salt, sizeof salt);
	struct event_row row = {.app_id = text_bytes(&event->app_id, sizeof event->app_id),
		.event_id = text_bytes(&id, sizeof id),
		.at = op->now,
		.type = text_of(event_name(event->type)),
		.user_id = id_or_none(&event->user_id),
		.session_id = id_or_none(&event->session_id),
		.request_id = text_of(op->request_id),
		.detail = event->detail,
		.contact = event->contact,
		.ip = *ip ? text_of(ip) : TEXT_NONE,
		.user_agent = op->user_agent,
		.salt = text_bytes(salt, sizeof salt)};
	event_mac_digest(&row, digest);
	row.digest = text_bytes(digest, sizeof digest);
	event_mac_record(&row, mac);
	row.mac = text_bytes(mac, sizeof mac);
	OP_STORE(op, event_sql_insert(op->tx, &row));
	if (event->type == EVENT_APP_CREATED)
		OP_STORE(op, event_chain_begin(op->tx, event->app_id, op->now));
	return ERR_NONE;
}
