#include "core/event_chain.h"

#include "core/event_sql.h"

int event_chain_begin(struct db_tx *tx, struct uuid app_id, int64_t now)
{
	struct event_chain chain = {.app_id = app_id, .link = TEXT(""), .begun_at = now};
	uint8_t mac[MAC_SIZE];
	event_mac_chain(&chain, mac);
	chain.mac = text_bytes(mac, sizeof mac);
	return event_sql_begin_chain(tx, &chain);
}
