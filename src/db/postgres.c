/*
 * The engine for more than one machine: a transaction for each work, on store threads with a connection each.
 *
 * A transaction's BEGIN travels with its first statement, and a statement's first use on a connection with its
 * preparation, so that most works cost two round trips.
 */
#include "db/postgres.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/num.h"
#include "db/link.h"
#include "db/postgres_tools.h"
#include "db/row.h"
#include "db/stmt.h"

#define WORK_MS 1500   /* a work's reruns included */
#define CONNECT_MS 900 /* so that even a server that swallows packets is found again within a second */
#define OPEN_MS 10000  /* at the start nobody waits for an answer yet */
#define MIGRATION_MS (60 * 60 * 1000)
#define RACES_MAX 3 /* reruns of a work that keeps breaking a constraint; then our SQL is at fault */

/* Types of src/include/catalog/pg_type.dat; their numbers are part of the protocol. */
enum { TYPE_ANY = 0, TYPE_BOOL = 16, TYPE_BYTEA = 17, TYPE_INT8 = 20, TYPE_INT2 = 21, TYPE_INT4 = 23, TYPE_TEXT = 25 };

struct postgres {
	struct conn conn;
	struct link link;
	struct stmt_table statements; /* of struct variant */
	bool reads;                   /* statements stand alone: READ COMMITTED gives each its own snapshot anyway */
	bool began;                   /* BEGIN was sent */
	unsigned attempt;             /* of the work that runs: 0, then its reruns */
};

/* A statement as prepared for arguments of certain types, two bits each. NULL without a type is left to the server, and
 * may come out as another type than the number that is sent the next time: hence variants. */
struct variant {
	uint64_t shape;
	struct variant *next;
};

static struct postgres *of(struct conn *conn)
{
	return (struct postgres *)conn;
}

/* ---- faults ---- */

static void drop_variants(void *p)
{
	for (struct variant *variant = p, *next; variant; variant = next) {
		next = variant->next;
		free(variant);
	}
}

/* The connection is gone, and what was prepared on it. */
static void forget(struct postgres *postgres)
{
	link_close(&postgres->link);
	stmt_table_clear(&postgres->statements, drop_variants);
	postgres->began = false;
}

static bool is_class(const char *state, const char *class)
{
	return strncmp(state, class, strlen(class)) == 0;
}

/* By SQLSTATE (PostgreSQL manual, appendix A). */
static enum fault blame(struct postgres *postgres, const char *state)
{
	if (is_class(state, "40001") || is_class(state, "40P01"))
		return FAULT_RERUN;
	/* While the statement waited, a row it refers to went, or one like its own came: what it had looked at before. */
	if ((is_class(state, "23503") || is_class(state, "23505")) && postgres->attempt < RACES_MAX)
		return FAULT_RERUN;
	/* Shutting down, or no longer the primary: the next connection may find a better server. */
	if (is_class(state, "57P") || is_class(state, "08") || is_class(state, "25006")) {
		forget(postgres);
		return FAULT_RERUN;
	}
	if (is_class(state, "53") || is_class(state, "55P03") || is_class(state, "57014") || is_class(state, "58"))
		return FAULT_STORE;
	return FAULT_OURS;
}

static void complain(const char *sql, const char *state, const char *what)
{
	struct log_line line;

	log_begin(&line, LOG_ERROR, "store_fault");
	log_string(&line, "engine", "postgres");
	log_string(&line, "why", what);
	log_string(&line, "code", state);
	log_string(&line, "sql", sql);
	log_end(&line);
}

/* What an exchange's end means for the transaction; clears the answer unless all went well. */
static enum fault settle(struct postgres *postgres, enum link_end end, struct link_answer *answer, const char *sql)
{
	if (end == LINK_OK)
		return FAULT_NONE;
	if (end != LINK_ERROR) {
		forget(postgres);
		return end == LINK_LOST ? FAULT_RERUN : FAULT_STORE;
	}
	const char *state = pq.resultErrorField(answer->result, PG_DIAG_SQLSTATE);
	const char *what = pq.resultErrorField(answer->result, PG_DIAG_MESSAGE_PRIMARY);
	const enum fault fault = blame(postgres, state ? state : "");
	if (fault != FAULT_RERUN)
		complain(sql, state ? state : "", what ? what : "");
	pq.clear(answer->result);
	return fault;
}

