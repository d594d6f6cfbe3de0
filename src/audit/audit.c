#include "audit/audit.h"

#include <stdatomic.h>

#include "audit/audit_sql.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "core/event.h"

/* A piece of PIECE events holds the store's thread for a few ms. One of many apps, with a few events each, costs PostgreSQL
 * more: it begins no further app after PIECE_MS. */
enum { PIECE = 500, PIECE_MS = 20, PIECES_MAX = 40, FORGET_PIECES_MAX = 10 };
static const int64_t COMPLAIN_MS = 60 * 1000;

static struct {
	struct db *db;
	struct uuid from;                 /* the app to go on with; nil: from the start */
	int64_t complained_at;            /* by the clock that is never moved */
	_Atomic uint64_t sealed, refused; /* see struct audit_stats */
} room;

void audit_start(const struct house *house)
{
	room.db = house->db;
	room.from = (struct uuid){{0}};
	room.complained_at = 0;
}

struct audit_stats audit_stats(void)
{
	return (struct audit_stats){.sealed = atomic_load(&room.sealed), .refused = atomic_load(&room.refused)};
}

/* ---- the end of a chain ---- */

/* Not what somebody put there: else our own MAC would hide that the chain was cut, or begun anew. */
static bool is_ours(const struct event_chain *chain, int64_t top)
{
	uint8_t mac[MAC_SIZE];
	event_mac_chain(chain, mac);
	return top <= chain->seq && chain->mac.n == MAC_SIZE && secret_equal(chain->mac.p, mac, MAC_SIZE);
}

static void complain(struct uuid app_id)
{
	char id[UUID_TEXT_SIZE];
	atomic_fetch_add(&room.refused, 1);
	if (room.complained_at && clock_steady() - room.complained_at < COMPLAIN_MS)
		return;
	room.complained_at = clock_steady();
	uuid_write(app_id, id);
	log_say(LOG_ERROR, "audit_broken",
		"the end of the audit chain of app %s was edited: nothing is added to it; see keywright audit verify",
		id);
}

/* ---- a piece of one app's events ---- */

struct batch {
	struct event_chain chain; /* grows */
	struct event_row row;     /* the one being read */
	struct buf event_ids, links, subjects;
	uint8_t link[MAC_SIZE];
};

static int add(void *context)
{
	struct batch *batch = context;
	struct event_chain *chain = &batch->chain;
	uint8_t subject[EVENT_SUBJECT_SIZE] = {0};
	if (batch->row.event_id.n != sizeof(struct uuid))
		return 0;
	chain->seq++;
	event_mac_link(chain->link, chain->seq, batch->row.event_id, batch->row.mac, batch->link);
	chain->link = text_bytes(batch->link, sizeof batch->link);
	(void)event_mac_subject(&batch->row, subject);
	buf_add(&batch->event_ids, batch->row.event_id);
	buf_add(&batch->links, chain->link);
	buf_add(&batch->subjects, text_bytes(subject, sizeof subject));
	return 0;
}

static int write(struct db_tx *tx, struct batch *batch, const struct event_chain *before, int64_t forgets)
{
	struct event_chain chain = batch->chain;
	uint8_t mac[MAC_SIZE];
	const struct audit_places places = {.app_id = chain.app_id,
		.first = before->seq + 1,
		.count = chain.seq - before->seq,
		.event_ids = buf_text(&batch->event_ids),
		.links = buf_text(&batch->links),
		.subjects = buf_text(&batch->subjects)};
	event_mac_chain(&chain, mac);
	chain.mac = text_bytes(mac, sizeof mac);
	/* first of all, for it holds off whoever else would seal or forget; 0: somebody was faster */
	if (audit_sql_move_end(tx, &chain, before->seq, forgets) != 1 ||
		audit_sql_insert_seals(tx, &places) != places.count || audit_sql_unqueue(tx, &places) != places.count)
		return -1;
	return (int)places.count;
}

