#include "base/buf.h"
#include "base/log.h"
#include "core/event.h"
#include "core/event_chain.h"
#include "core/event_sql.h"

/* FIRST events are dropped in the operation's own transaction, at least, and MORE in each later one. */
enum { FIRST = 2000, MORE = 1000, PACK = 500, STRETCHES_MAX = 32 };

struct known_contact {
	struct text canonical;
	struct known_contact *next;
};

struct forget {
	struct db_tx *tx;
	struct event_order order; /* being carried out */
	int64_t length;           /* of the app's chain */
	int64_t left;             /* how many events may still be dropped in this transaction */
	int64_t dropped;
	struct event_found found; /* the one being read */
	struct buf ids, marks;    /* of those that were read and not dropped yet */
	struct text contact;      /* being read */
	struct known_contact *contacts;
};

/* ---- contacts ---- */

static void know_contact(struct forget *forget, struct text canonical)
{
	if (text_absent(canonical))
		return;
	for (const struct known_contact *known = forget->contacts; known; known = known->next)
		if (text_equal(known->canonical, canonical))
			return;
	struct known_contact *known = ARENA_NEW(db_tx_arena(forget->tx), struct known_contact);
	*known = (struct known_contact){canonical, forget->contacts};
	forget->contacts = known;
}

static int note_contact(void *context)
{
	struct forget *forget = context;
	know_contact(forget, forget->contact);
	return 0;
}

/* ---- events: 0, or -1 for a fault ---- */

static int note(void *context)
{
	struct forget *forget = context;
	const struct event_row row = {.app_id = text_bytes(&forget->order.app_id, sizeof forget->order.app_id),
		.event_id = forget->found.event_id};
	uint8_t mark[MAC_SIZE];
	forget->left--;
	if (row.event_id.n != sizeof(struct uuid))
		return 0;
	event_mac_forgotten(&row, mark);
	buf_add(&forget->ids, row.event_id);
	buf_add(&forget->marks, text_bytes(mark, sizeof mark));
	return 0;
}

/* A user's events may know contacts that nobody else knows any more. Of a contact not even the MAC may stay: whoever has the
 * master key could try what it was; a user's id is kept anyway. */
static int drop_pack(struct forget *forget, const struct event_pack *pack)
{
	struct db_tx *tx = forget->tx;
	const bool is_user = !text_absent(forget->order.user_id);
	const int known = is_user ? event_sql_each_contact(tx, pack, &forget->contact, note_contact, forget)
				  : event_sql_drop_subjects(tx, pack);
	const int dropped = known < 0 ? -1 : event_sql_drop(tx, pack);
	if (dropped < 0 || event_sql_drop_waiting(tx, pack) < 0)
		return -1;
	forget->dropped += dropped;
	return 0;
}

static int drop_noted(struct forget *forget)
{
	const struct text ids = buf_text(&forget->ids), marks = buf_text(&forget->marks);
	const size_t all = ids.n / sizeof(struct uuid);
	forget->ids.n = forget->marks.n = 0;
	for (size_t done = 0; done < all; done += PACK) {
		const size_t count = all - done < PACK ? all - done : PACK;
		TRY(drop_pack(forget,
			&(struct event_pack){.app_id = forget->order.app_id,
				.count = (int64_t)count,
				.ids = text_bytes(ids.p + done * sizeof(struct uuid), count * sizeof(struct uuid)),
				.marks = text_bytes(marks.p + done * MAC_SIZE, count * MAC_SIZE)}));
	}
	return 0;
}

/* ---- an order: *done_r is false when the transaction has done enough ---- */

static int forget_waiting(struct forget *forget, bool *done_r)
{
	const int64_t limit = forget->left;
	const int seen = event_sql_each_waiting(forget->tx, &forget->order, limit, &forget->found, note, forget);
	*done_r = seen < limit;
	return seen < 0 ? -1 : drop_noted(forget);
}

/* Where nothing was found, the next search goes further. */
static int forget_chained(struct forget *forget, bool *done_r)
{
	struct event_order *order = &forget->order;
	for (int64_t count = 1; order->seq <= forget->length && forget->left > 0;) {
		const int64_t limit = forget->left;
		const int seen = event_sql_each_chained(forget->tx, order, count, limit, &forget->found, note, forget);
		if (seen < 0 || drop_noted(forget) != 0)
			return -1;
		order->seq =
			seen == limit ? forget->found.seq + 1 : (order->seq / EVENT_STRETCH + count) * EVENT_STRETCH;
		count = seen ? 1 : count < STRETCHES_MAX ? 2 * count : count;
	}
	*done_r = order->seq > forget->length;
	return 0;
}