/* ---- transactions ---- */

static enum fault connect_by(struct postgres *postgres, int64_t deadline)
{
	postgres->link.deadline = deadline;
	return link_connect(&postgres->link) == LINK_OK ? FAULT_NONE : FAULT_STORE;
}

static enum fault postgres_begin(struct conn *conn, bool reads, unsigned attempt)
{
	struct postgres *postgres = of(conn);
	const int64_t now = clock_steady();

	postgres->reads = reads;
	postgres->began = false;
	postgres->attempt = attempt;
	if (attempt == 0)
		postgres->link.deadline = now + WORK_MS;
	if (postgres->link.pg)
		return FAULT_NONE;
	const int64_t deadline = postgres->link.deadline, limit = now + CONNECT_MS;
	const enum fault fault = connect_by(postgres, deadline < limit ? deadline : limit);
	postgres->link.deadline = deadline;
	return fault;
}

/* Queues a statement without arguments or results. */
static int queue_plain(struct postgres *postgres, const char *sql)
{
	return pq.sendQueryParams(postgres->link.pg, sql, 0, NULL, NULL, NULL, NULL, 1) ? 0 : -1;
}

static enum fault postgres_commit(struct conn *conn)
{
	struct postgres *postgres = of(conn);
	struct link_answer answer;

	if (!postgres->began)
		return FAULT_NONE;
	if (queue_plain(postgres, "COMMIT") != 0) {
		forget(postgres);
		return FAULT_RERUN;
	}
	const enum fault fault = settle(postgres, link_exchange(&postgres->link, &answer), &answer, "COMMIT");
	postgres->began = false;
	if (fault != FAULT_NONE)
		return postgres->link.pg ? fault : FAULT_UNKNOWN;
	const bool committed = strcmp(pq.cmdStatus(answer.result), "COMMIT") == 0;
	pq.clear(answer.result);
	return committed ? FAULT_NONE : FAULT_OURS;
}

static void postgres_rollback(struct conn *conn)
{
	struct postgres *postgres = of(conn);
	struct link_answer answer;

	if (!postgres->link.pg || !postgres->began)
		return;
	postgres->began = false;
	if (queue_plain(postgres, "ROLLBACK") != 0)
		forget(postgres);
	else if (settle(postgres, link_exchange(&postgres->link, &answer), &answer, "ROLLBACK") == FAULT_NONE)
		pq.clear(answer.result);
	else
		forget(postgres);
}

/* ---- statements ---- */

/* Arguments as libpq wants them: all binary, numbers in network order. */
struct parameters {
	Oid types[DB_ARGS_MAX];
	const char *values[DB_ARGS_MAX];
	int lengths[DB_ARGS_MAX], formats[DB_ARGS_MAX];
	uint64_t numbers[DB_ARGS_MAX];
	uint64_t shape;
};

static void set_parameter(struct parameters *parameters, size_t i, const struct db_arg *arg)
{
	static const Oid types[] = {
		[DB_INT] = TYPE_INT8, [DB_TEXT] = TYPE_TEXT, [DB_BLOB] = TYPE_BYTEA, [DB_NULL] = TYPE_ANY};

	parameters->types[i] = types[arg->type];
	parameters->formats[i] = 1;
	parameters->shape |= (uint64_t)arg->type << 2 * i;
	if (arg->type == DB_INT) {
		parameters->numbers[i] = htobe64((uint64_t)arg->i);
		parameters->values[i] = (const char *)&parameters->numbers[i];
		parameters->lengths[i] = sizeof parameters->numbers[i];
		return;
	}
	parameters->values[i] = arg->type == DB_NULL ? NULL : arg->t.p;
	parameters->lengths[i] = (int)arg->t.n;
}

static bool is_prepared(const struct variant *variants, uint64_t shape)
{
	for (; variants; variants = variants->next)
		if (variants->shape == shape)
			return true;
	return false;
}

