#include "core/event_sql.h"

#include "core/event_chain.h"
#include "db/pack.h"

static struct db_stmt insert_event = DB_STMT(
	"INSERT INTO events (app_id, event_id, at, type, user_id, session_id, request_id, ip, user_agent, contact,"
	" detail, salt, digest, mac) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)");
static struct db_stmt begin_chain = DB_STMT("INSERT INTO event_chains (app_id, seq, link, begun_at, mac)"
					    " VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING");

int event_sql_insert(struct db_tx *tx, const struct event_row *row)
{
	return db_exec(tx, &insert_event,
		ARGS(ARG_BLOB_TEXT(row->app_id), ARG_BLOB_TEXT(row->event_id), ARG_INT(row->at), ARG_TEXT(row->type),
			ARG_BLOB_TEXT(row->user_id), ARG_BLOB_TEXT(row->session_id), ARG_TEXT(row->request_id),
			ARG_TEXT(row->ip), ARG_TEXT(row->user_agent), ARG_TEXT(row->contact), ARG_TEXT(row->detail),
			ARG_BLOB_TEXT(row->salt), ARG_BLOB_TEXT(row->digest), ARG_BLOB_TEXT(row->mac)));
}

int event_sql_begin_chain(struct db_tx *tx, const struct event_chain *chain)
{
	return db_exec(tx, &begin_chain,
		ARGS(ARG_BYTES(chain->app_id), ARG_INT(chain->seq), ARG_BLOB_TEXT(chain->link),
			ARG_INT(chain->begun_at), ARG_BLOB_TEXT(chain->mac)));
}

/* ---- forgetting ---- */

#define IN_PACK " WHERE app_id = $1 AND event_id IN (SELECT substr($3, i * 16 + 1, 16) FROM " PACK_EACH ")"

static struct db_stmt hold_chain =
	DB_STMT("UPDATE event_chains SET forgets = forgets + 1 WHERE app_id = $1 RETURNING seq");
static struct db_stmt insert_order = DB_STMT(
	"INSERT INTO event_orders (app_id, order_id, user_id, contact, seq, mac) VALUES ($1, $2, $3, $4, $5, $6)");
static struct db_stmt get_order = DB_STMT(
	"SELECT app_id, order_id, user_id, contact, seq, mac FROM event_orders ORDER BY app_id, order_id LIMIT 1");
static struct db_stmt move_order =
	DB_STMT("UPDATE event_orders SET seq = $3, mac = $4 WHERE app_id = $1 AND order_id = $2");
static struct db_stmt delete_order = DB_STMT("DELETE FROM event_orders WHERE app_id = $1 AND order_id = $2");

static struct db_stmt each_waiting = DB_STMT("SELECT event_id, 0 FROM event_queue WHERE app_id = $1"
					     " AND (user_id = $2 OR (user_id IS NULL AND contact = $3)) LIMIT $4");
static struct db_stmt each_chained =
	DB_STMT(PACK_ROWS " SELECT event_id, seq FROM event_seals WHERE app_id = $1 AND seq IN (SELECT s.seq"
			  " FROM (SELECT $3 + i AS stretch FROM " PACK_EACH ") AS one JOIN event_seals AS s"
			  " ON s.app_id = $1 AND s.seq / 4096 = one.stretch AND s.subject = $4 AND s.seq >= $5)"
			  " ORDER BY seq LIMIT $6");
static struct db_stmt each_unproven_of_user =
	DB_STMT("SELECT event_id, 0 FROM events WHERE app_id = $1 AND mac IS NULL AND user_id = $2");
static struct db_stmt each_unproven_of_contact = DB_STMT(
	"SELECT event_id, 0 FROM events WHERE app_id = $1 AND mac IS NULL AND user_id IS NULL AND contact = $2");

static struct db_stmt each_contact = DB_STMT(
	PACK_ROWS " SELECT e.contact FROM (SELECT substr($3, i * 16 + 1, 16) AS event_id FROM " PACK_EACH ") AS one"
		  " JOIN events AS e ON e.app_id = $1 AND e.event_id = one.event_id WHERE e.contact IS NOT NULL");
static struct db_stmt drop =
	DB_STMT(PACK_ROWS " UPDATE events SET contact = NULL, ip = NULL, user_agent = NULL, salt = NULL,"
			  " forgotten = one.mark FROM (SELECT substr($3, i * 16 + 1, 16) AS event_id,"
			  " substr($4, i * 32 + 1, 32) AS mark FROM " PACK_EACH ") AS one"
			  " WHERE events.app_id = $1 AND events.event_id = one.event_id AND events.forgotten IS NULL");
static struct db_stmt drop_waiting =
	DB_STMT(PACK_ROWS " UPDATE event_queue SET contact = NULL" IN_PACK " AND contact IS NOT NULL");
