#include "audit/audit_rules.h"

static const struct {
	const char *name, *help;
} FAULTS[] = {
	[AUDIT_SOUND] = {"sound", "Nothing is wrong."},
	[AUDIT_MISSING] = {"missing", "The record, or its place in the chain, was removed."},
	[AUDIT_EDITED] = {"edited", "The record is not as it was written."},
	[AUDIT_DIGEST] = {"digest_wrong",
		"The record's contact, address or user agent were edited, or removed by someone"
		" else than us."},
	[AUDIT_REORDERED] = {"reordered", "Another record stood at this place of the chain."},
	[AUDIT_INSERTED] = {"inserted", "The record was not written by us."},
	[AUDIT_END] = {"end_edited", "Where the chain ends was edited or removed: its newest records may be gone."},
	[AUDIT_BEGUN] = {"begun_anew", "The chain does not begin with its app: all of it may have been replaced."},
};

const char *audit_fault_name(enum audit_fault fault)
{
	return FAULTS[fault].name;
}

const char *audit_fault_help(enum audit_fault fault)
{
	return FAULTS[fault].help;
}

static bool is_mac(struct text stored, const uint8_t mac[static MAC_SIZE])
{
	return stored.n == MAC_SIZE && secret_equal(stored.p, mac, MAC_SIZE);
}

static bool personal_fields_are_right(const struct event_row *event)
{
	uint8_t mac[MAC_SIZE];
	if (text_absent(event->forgotten)) {
		event_mac_digest(event, mac);
		return !text_absent(event->salt) && is_mac(event->digest, mac);
	}
	event_mac_forgotten(event, mac);
	return is_mac(event->forgotten, mac) && text_absent(event->salt) && text_absent(event->contact) &&
	       text_absent(event->ip) && text_absent(event->user_agent);
}

static bool subject_is_right(const struct audit_place *place)
{
	uint8_t subject[EVENT_SUBJECT_SIZE];
	if (!event_mac_subject(&place->event, subject))
		return text_absent(place->subject);
	return text_equal(place->subject, text_bytes(subject, sizeof subject));
}

enum audit_fault audit_rules_judge_place(const struct audit_place *place, int64_t seq, struct text before)
{
	const struct event_row *event = &place->event;
	uint8_t mac[MAC_SIZE];
	if (place->seq != seq || text_absent(event->event_id))
		return AUDIT_MISSING;
	event_mac_record(event, mac);
	if (!is_mac(event->mac, mac))
		return AUDIT_EDITED;
	event_mac_link(before, seq, place->event_id, event->mac, mac);
	if (!is_mac(place->link, mac))
		return AUDIT_REORDERED;
	if (!personal_fields_are_right(event))
		return AUDIT_DIGEST;
	return subject_is_right(place) ? AUDIT_SOUND : AUDIT_EDITED;
}

enum audit_fault audit_rules_judge_end(const struct event_chain *chain, int64_t top)
{
	uint8_t mac[MAC_SIZE];
	if (!chain)
		return AUDIT_END;
	event_mac_chain(chain, mac);
	if (!is_mac(chain->mac, mac))
		return AUDIT_END;
	return top > chain->seq ? AUDIT_INSERTED : AUDIT_SOUND;
}

enum audit_fault audit_rules_judge_begin(const struct event_chain *chain)
{
	uint8_t began[ID_TIME_SIZE];
	id_time(chain->begun_at, began);
	const bool is_with_app = memcmp(began, chain->app_id.b, sizeof began) == 0;
	return uuid_is_nil(chain->app_id) || is_with_app ? AUDIT_SOUND : AUDIT_BEGUN;
}