static void note_prepared(struct postgres *postgres, struct db_stmt *stmt, uint64_t shape)
{
	void **slot = stmt_slot(&postgres->statements, stmt);
	struct variant *variant = malloc(sizeof *variant);

	MUST(variant != NULL);
	*variant = (struct variant){shape, *slot};
	*slot = variant;
}

/* Sends the statement, led by what must go before it, and takes the last answer. */
static enum fault execute(struct postgres *postgres, const struct query *query, const struct parameters *parameters,
	struct link_answer *answer)
{
	PGconn *pg = postgres->link.pg;
	const int count = (int)query->arg_count;
	const bool prepare = !is_prepared(*stmt_slot(&postgres->statements, query->stmt), parameters->shape);
	const bool begin = !postgres->reads && !postgres->began;
	char name[40];

	snprintf(name, sizeof name, "s%u_%llx", stmt_id(query->stmt), (unsigned long long)parameters->shape);
	if ((begin && queue_plain(postgres, "BEGIN") != 0) ||
		(prepare && !pq.sendPrepare(pg, name, query->stmt->sql, count, parameters->types)) ||
		!pq.sendQueryPrepared(
			pg, name, count, parameters->values, parameters->lengths, parameters->formats, 1)) {
		forget(postgres);
		return FAULT_RERUN;
	}
	postgres->began = postgres->began || begin;
	*answer = (struct link_answer){0};
	const enum link_end end = link_exchange(&postgres->link, answer);
	if (prepare && postgres->link.pg && answer->done > (begin ? 1 : 0))
		note_prepared(postgres, query->stmt, parameters->shape);
	return settle(postgres, end, answer, query->stmt->sql);
}

static int64_t read_int(const char *p, int length)
{
	uint64_t value = (uint8_t)p[0] & 0x80 && length > 1 ? UINT64_MAX : 0;

	for (int i = 0; i < length; i++)
		value = value << 8 | (uint8_t)p[i];
	return (int64_t)value;
}

static int take_column(const PGresult *result, int row, int i, const struct db_col *col, struct arena *arena)
{
	const char *p = pq.getvalue(result, row, i);
	const int length = pq.getlength(result, row, i);

	if (pq.getisnull(result, row, i)) {
		row_null(col);
		return 0;
	}
	switch (pq.ftype(result, i)) {
	case TYPE_BOOL:
	case TYPE_INT2:
	case TYPE_INT4:
	case TYPE_INT8: return row_int(col, read_int(p, length));
	case TYPE_BYTEA: return row_bytes(col, arena, DB_BLOB, p, (size_t)length);
	case TYPE_TEXT: return row_bytes(col, arena, DB_TEXT, p, (size_t)length);
	default: return -1;
	}
}

static int take_row(const PGresult *result, int row, const struct query *query, struct arena *arena)
{
	for (size_t i = 0; i < query->col_count; i++)
		TRY(take_column(result, row, (int)i, &query->cols[i], arena));
	return 0;
}

/* Stores rows until enough are seen; nonzero when they do not fit the columns. */
static int take_rows(const PGresult *result, const struct query *query, struct arena *arena, int64_t *rows_r)
{
	const int count = pq.ntuples(result);
	bool enough = false;
	int row = 0;

	if ((size_t)pq.nfields(result) != query->col_count)
		return -1;
	while (row < count && !enough) {
		TRY(take_row(result, row++, query, arena));
		enough = query->each ? query->each(query->context) != 0 : true;
	}
	*rows_r = row;
	return 0;
}

static enum fault postgres_run(struct conn *conn, struct arena *arena, const struct query *query, int64_t *rows_r)
{
	struct postgres *postgres = of(conn);
	struct parameters parameters = {.shape = 0};
	struct link_answer answer;
	int64_t rows = 0;

	for (size_t i = 0; i < query->arg_count; i++)
		set_parameter(&parameters, i, &query->args[i]);
	TRY(execute(postgres, query, &parameters, &answer));

