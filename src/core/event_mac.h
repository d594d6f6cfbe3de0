/*
 * What is computed over audit events, with keys derived from the master key: nothing of it can be made from a stolen or edited
 * database. What is NULL in the store counts as another value than what is empty.
 */
#ifndef KW_CORE_EVENT_MAC_H
#define KW_CORE_EVENT_MAC_H

#include "core/house.h"
#include "core/id.h"

void event_mac_start(const struct house *house);
void event_mac_stop(void);

/* An event as it stands in the store; absent is NULL. Ids are their 16 bytes, whatever else somebody may have put there. */
struct event_row {
	struct text app_id, event_id, type, user_id, session_id, request_id, detail;
	int64_t at;
	struct text contact, ip, user_agent, salt; /* personal; absent in an event that was forgotten */
	struct text digest;                        /* of the personal fields */
	struct text mac;
	struct text forgotten;
};

/* Stands for contact, ip and user_agent; without the salt nobody can find out what they were, not even by trying. */
void event_mac_digest(const struct event_row *row, uint8_t out[static MAC_SIZE]);
/* Over all that is never dropped: ids, time, type, detail, digest. */
void event_mac_record(const struct event_row *row, uint8_t out[static MAC_SIZE]);
/* Of an event whose personal fields we dropped: that it was us. */
void event_mac_forgotten(const struct event_row *row, uint8_t out[static MAC_SIZE]);

enum { EVENT_SUBJECT_SIZE = 8 };
/* Whom an event is about, for finding it: the user, or the contact where no user is known. False: nobody. */
bool event_mac_subject(const struct event_row *row, uint8_t out[static EVENT_SUBJECT_SIZE]);

/* The chain's next link: from the link before (empty: none), the place, and the event with its MAC. */
void event_mac_link(
	struct text before, int64_t seq, struct text event_id, struct text event_mac, uint8_t out[static MAC_SIZE]);

/* An order to forget: a user, or a contact (the other is absent), from that place of the chain on. */
void event_mac_order(struct uuid app_id, struct uuid order_id, struct text user_id, struct text contact, int64_t seq,
	uint8_t out[static MAC_SIZE]);

/* Where a chain ends. */
struct event_chain {
	struct uuid app_id;
	int64_t seq;      /* of its newest event; 0: none yet */
	struct text link; /* of that event; empty: none */
	int64_t begun_at;
	struct text mac;
};
void event_mac_chain(const struct event_chain *chain, uint8_t out[static MAC_SIZE]);

#endif
