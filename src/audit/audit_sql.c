#include "audit/audit_sql.h"

#include "db/pack.h"

/* ---- sealing ---- */

static struct db_stmt next_app = DB_STMT("SELECT app_id FROM event_queue WHERE app_id >= $1 ORDER BY app_id LIMIT 1");
static struct db_stmt get_chain =
	DB_STMT("SELECT CAST(seq AS BIGINT), CAST(link AS BLOB), CAST(begun_at AS BIGINT), CAST(mac AS BLOB), forgets"
		" FROM event_chains WHERE app_id = $1");
static struct db_stmt get_top =
	DB_STMT("SELECT CAST(seq AS BIGINT) FROM event_seals WHERE app_id = $1 ORDER BY seq DESC LIMIT 1");
static struct db_stmt each_waiting =
	DB_STMT("SELECT event_id, mac, user_id, contact FROM event_queue WHERE app_id = $1 ORDER BY event_id LIMIT $2");
static struct db_stmt move_end = DB_STMT(
	"UPDATE event_chains SET seq = $2, link = $3, mac = $4 WHERE app_id = $1 AND seq = $5 AND forgets = $6");
static struct db_stmt insert_seals =
	DB_STMT(PACK_ROWS " INSERT INTO event_seals (app_id, seq, event_id, link, subject)"
			  " SELECT $1, $3 + i, substr($4, i * 16 + 1, 16), substr($5, i * 32 + 1, 32),"
			  " NULLIF(substr($6, i * 8 + 1, 8), $7) FROM " PACK_EACH);
static struct db_stmt unqueue =
	DB_STMT(PACK_ROWS " DELETE FROM event_queue WHERE app_id = $1"
			  " AND event_id IN (SELECT substr($3, i * 16 + 1, 16) FROM " PACK_EACH ")");

enum db_found audit_sql_next_app(struct db_tx *tx, struct uuid from, struct uuid *app_id_r)
{
	return db_one(tx, &next_app, ARGS(ARG_BYTES(from)), COLS(COL_BYTES(*app_id_r)));
}

enum db_found audit_sql_get_chain(struct db_tx *tx, struct uuid app_id, struct event_chain *chain_r, int64_t *forgets_r)
{
	chain_r->app_id = app_id;
	return db_one(tx, &get_chain, ARGS(ARG_BYTES(app_id)),
		COLS(COL_INT(chain_r->seq), COL_BLOB(chain_r->link), COL_INT(chain_r->begun_at), COL_BLOB(chain_r->mac),
			COL_INT(*forgets_r)));
}

enum db_found audit_sql_get_top(struct db_tx *tx, struct uuid app_id, int64_t *seq_r)
{
	return db_one(tx, &get_top, ARGS(ARG_BYTES(app_id)), COLS(COL_INT(*seq_r)));
}

int audit_sql_each_waiting(struct db_tx *tx, struct uuid app_id, int64_t limit, struct event_row *row,
	int (*each)(void *context), void *context)
{
	return db_each(tx, &each_waiting, ARGS(ARG_BYTES(app_id), ARG_INT(limit)),
		COLS(COL_BLOB(row->event_id), COL_BLOB(row->mac), COL_BLOB(row->user_id), COL_TEXT(row->contact)), each,
		context);
}

int audit_sql_move_end(struct db_tx *tx, const struct event_chain *chain, int64_t from_seq, int64_t forgets)
{
	return db_exec(tx, &move_end,
		ARGS(ARG_BYTES(chain->app_id), ARG_INT(chain->seq), ARG_BLOB_TEXT(chain->link),
			ARG_BLOB_TEXT(chain->mac), ARG_INT(from_seq), ARG_INT(forgets)));
}

int audit_sql_insert_seals(struct db_tx *tx, const struct audit_places *places)
{
	static const uint8_t none[EVENT_SUBJECT_SIZE];
	return db_exec(tx, &insert_seals,
		ARGS(ARG_BYTES(places->app_id), ARG_INT(places->count), ARG_INT(places->first),
			ARG_BLOB_TEXT(places->event_ids), ARG_BLOB_TEXT(places->links), ARG_BLOB_TEXT(places->subjects),
			ARG_BYTES(none)));
}

