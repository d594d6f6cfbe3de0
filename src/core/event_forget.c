#include "base/buf.h"
#include "core/event.h"
#include "core/event_chain.h"
#include "core/event_sql.h"

enum { PIECE = 500, STRETCHES = 256 };

struct known_contact {
	struct text canonical;
	struct known_contact *next;
};

struct forget {
	struct op *op;
	int64_t stretches; /* of the app's chain */
	struct event_whom whom;
	struct event_row row;  /* the one being read */
	struct buf ids, marks; /* of those that were read and not dropped yet */
	struct known_contact *contacts;
};

static void know_contact(struct forget *forget, struct text canonical)
{
	if (text_absent(canonical))
		return;
	for (const struct known_contact *known = forget->contacts; known; known = known->next)
		if (text_equal(known->canonical, canonical))
			return;
	struct known_contact *known = ARENA_NEW(forget->op->arena, struct known_contact);
	*known = (struct known_contact){canonical, forget->contacts};
	forget->contacts = known;
}

static int note_contact(void *context)
{
	struct forget *forget = context;
	know_contact(forget, forget->row.contact);
	return 0;
}

static int note(void *context)
{
	struct forget *forget = context;
	uint8_t mark[MAC_SIZE];
	if (forget->row.event_id.n != sizeof(struct uuid))
		return 0;
	event_mac_forgotten(&forget->row, mark);
	buf_add(&forget->ids, forget->row.event_id);
	buf_add(&forget->marks, text_bytes(mark, sizeof mark));
	return 0;
}

/* A user's events may know contacts that nobody else knows any more. Of a contact not even the MAC may stay: whoever has the
 * master key could try what it was; a user's id is kept anyway. */
static enum err drop_pack(struct forget *forget, const struct event_pack *pack)
{
	struct db_tx *tx = forget->op->tx;
	if (text_absent(forget->whom.user_id))
		OP_STORE(forget->op, event_sql_drop_subjects(tx, pack));
	else
		OP_STORE(forget->op, event_sql_each_contact(tx, pack, &forget->row, note_contact, forget));
	OP_STORE(forget->op, event_sql_drop(tx, pack));
	return ERR_NONE;
}

static enum err drop_noted(struct forget *forget)
{
	const struct text ids = buf_text(&forget->ids), marks = buf_text(&forget->marks);
	const size_t all = ids.n / sizeof(struct uuid);
	for (size_t done = 0; done < all; done += PIECE) {
		const size_t count = all - done < PIECE ? all - done : PIECE;
		TRY(drop_pack(forget,
			&(struct event_pack){.app_id = forget->whom.app_id,
				.count = (int64_t)count,
				.ids = text_bytes(ids.p + done * sizeof(struct uuid), count * sizeof(struct uuid)),
				.marks = text_bytes(marks.p + done * MAC_SIZE, count * MAC_SIZE)}));
	}
	forget->ids.n = forget->marks.n = 0;
	return ERR_NONE;
}

static enum err forget_chained(struct forget *forget)
{
	for (int64_t stretch = 0; stretch < forget->stretches; stretch += STRETCHES) {
		const int64_t left = forget->stretches - stretch, count = left < STRETCHES ? left : STRETCHES;
		OP_STORE(forget->op, event_sql_each_chained(forget->op->tx, &forget->whom, stretch, count, &forget->row,
					     note, forget));
		TRY(drop_noted(forget));
	}
	return ERR_NONE;
}

static enum err forget_whom(struct forget *forget, struct text user_id, struct text contact)
{
	struct event_whom *whom = &forget->whom;
	struct db_tx *tx = forget->op->tx;
	whom->user_id = user_id;
	whom->contact = contact;
	const struct event_row of_whom = {.app_id = forget->row.app_id, .user_id = user_id, .contact = contact};
	MUST(event_mac_subject(&of_whom, whom->subject));
	OP_STORE(forget->op, event_sql_each_waiting(tx, whom, &forget->row, note, forget));
	OP_STORE(forget->op, event_sql_each_unproven(tx, whom, &forget->row, note, forget));
	TRY(drop_noted(forget));
	OP_STORE(forget->op, event_sql_drop_waiting(tx, whom));
	return forget_chained(forget);
}

/* While it is held nothing is chained, so an event either waits or has its place. */
static enum err hold_chain(struct forget *forget)
{
	struct op *op = forget->op;
	const struct uuid app_id = forget->whom.app_id;
	int64_t seq = 0;
	OP_STORE(op, event_chain_begin(op->tx, app_id, op->now));
	OP_STORE(op, event_sql_hold_chain(op->tx, app_id, &seq));
	forget->stretches = seq / EVENT_STRETCH + 1;
	return ERR_NONE;
}

enum err event_forget(
	struct op *op, struct uuid app_id, struct uuid user_id, const struct text *contacts, size_t contact_count)
{
	struct forget forget = {
		.op = op, .whom = {.app_id = app_id}, .row = {.app_id = text_bytes(&app_id, sizeof app_id)}};
	buf_init(&forget.ids, op->arena, PIECE * sizeof user_id);
	buf_init(&forget.marks, op->arena, PIECE * MAC_SIZE);
	for (size_t i = 0; i < contact_count; i++)
		know_contact(&forget, contacts[i]);
	TRY(hold_chain(&forget));
	TRY(forget_whom(&forget, text_bytes(&user_id, sizeof user_id), TEXT_NONE));
	for (const struct known_contact *known = forget.contacts; known; known = known->next)
		TRY(forget_whom(&forget, TEXT_NONE, known->canonical));
	return ERR_NONE;
}