	const int unfit = take_rows(answer.result, query, arena, &rows);
	if (query->col_count == 0 && num_read(text_of(pq.cmdTuples(answer.result)), 0, INT64_MAX, &rows) != 0)
		rows = 0;
	pq.clear(answer.result);
	if (unfit) {
		complain(query->stmt->sql, "", "a column's type, size or number does not match");
		return FAULT_OURS;
	}
	*rows_r = rows;
	return FAULT_NONE;
}

/* ---- migrations ---- */

static enum fault postgres_script(struct conn *conn, const char *sql)
{
	struct postgres *postgres = of(conn);
	struct link_answer answer;

	TRY(settle(postgres, link_script(&postgres->link, sql, &answer), &answer, sql));
	pq.clear(answer.result);
	return FAULT_NONE;
}

static enum fault postgres_lock(struct conn *conn)
{
	of(conn)->link.deadline = clock_steady() + MIGRATION_MS;
	of(conn)->began = true;
	of(conn)->attempt = RACES_MAX;
	return postgres_script(conn, "BEGIN; SET LOCAL statement_timeout=0; SET LOCAL lock_timeout=0;"
				     "SELECT pg_advisory_xact_lock(" POSTGRES_LOCK_KEY ");" POSTGRES_MAKE_BLOB);
}

/* The same text without the words WITHOUT ROWID. */
static const char *postgres_dialect(const struct db_migration *migration, struct arena *arena)
{
	static const char words[] = "WITHOUT ROWID";

	if (migration->sql_pg)
		return migration->sql_pg;
	char *sql = arena_string(arena, text_of(migration->sql));
	for (char *at = sql; (at = strcasestr(at, words)) != NULL;)
		memset(at, ' ', strlen(words));
	return sql;
}

/* ---- connections ---- */

static bool postgres_alive(const struct conn *conn)
{
	return ((const struct postgres *)conn)->link.pg != NULL;
}

static int postgres_reconnect(struct conn *conn)
{
	return (int)connect_by(of(conn), clock_steady() + CONNECT_MS);
}

/* A connection that broke, even an idle one, is replaced before the next work finds it. One that froze is not: the
 * server is down until a probe says otherwise. */
static void postgres_rest(struct conn *conn, bool idle)
{
	struct postgres *postgres = of(conn);

	if (idle && postgres->link.pg && link_check(&postgres->link) != LINK_OK)
		forget(postgres);
	if (!postgres->link.pg && !postgres->link.late && postgres_reconnect(conn) != 0)
		forget(postgres);
}

static void postgres_close(struct conn *conn)
{
	if (!conn)
		return;
	forget(of(conn));
	free(of(conn)->link.url);
	free(conn);
}

static struct conn *postgres_new(const char *url)
{
	struct postgres *postgres = calloc(1, sizeof *postgres);

	if (!postgres)
		return NULL;
	postgres->conn.engine = &postgres_engine;
	postgres->link.url = strdup(url);
	MUST(postgres->link.url != NULL);
	return &postgres->conn;
}

static struct conn *postgres_open(const struct db_config *config, const char **why_r)
{
	static char why[300];

	if (pq_load(why_r) != 0)
		return NULL;
	struct conn *conn = postgres_new(config->url);
	MUST(conn != NULL);
	if (connect_by(of(conn), clock_steady() + OPEN_MS) == FAULT_NONE)
		return conn;
	snprintf(why, sizeof why, "PostgreSQL: %s", of(conn)->link.why);
	*why_r = why;
	postgres_close(conn);
	return NULL;
}

static struct conn *postgres_open_more(struct conn *first)
{
	return postgres_new(of(first)->link.url);
}

const char *postgres_url(struct conn *conn)
{
	return of(conn)->link.url;
}

const struct engine postgres_engine = {
	.name = "postgres",
	.group = 1,
	.open = postgres_open,
	.open_more = postgres_open_more,
	.close = postgres_close,
	.begin = postgres_begin,
	.commit = postgres_commit,
	.rollback = postgres_rollback,
	.run = postgres_run,
	.rest = postgres_rest,
	.alive = postgres_alive,
	.reconnect = postgres_reconnect,
	.backup = postgres_backup,
	.lock = postgres_lock,
	.dialect = postgres_dialect,
	.script = postgres_script,
};