static int carry_out(struct forget *forget, bool *done_r)
{
	struct event_order *order = &forget->order;
	const struct event_row whom = {.app_id = text_bytes(&order->app_id, sizeof order->app_id),
		.user_id = order->user_id,
		.contact = order->contact};
	bool none_waits, none_is_left;
	MUST(event_mac_subject(&whom, order->subject));
	TRY(forget_waiting(forget, &none_waits));
	TRY(forget_chained(forget, &none_is_left));
	*done_r = none_waits && none_is_left;
	return 0;
}

static void order_mac(const struct event_order *order, uint8_t out[static MAC_SIZE])
{
	event_mac_order(order->app_id, order->order_id, order->user_id, order->contact, order->seq, out);
}

static int place_order(struct forget *forget, struct text user_id, struct text contact, int64_t seq, int64_t now)
{
	uint8_t mac[MAC_SIZE];
	struct event_order order = {.app_id = forget->order.app_id,
		.order_id = uuid_new(now),
		.user_id = user_id,
		.contact = contact,
		.seq = seq,
		.mac = text_bytes(mac, sizeof mac)};
	order_mac(&order, mac);
	return event_sql_insert_order(forget->tx, &order) == 1 ? 0 : -1;
}

/* While its end is held nothing is added to a chain, so an event either waits or has its place. */
static int begin(struct forget *forget, int64_t left)
{
	struct arena *arena = db_tx_arena(forget->tx);
	forget->left = left;
	buf_init(&forget->ids, arena, PACK * sizeof(struct uuid));
	buf_init(&forget->marks, arena, PACK * MAC_SIZE);
	return event_sql_hold_chain(forget->tx, forget->order.app_id, &forget->length) == DB_FAULT ? -1 : 0;
}

/* ---- the door ---- */

/* What is not done now is ordered. */
static int forget_whom(struct forget *forget, struct text user_id, struct text contact, int64_t now)
{
	struct event_order *order = &forget->order;
	bool done;
	order->user_id = user_id;
	order->contact = contact;
	order->seq = 0;
	if (event_sql_each_unproven(forget->tx, order, &forget->found, note, forget) < 0 || drop_noted(forget) != 0)
		return -1;
	forget->left = forget->left > 0 ? forget->left : 0;
	TRY(carry_out(forget, &done));
	return done ? 0 : place_order(forget, user_id, contact, order->seq, now);
}

static int forget_all(struct forget *forget, struct uuid user_id, int64_t now)
{
	if (event_chain_begin(forget->tx, forget->order.app_id, now) < 0)
		return -1;
	TRY(begin(forget, FIRST));
	TRY(forget_whom(forget, text_bytes(&user_id, sizeof user_id), TEXT_NONE, now));
	for (const struct known_contact *known = forget->contacts; known; known = known->next)
		TRY(forget_whom(forget, TEXT_NONE, known->canonical, now));
	return 0;
}

enum err event_forget(
	struct op *op, struct uuid app_id, struct uuid user_id, const struct text *contacts, size_t contact_count)
{
	struct forget forget = {.tx = op->tx, .order.app_id = app_id};
	for (size_t i = 0; i < contact_count; i++)
		know_contact(&forget, contacts[i]);
	OP_STORE(op, forget_all(&forget, user_id, op->now));
	return ERR_NONE;
}

/* What somebody else ordered would otherwise be forgotten with our mark. */
static int drop_forged(struct db_tx *tx, const struct event_order *order)
{
	log_say(LOG_ERROR, "audit_broken", "an order to forget somebody was not ours, and is dropped");
	return event_sql_delete_order(tx, order) < 0 ? -1 : 1;
}

/* Of an order that was carried out as far as it goes. */
static int put_back(struct db_tx *tx, const struct event_order *order, bool done)
{
	struct event_order moved = *order;
	uint8_t mac[MAC_SIZE];
	order_mac(order, mac);
	moved.mac = text_bytes(mac, sizeof mac);
	return done ? event_sql_delete_order(tx, order) : event_sql_move_order(tx, &moved);
}

int event_forget_more(struct db_tx *tx, int64_t now)
{
	struct forget forget = {.tx = tx};
	struct event_order *order = &forget.order;
	uint8_t mac[MAC_SIZE];
	bool done;
	const enum db_found found = event_sql_get_order(tx, order);
	if (found != DB_ROW)
		return (int)found;
	order_mac(order, mac);
	if (order->mac.n != MAC_SIZE || !secret_equal(order->mac.p, mac, MAC_SIZE))
		return drop_forged(tx, order);
	const int64_t from = order->seq;
	if (begin(&forget, MORE) != 0 || carry_out(&forget, &done) != 0)
		return -1;
	for (const struct known_contact *known = forget.contacts; known; known = known->next)
		TRY(place_order(&forget, TEXT_NONE, known->canonical, 0, now));
	if (put_back(tx, order, done) < 0)
		return -1;
	return done || forget.dropped > 0 || order->seq > from;
}