static struct db_stmt drop_subjects = DB_STMT(PACK_ROWS " UPDATE event_seals SET subject = NULL" IN_PACK);
_Static_assert(EVENT_STRETCH == 4096 && MAC_SIZE == 32, "the statements above and the index say so");

#define INTO(found) COLS(COL_BLOB((found)->event_id), COL_INT((found)->seq))

enum db_found event_sql_hold_chain(struct db_tx *tx, struct uuid app_id, int64_t *seq_r)
{
	return db_one(tx, &hold_chain, ARGS(ARG_BYTES(app_id)), COLS(COL_INT(*seq_r)));
}

int event_sql_insert_order(struct db_tx *tx, const struct event_order *order)
{
	return db_exec(tx, &insert_order,
		ARGS(ARG_BYTES(order->app_id), ARG_BYTES(order->order_id), ARG_BLOB_TEXT(order->user_id),
			ARG_TEXT(order->contact), ARG_INT(order->seq), ARG_BLOB_TEXT(order->mac)));
}

enum db_found event_sql_get_order(struct db_tx *tx, struct event_order *order_r)
{
	return db_one(tx, &get_order, NO_ARGS,
		COLS(COL_BYTES(order_r->app_id), COL_BYTES(order_r->order_id), COL_BLOB(order_r->user_id),
			COL_TEXT(order_r->contact), COL_INT(order_r->seq), COL_BLOB(order_r->mac)));
}

int event_sql_move_order(struct db_tx *tx, const struct event_order *order)
{
	return db_exec(tx, &move_order,
		ARGS(ARG_BYTES(order->app_id), ARG_BYTES(order->order_id), ARG_INT(order->seq),
			ARG_BLOB_TEXT(order->mac)));
}

int event_sql_delete_order(struct db_tx *tx, const struct event_order *order)
{
	return db_exec(tx, &delete_order, ARGS(ARG_BYTES(order->app_id), ARG_BYTES(order->order_id)));
}

int event_sql_each_waiting(struct db_tx *tx, const struct event_order *order, int64_t limit, struct event_found *found,
	int (*each)(void *context), void *context)
{
	return db_each(tx, &each_waiting,
		ARGS(ARG_BYTES(order->app_id), ARG_BLOB_TEXT(order->user_id), ARG_TEXT(order->contact), ARG_INT(limit)),
		INTO(found), each, context);
}

int event_sql_each_chained(struct db_tx *tx, const struct event_order *order, int64_t count, int64_t limit,
	struct event_found *found, int (*each)(void *context), void *context)
{
	return db_each(tx, &each_chained,
		ARGS(ARG_BYTES(order->app_id), ARG_INT(count), ARG_INT(order->seq / EVENT_STRETCH),
			ARG_BYTES(order->subject), ARG_INT(order->seq), ARG_INT(limit)),
		INTO(found), each, context);
}

int event_sql_each_unproven(struct db_tx *tx, const struct event_order *order, struct event_found *found,
	int (*each)(void *context), void *context)
{
	if (text_absent(order->user_id))
		return db_each(tx, &each_unproven_of_contact, ARGS(ARG_BYTES(order->app_id), ARG_TEXT(order->contact)),
			INTO(found), each, context);
	return db_each(tx, &each_unproven_of_user, ARGS(ARG_BYTES(order->app_id), ARG_BLOB_TEXT(order->user_id)),
		INTO(found), each, context);
}

int event_sql_each_contact(struct db_tx *tx, const struct event_pack *pack, struct text *contact_r,
	int (*each)(void *context), void *context)
{
	return db_each(tx, &each_contact, ARGS(ARG_BYTES(pack->app_id), ARG_INT(pack->count), ARG_BLOB_TEXT(pack->ids)),
		COLS(COL_TEXT(*contact_r)), each, context);
}

int event_sql_drop(struct db_tx *tx, const struct event_pack *pack)
{
	return db_exec(tx, &drop,
		ARGS(ARG_BYTES(pack->app_id), ARG_INT(pack->count), ARG_BLOB_TEXT(pack->ids),
			ARG_BLOB_TEXT(pack->marks)));
}

#define PACK_ARGS(pack) ARGS(ARG_BYTES((pack)->app_id), ARG_INT((pack)->count), ARG_BLOB_TEXT((pack)->ids))

int event_sql_drop_waiting(struct db_tx *tx, const struct event_pack *pack)
{
	return db_exec(tx, &drop_waiting, PACK_ARGS(pack));
}

int event_sql_drop_subjects(struct db_tx *tx, const struct event_pack *pack)
{
	return db_exec(tx, &drop_subjects, PACK_ARGS(pack));
}