/* Where the chain ends: DB_NONE when that is not ours. */
static enum db_found get_end(struct db_tx *tx, struct uuid app_id, struct event_chain *chain_r, int64_t *forgets_r)
{
	int64_t top = 0;
	/* before the end: which, if both are ours, can only have moved on since */
	if (audit_sql_get_top(tx, app_id, &top) < 0)
		return DB_FAULT;
	enum db_found found = audit_sql_get_chain(tx, app_id, chain_r, forgets_r);
	if (found == DB_NONE && top == 0) {
		if (event_chain_begin(tx, app_id, clock_now()) < 0)
			return DB_FAULT;
		found = audit_sql_get_chain(tx, app_id, chain_r, forgets_r);
	}
	return found == DB_ROW && !is_ours(chain_r, top) ? DB_NONE : found;
}

/* How many events were chained, at most limit; -1: a fault, or another node was faster. */
static int seal_app(struct db_tx *tx, struct uuid app_id, int64_t limit)
{
	struct batch batch = {.row.app_id = text_bytes(&app_id, sizeof app_id)};
	int64_t forgets;
	/* before the events: if it has not moved when it is moved, they were not chained meanwhile */
	const enum db_found found = get_end(tx, app_id, &batch.chain, &forgets);
	if (found == DB_NONE)
		complain(app_id);
	if (found != DB_ROW)
		return (int)found;
	const struct event_chain before = batch.chain;
	buf_init(&batch.event_ids, db_tx_arena(tx), (size_t)limit * sizeof app_id);
	buf_init(&batch.links, db_tx_arena(tx), (size_t)limit * MAC_SIZE);
	buf_init(&batch.subjects, db_tx_arena(tx), (size_t)limit * EVENT_SUBJECT_SIZE);
	if (audit_sql_each_waiting(tx, app_id, limit, &batch.row, add, &batch) < 0)
		return -1;
	return batch.chain.seq == before.seq ? 0 : write(tx, &batch, &before, forgets);
}

/* ---- the job ---- */

struct piece {
	struct uuid from; /* the app to go on with; nil: from the start */
	int64_t sealed;
	bool end; /* no app is left */
};

/* The least id above. */
static struct uuid id_after(struct uuid id)
{
	for (size_t i = sizeof id.b; i-- > 0 && ++id.b[i] == 0;) {
	}
	return id;
}

static enum db_verdict seal_piece(void *context, struct db_tx *tx)
{
	struct piece *piece = context, now = {.from = room.from};
	const int64_t late = clock_steady() + PIECE_MS;
	while (now.sealed < PIECE && !now.end && clock_steady() < late) {
		struct uuid app_id = {{0}};
		const int64_t most = PIECE - now.sealed;
		const enum db_found found = audit_sql_next_app(tx, now.from, &app_id);
		now.end = found == DB_NONE;
		const int sealed = found == DB_ROW ? seal_app(tx, app_id, most) : (int)found;
		if (sealed < 0)
			return DB_UNDO;
		now.sealed += sealed;
		if (!now.end)
			now.from = sealed < most ? id_after(app_id) : app_id;
	}
	*piece = now;
	return DB_KEEP;
}

void audit_seal(void)
{
	struct piece piece = {.end = false};
	for (int i = 0; i < PIECES_MAX && !piece.end; i++) {
		if (db_run(room.db, seal_piece, &piece) != DB_COMMITTED)
			return;
		atomic_fetch_add(&room.sealed, (uint64_t)piece.sealed);
		room.from = piece.from;
	}
	/* an app that has more than that lets the others come first */
	room.from = piece.end ? (struct uuid){{0}} : id_after(room.from);
}

/* ---- forgetting ---- */

static enum db_verdict forget_piece(void *context, struct db_tx *tx)
{
	int *went_on = context;
	*went_on = event_forget_more(tx, clock_now());
	return *went_on < 0 ? DB_UNDO : DB_KEEP;
}

void audit_forget(void)
{
	int went_on = 1;
	for (int i = 0; i < FORGET_PIECES_MAX && went_on == 1; i++)
		if (db_run(room.db, forget_piece, &went_on) != DB_COMMITTED)
			return;
}
