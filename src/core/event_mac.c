#include "core/event_mac.h"

#include <endian.h>

enum { PARTS_MAX = 10 };

static struct {
	struct mac_key *digest, *record, *forgotten, *subject, *link, *order, *chain;
} keys;

void event_mac_start(const struct house *house)
{
	keys.digest = mac_key_new(house->master, "event digest");
	keys.record = mac_key_new(house->master, "event record");
	keys.forgotten = mac_key_new(house->master, "event forgotten");
	keys.subject = mac_key_new(house->master, "event subject");
	keys.link = mac_key_new(house->master, "event link");
	keys.order = mac_key_new(house->master, "event order");
	keys.chain = mac_key_new(house->master, "event chain");
}

void event_mac_stop(void)
{
	mac_key_free(keys.chain);
	mac_key_free(keys.order);
	mac_key_free(keys.link);
	mac_key_free(keys.subject);
	mac_key_free(keys.forgotten);
	mac_key_free(keys.record);
	mac_key_free(keys.digest);
	memset(&keys, 0, sizeof keys);
}

/* Each part is led by a part that says whether it is there at all. */
static void sum(const struct mac_key *key, const struct text *parts, size_t count, uint8_t out[static MAC_SIZE])
{
	struct text told[2 * PARTS_MAX];
	MUST(count <= PARTS_MAX);
	for (size_t i = 0; i < count; i++) {
		told[2 * i] = text_absent(parts[i]) ? TEXT("-") : TEXT("+");
		told[2 * i + 1] = parts[i];
	}
	mac_sum(key, told, 2 * count, out);
}
#define SUM(key, out, ...)                                                                                             \
	sum((key), (const struct text[]){__VA_ARGS__}, COUNT(((const struct text[]){__VA_ARGS__})), (out))

void event_mac_digest(const struct event_row *row, uint8_t out[static MAC_SIZE])
{
	SUM(keys.digest, out, row->salt, row->contact, row->ip, row->user_agent);
}

void event_mac_record(const struct event_row *row, uint8_t out[static MAC_SIZE])
{
	const uint64_t at = htobe64((uint64_t)row->at);
	SUM(keys.record, out, row->app_id, row->event_id, text_bytes(&at, sizeof at), row->type, row->user_id,
		row->session_id, row->request_id, row->detail, row->digest);
}

void event_mac_forgotten(const struct event_row *row, uint8_t out[static MAC_SIZE])
{
	SUM(keys.forgotten, out, row->app_id, row->event_id);
}

bool event_mac_subject(const struct event_row *row, uint8_t out[static EVENT_SUBJECT_SIZE])
{
	uint8_t whole[MAC_SIZE];
	if (text_absent(row->user_id) && text_absent(row->contact))
		return false;
	SUM(keys.subject, whole, row->app_id, row->user_id, text_absent(row->user_id) ? row->contact : TEXT_NONE);
	memcpy(out, whole, EVENT_SUBJECT_SIZE);
	return true;
}

void event_mac_link(
	struct text before, int64_t seq, struct text event_id, struct text event_mac, uint8_t out[static MAC_SIZE])
{
	const uint64_t place = htobe64((uint64_t)seq);
	SUM(keys.link, out, before, text_bytes(&place, sizeof place), event_id, event_mac);
}

void event_mac_order(struct uuid app_id, struct uuid order_id, struct text user_id, struct text contact, int64_t seq,
	uint8_t out[static MAC_SIZE])
{
	const uint64_t place = htobe64((uint64_t)seq);
	SUM(keys.order, out, text_bytes(&app_id, sizeof app_id), text_bytes(&order_id, sizeof order_id), user_id,
		contact, text_bytes(&place, sizeof place));
}

void event_mac_chain(const struct event_chain *chain, uint8_t out[static MAC_SIZE])
{
	const uint64_t seq = htobe64((uint64_t)chain->seq), begun_at = htobe64((uint64_t)chain->begun_at);
	SUM(keys.chain, out, text_bytes(&chain->app_id, sizeof chain->app_id), text_bytes(&seq, sizeof seq),
		chain->link, text_bytes(&begun_at, sizeof begun_at));
}