int audit_sql_unqueue(struct db_tx *tx, const struct audit_places *places)
{
	return db_exec(tx, &unqueue,
		ARGS(ARG_BYTES(places->app_id), ARG_INT(places->count), ARG_BLOB_TEXT(places->event_ids)));
}

/* ---- listing ---- */

/* Looked up by its key for each event: of EXISTS or a join PostgreSQL may make a walk through all places. */
#define SEQ_OF_EVENT "(SELECT s.seq FROM event_seals AS s WHERE s.app_id = e.app_id AND s.event_id = e.event_id)"

static struct db_stmt last_of_window = DB_STMT(
	"SELECT event_id FROM events WHERE app_id = $1 AND event_id < $2 ORDER BY event_id DESC LIMIT 1 OFFSET $3");
static struct db_stmt each_event =
	DB_STMT("SELECT e.event_id, e.type, e.at, e.user_id, e.session_id, e.ip, e.user_agent, e.contact, e.detail,"
		" e.request_id, " SEQ_OF_EVENT " FROM events AS e"
		" WHERE e.app_id = $1 AND e.event_id < $2 AND e.event_id >= $3"
		" AND (e.type = $4 OR $4 IS NULL) AND (e.user_id = $5 OR $5 IS NULL)"
		" ORDER BY e.event_id DESC LIMIT $6");

enum db_found audit_sql_last_of_window(
	struct db_tx *tx, const struct audit_filter *filter, int64_t count, struct uuid *event_id_r)
{
	return db_one(tx, &last_of_window,
		ARGS(ARG_BYTES(filter->app_id), ARG_BYTES(filter->before), ARG_INT(count - 1)),
		COLS(COL_BYTES(*event_id_r)));
}

int audit_sql_each_event(struct db_tx *tx, const struct audit_filter *filter, int64_t limit, struct audit_event *row,
	int (*each)(void *context), void *context)
{
	return db_each(tx, &each_event,
		ARGS(ARG_BYTES(filter->app_id), ARG_BYTES(filter->before), ARG_BYTES(filter->down_to),
			ARG_TEXT(filter->type), ARG_BLOB_TEXT(filter->user_id), ARG_INT(limit)),
		COLS(COL_BYTES(row->event_id), COL_TEXT(row->type), COL_INT(row->at), COL_BYTES(row->user_id),
			COL_BYTES(row->session_id), COL_TEXT(row->ip), COL_TEXT(row->user_agent),
			COL_TEXT(row->contact), COL_TEXT(row->detail), COL_TEXT(row->request_id), COL_INT(row->seq)),
		each, context);
}

/* ---- verifying ---- */

/* The casts are for SQLite, where a column may hold a value of any type. */
static struct db_stmt each_place =
	DB_STMT(PACK_ROWS " SELECT s.seq, CAST(s.event_id AS BLOB), CAST(s.link AS BLOB), CAST(s.subject AS BLOB),"
			  " CAST(e.event_id AS BLOB), CAST(e.at AS BIGINT), CAST(e.type AS TEXT),"
			  " CAST(e.user_id AS BLOB), CAST(e.session_id AS BLOB), CAST(e.request_id AS TEXT),"
			  " CAST(e.detail AS TEXT), CAST(e.contact AS TEXT), CAST(e.ip AS TEXT),"
			  " CAST(e.user_agent AS TEXT), CAST(e.salt AS BLOB), CAST(e.digest AS BLOB),"
			  " CAST(e.mac AS BLOB), CAST(e.forgotten AS BLOB)"
			  " FROM (SELECT $3 + i AS seq FROM " PACK_EACH ") AS one"
			  " JOIN event_seals AS s ON s.app_id = $1 AND s.seq = one.seq"
			  " LEFT JOIN events AS e ON e.app_id = s.app_id AND e.event_id = s.event_id ORDER BY s.seq");
