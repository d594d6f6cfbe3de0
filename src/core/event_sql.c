#include "core/event_sql.h"

#include "core/event_chain.h"

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

#define OF_WHOM " AND (user_id = $2 OR (user_id IS NULL AND contact = $3))"
/* Rows of what was packed into texts: i counts from 0 to below $2. PostgreSQL expects few of them, whatever its statistics
 * say, and looks each up by its key. */
#define PACK "WITH RECURSIVE place(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM place WHERE i + 1 < $2)"

static struct db_stmt hold_chain =
	DB_STMT("UPDATE event_chains SET forgets = forgets + 1 WHERE app_id = $1 RETURNING seq");
static struct db_stmt each_waiting = DB_STMT("SELECT event_id FROM event_queue WHERE app_id = $1" OF_WHOM);
static struct db_stmt each_chained =
	DB_STMT(PACK " SELECT event_id FROM event_seals WHERE app_id = $1 AND seq IN (SELECT s.seq"
		     " FROM (SELECT $3 + i AS stretch FROM place) AS one JOIN event_seals AS s"
		     " ON s.app_id = $1 AND s.seq / 4096 = one.stretch AND s.subject = $4)");
static struct db_stmt each_unproven_of_user =
	DB_STMT("SELECT event_id FROM events WHERE app_id = $1 AND mac IS NULL AND user_id = $2");
static struct db_stmt each_unproven_of_contact =
	DB_STMT("SELECT event_id FROM events WHERE app_id = $1 AND mac IS NULL AND user_id IS NULL AND contact = $2");
static struct db_stmt each_contact =
	DB_STMT(PACK " SELECT e.contact FROM (SELECT substr($3, i * 16 + 1, 16) AS event_id FROM place) AS one"
		     " JOIN events AS e ON e.app_id = $1 AND e.event_id = one.event_id WHERE e.contact IS NOT NULL");
static struct db_stmt drop = DB_STMT(
	PACK " UPDATE events SET contact = NULL, ip = NULL, user_agent = NULL, salt = NULL, forgotten = one.mark"
	     " FROM (SELECT substr($3, i * 16 + 1, 16) AS event_id, substr($4, i * 32 + 1, 32) AS mark FROM place)"
	     " AS one WHERE events.app_id = $1 AND events.event_id = one.event_id AND events.forgotten IS NULL");
static struct db_stmt drop_waiting = DB_STMT("UPDATE event_queue SET contact = NULL WHERE app_id = $1" OF_WHOM);
static struct db_stmt drop_subjects = DB_STMT(PACK " UPDATE event_seals SET subject = NULL WHERE app_id = $1"
						   " AND event_id IN (SELECT substr($3, i * 16 + 1, 16) FROM place)");
_Static_assert(EVENT_STRETCH == 4096 && MAC_SIZE == 32, "the statements above and the index say so");

#define INTO(row) COLS(COL_BLOB((row)->event_id))
#define WHOM(whom) ARG_BYTES((whom)->app_id), ARG_BLOB_TEXT((whom)->user_id), ARG_TEXT((whom)->contact)

enum db_found event_sql_hold_chain(struct db_tx *tx, struct uuid app_id, int64_t *seq_r)
{
	return db_one(tx, &hold_chain, ARGS(ARG_BYTES(app_id)), COLS(COL_INT(*seq_r)));
}

int event_sql_each_waiting(struct db_tx *tx, const struct event_whom *whom, struct event_row *row,
	int (*each)(void *context), void *context)
{
	return db_each(tx, &each_waiting, ARGS(WHOM(whom)), INTO(row), each, context);
}

int event_sql_each_chained(struct db_tx *tx, const struct event_whom *whom, int64_t stretch, int64_t count,
	struct event_row *row, int (*each)(void *context), void *context)
{
	return db_each(tx, &each_chained,
		ARGS(ARG_BYTES(whom->app_id), ARG_INT(count), ARG_INT(stretch), ARG_BYTES(whom->subject)), INTO(row),
		each, context);
}

int event_sql_each_unproven(struct db_tx *tx, const struct event_whom *whom, struct event_row *row,
	int (*each)(void *context), void *context)
{
	if (text_absent(whom->user_id))
		return db_each(tx, &each_unproven_of_contact, ARGS(ARG_BYTES(whom->app_id), ARG_TEXT(whom->contact)),
			INTO(row), each, context);
	return db_each(tx, &each_unproven_of_user, ARGS(ARG_BYTES(whom->app_id), ARG_BLOB_TEXT(whom->user_id)),
		INTO(row), each, context);
}

int event_sql_each_contact(struct db_tx *tx, const struct event_pack *pack, struct event_row *row,
	int (*each)(void *context), void *context)
{
	return db_each(tx, &each_contact, ARGS(ARG_BYTES(pack->app_id), ARG_INT(pack->count), ARG_BLOB_TEXT(pack->ids)),
		COLS(COL_TEXT(row->contact)), each, context);
}

int event_sql_drop(struct db_tx *tx, const struct event_pack *pack)
{
	return db_exec(tx, &drop,
		ARGS(ARG_BYTES(pack->app_id), ARG_INT(pack->count), ARG_BLOB_TEXT(pack->ids),
			ARG_BLOB_TEXT(pack->marks)));
}

int event_sql_drop_waiting(struct db_tx *tx, const struct event_whom *whom)
{
	return db_exec(tx, &drop_waiting, ARGS(WHOM(whom)));
}

int event_sql_drop_subjects(struct db_tx *tx, const struct event_pack *pack)
{
	return db_exec(
		tx, &drop_subjects, ARGS(ARG_BYTES(pack->app_id), ARG_INT(pack->count), ARG_BLOB_TEXT(pack->ids)));
}