static struct db_stmt each_stray =
	DB_STMT("SELECT CAST(e.event_id AS BLOB), CAST(e.at AS BIGINT), e.mac IS NULL, " SEQ_OF_EVENT ","
		" (SELECT 1 FROM event_queue AS q WHERE q.app_id = e.app_id AND q.event_id = e.event_id)"
		" FROM events AS e WHERE e.app_id = $1 AND e.event_id > $2 ORDER BY e.event_id LIMIT $3");
static struct db_stmt has_unproven = DB_STMT("SELECT 1 FROM events WHERE app_id = $1 AND mac IS NULL LIMIT 1");
static struct db_stmt count_waiting =
	DB_STMT("SELECT COUNT(*) FROM (SELECT 1 FROM event_queue WHERE app_id = $1 LIMIT $2) AS waiting");
static struct db_stmt oldest_waiting =
	DB_STMT("SELECT (SELECT CAST(e.at AS BIGINT) FROM events AS e"
		" WHERE e.app_id = q.app_id AND e.event_id = q.event_id)"
		" FROM event_queue AS q WHERE q.app_id = $1 ORDER BY q.event_id LIMIT 1");
static struct db_stmt each_app = DB_STMT(
	"SELECT app_id FROM (SELECT app_id FROM apps UNION SELECT app_id FROM event_chains UNION SELECT $3) AS one"
	" WHERE app_id < $1 ORDER BY app_id DESC LIMIT $2");

int audit_sql_each_place(struct db_tx *tx, struct uuid app_id, int64_t first, int64_t count, struct audit_place *place,
	int (*each)(void *context), void *context)
{
	struct event_row *event = &place->event;
	return db_each(tx, &each_place, ARGS(ARG_BYTES(app_id), ARG_INT(count), ARG_INT(first)),
		COLS(COL_INT(place->seq), COL_BLOB(place->event_id), COL_BLOB(place->link), COL_BLOB(place->subject),
			COL_BLOB(event->event_id), COL_INT(event->at), COL_TEXT(event->type), COL_BLOB(event->user_id),
			COL_BLOB(event->session_id), COL_TEXT(event->request_id), COL_TEXT(event->detail),
			COL_TEXT(event->contact), COL_TEXT(event->ip), COL_TEXT(event->user_agent),
			COL_BLOB(event->salt), COL_BLOB(event->digest), COL_BLOB(event->mac),
			COL_BLOB(event->forgotten)),
		each, context);
}

int audit_sql_each_stray(struct db_tx *tx, struct uuid app_id, struct uuid behind, int64_t count,
	struct audit_stray *stray, int (*each)(void *context), void *context)
{
	return db_each(tx, &each_stray, ARGS(ARG_BYTES(app_id), ARG_BYTES(behind), ARG_INT(count)),
		COLS(COL_BLOB(stray->event_id), COL_INT(stray->at), COL_INT(stray->has_no_mac), COL_INT(stray->seq),
			COL_INT(stray->waits)),
		each, context);
}

enum db_found audit_sql_has_unproven(struct db_tx *tx, struct uuid app_id)
{
	int64_t one;
	return db_one(tx, &has_unproven, ARGS(ARG_BYTES(app_id)), COLS(COL_INT(one)));
}

enum db_found audit_sql_count_waiting(struct db_tx *tx, struct uuid app_id, int64_t most, int64_t *count_r)
{
	return db_one(tx, &count_waiting, ARGS(ARG_BYTES(app_id), ARG_INT(most)), COLS(COL_INT(*count_r)));
}

enum db_found audit_sql_oldest_waiting(struct db_tx *tx, struct uuid app_id, int64_t *at_r)
{
	return db_one(tx, &oldest_waiting, ARGS(ARG_BYTES(app_id)), COLS(COL_INT(*at_r)));
}

int audit_sql_each_app(struct db_tx *tx, struct uuid before, int64_t limit, struct uuid *app_id,
	int (*each)(void *context), void *context)
{
	static const struct uuid house = {{0}};
	return db_each(tx, &each_app, ARGS(ARG_BYTES(before), ARG_INT(limit), ARG_BYTES(house)),
		COLS(COL_BYTES(*app_id)), each, context);
}
