/*
 * The embedded engine. One connection does all writes and all checkpoints (SQLite before 3.51.3 can corrupt a WAL that
 * one connection checkpoints while another writes); readers are opened read-only and never checkpoint.
 */
#include "db/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "db/backup.h"
#include "db/owner.h"
#include "db/row.h"
#include "db/sqlite_vfs.h"

/* One statement of a connection. SQLite numbers "$1" by where it stands first, so arguments go through a map. */
struct prepared {
	sqlite3_stmt *stmt;
	int at[DB_ARGS_MAX];
};

static const char *const verb_sql[] = {
	[VERB_BEGIN] = "BEGIN IMMEDIATE",
	[VERB_COMMIT] = "COMMIT",
	[VERB_ROLLBACK] = "ROLLBACK",
	[VERB_MARK] = "SAVEPOINT work",
	[VERB_KEEP] = "RELEASE work",
	[VERB_UNDO] = "ROLLBACK TO work",
};

static struct sqlite *of(struct conn *conn)
{
	return (struct sqlite *)conn;
}

/* ---- faults ---- */

static enum fault blame(const struct sqlite *sqlite, int rc)
{
	/* SQLite itself rolls everything back on some faults (disk full, I/O); then the whole transaction is gone. */
	if (sqlite->in_transaction && sqlite3_get_autocommit(sqlite->db))
		return FAULT_STORE;
	switch (rc & 0xff) {
	case SQLITE_READONLY: return sqlite->writer ? FAULT_STORE : FAULT_OURS;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_NOMEM:
	case SQLITE_INTERRUPT:
	case SQLITE_IOERR:
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_FULL:
	case SQLITE_CANTOPEN:
	case SQLITE_PROTOCOL: return FAULT_STORE;
	default: return FAULT_OURS;
	}
}

static enum fault complain(const struct sqlite *sqlite, const char *sql, int rc, const char *what)
{
	struct log_line line;

	log_begin(&line, LOG_ERROR, "store_fault");
	log_string(&line, "engine", "sqlite");
	log_string(&line, "why", what);
	log_int(&line, "code", rc);
	log_string(&line, "sql", sql);
	log_end(&line);
	return blame(sqlite, rc);
}

/* ---- transactions ---- */

static enum fault verb(struct sqlite *sqlite, enum verb which)
{
	sqlite3_stmt *stmt = sqlite->verbs[which];

	sqlite3_step(stmt);
	const int rc = sqlite3_reset(stmt);
	if (rc == SQLITE_OK)
		return FAULT_NONE;
	return complain(sqlite, sqlite3_sql(stmt), sqlite3_extended_errcode(sqlite->db), sqlite3_errmsg(sqlite->db));
}

static void sqlite_rollback(struct conn *conn)
{
	struct sqlite *sqlite = of(conn);

	/* Nothing to roll back when SQLite did it itself. A ROLLBACK that fails still ends the transaction. */
	if (!sqlite3_get_autocommit(sqlite->db) && verb(sqlite, VERB_ROLLBACK) != FAULT_NONE)
		MUST(sqlite3_get_autocommit(sqlite->db));
	sqlite->in_transaction = false;
}

static enum fault sqlite_begin(struct conn *conn, bool reads, unsigned attempt)
{
	struct sqlite *sqlite = of(conn);

	/* reading statements stand alone, each with its own snapshot, as on PostgreSQL */
	if (!sqlite->writer)
		return FAULT_NONE;
	if (wal_is_too_long(sqlite))
		return FAULT_STORE;
	if (verb(sqlite, VERB_BEGIN) != FAULT_NONE)
		return FAULT_STORE;
	sqlite->in_transaction = true;
	return FAULT_NONE;
}

static enum fault sqlite_commit(struct conn *conn)
{
	struct sqlite *sqlite = of(conn);

	if (!sqlite->writer)
		return FAULT_NONE;
	if (verb(sqlite, VERB_COMMIT) == FAULT_NONE) {
		sqlite->in_transaction = false;
		return FAULT_NONE;
	}
	sqlite_rollback(conn);
	wal_heal(sqlite);
	return FAULT_STORE;
}

static enum fault sqlite_mark(struct conn *conn)
{
	return verb(of(conn), VERB_MARK);
}

static enum fault sqlite_keep(struct conn *conn)
{
	return verb(of(conn), VERB_KEEP);
}

static enum fault sqlite_undo(struct conn *conn)
{
	const enum fault fault = verb(of(conn), VERB_UNDO);

	return fault != FAULT_NONE ? fault : verb(of(conn), VERB_KEEP);
}

static int64_t sqlite_changes(const struct conn *conn)
{
	return sqlite3_total_changes64(((const struct sqlite *)conn)->db);
}

static void sqlite_rest(struct conn *conn, bool idle)
{
	wal_rest(of(conn), idle);
}

static bool sqlite_alive(const struct conn *conn)
{
	return true;
}

static int sqlite_reconnect(struct conn *conn)
{
	return 0;
}

/* ---- statements ---- */

static void drop_prepared(void *p)
{
	struct prepared *prepared = p;

	sqlite3_finalize(prepared->stmt);
	free(prepared);
}

/* Without FOR NO KEY UPDATE or FOR KEY SHARE at the end: the one transaction that writes holds everything anyway. */
static int sql_size(const char *sql)
{
	static const char *const WORDS[] = {" FOR NO KEY UPDATE", " FOR KEY SHARE"};
	const size_t n = strlen(sql);

	for (size_t i = 0; i < COUNT(WORDS); i++) {
		const size_t tail = strlen(WORDS[i]);
		if (n > tail && strcmp(sql + n - tail, WORDS[i]) == 0)
			return (int)(n - tail);
	}
	return (int)n;
}

static struct prepared *prepare(struct sqlite *sqlite, struct db_stmt *stmt)
{
	void **slot = stmt_slot(&sqlite->statements, stmt);
	if (*slot)
		return *slot;

	struct prepared *prepared = calloc(1, sizeof *prepared);
	MUST(prepared != NULL);
	if (sqlite3_prepare_v3(sqlite->db, stmt->sql, sql_size(stmt->sql), SQLITE_PREPARE_PERSISTENT, &prepared->stmt,
		    NULL) != 0) {
		free(prepared);
		return NULL;
	}
	for (int i = 0; i < DB_ARGS_MAX; i++) {
		char name[8];
		snprintf(name, sizeof name, "$%d", i + 1);
		prepared->at[i] = sqlite3_bind_parameter_index(prepared->stmt, name);
	}
	*slot = prepared;
	return prepared;
}

static int bind_arg(sqlite3_stmt *stmt, int at, const struct db_arg *arg)
{
	switch (arg->type) {
	case DB_INT: return sqlite3_bind_int64(stmt, at, arg->i);
	case DB_TEXT: return sqlite3_bind_text64(stmt, at, arg->t.p, arg->t.n, SQLITE_STATIC, SQLITE_UTF8);
	case DB_BLOB: return sqlite3_bind_blob64(stmt, at, arg->t.p, arg->t.n, SQLITE_STATIC);
	case DB_NULL: break;
	}
	return sqlite3_bind_null(stmt, at);
}

static int bind(const struct prepared *prepared, const struct query *query)
{
	if ((size_t)sqlite3_bind_parameter_count(prepared->stmt) != query->arg_count ||
		(size_t)sqlite3_column_count(prepared->stmt) != query->col_count)
		return SQLITE_RANGE;
	for (size_t i = 0; i < query->arg_count; i++)
		TRY(bind_arg(prepared->stmt, prepared->at[i], &query->args[i]));
	return 0;
}

static int take_column(sqlite3_stmt *stmt, int i, const struct db_col *col, struct arena *arena)
{
	switch (sqlite3_column_type(stmt, i)) {
	case SQLITE_NULL: row_null(col); return 0;
	case SQLITE_INTEGER: return row_int(col, sqlite3_column_int64(stmt, i));
	case SQLITE_TEXT:
	case SQLITE_BLOB: {
		const enum db_type type = sqlite3_column_type(stmt, i) == SQLITE_TEXT ? DB_TEXT : DB_BLOB;
		const void *p = sqlite3_column_blob(stmt, i);
		return row_bytes(col, arena, type, p, (size_t)sqlite3_column_bytes(stmt, i));
	}
	default: return -1;
	}
}

static int take_row(sqlite3_stmt *stmt, const struct query *query, struct arena *arena)
{
	for (size_t i = 0; i < query->col_count; i++)
		TRY(take_column(stmt, (int)i, &query->cols[i], arena));
	return 0;
}

/* Steps to the end, storing rows until enough are seen: a writing statement shows its rows before it has checked its
 * foreign keys, so only its end tells whether it succeeded. */
static int step(sqlite3_stmt *stmt, const struct query *query, struct arena *arena, int64_t *rows_r)
{
	bool enough = false;
	int64_t rows = 0;
	int rc;

	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		if (enough && sqlite3_stmt_readonly(stmt))
			break;
		if (enough)
			continue;
		if (take_row(stmt, query, arena) != 0)
			return SQLITE_MISMATCH;
		rows++;
		enough = query->each ? query->each(query->context) != 0 : true;
	}
	*rows_r = rows;
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : rc;
}

static enum fault sqlite_run(struct conn *conn, struct arena *arena, const struct query *query, int64_t *rows_r)
{
	struct sqlite *sqlite = of(conn);
	const char *sql = query->stmt->sql;
	const struct prepared *prepared = prepare(sqlite, query->stmt);
	int64_t rows = 0;

	if (!prepared)
		return complain(sqlite, sql, sqlite3_extended_errcode(sqlite->db), sqlite3_errmsg(sqlite->db));
	if (sqlite3_stmt_busy(prepared->stmt))
		return complain(
			sqlite, sql, SQLITE_MISUSE, "the statement is already running: each may not run it again");
	int rc = bind(prepared, query);
	if (rc != 0)
		return complain(sqlite, sql, rc, "the arguments or columns do not match the statement");

	rc = step(prepared->stmt, query, arena, &rows);
	enum fault fault = FAULT_NONE;
	if (rc == SQLITE_MISMATCH)
		fault = complain(sqlite, sql, rc, "a column's type or size does not match");
	else if (rc != 0)
		fault = complain(sqlite, sql, sqlite3_extended_errcode(sqlite->db), sqlite3_errmsg(sqlite->db));
	else
		*rows_r = query->col_count > 0 ? rows : sqlite3_changes64(sqlite->db);
	sqlite3_reset(prepared->stmt);
	return fault;
}

static enum fault sqlite_script(struct conn *conn, const char *sql)
{
	struct sqlite *sqlite = of(conn);
	const int rc = sqlite3_exec(sqlite->db, sql, NULL, NULL, NULL);

	return rc == 0 ? FAULT_NONE : complain(sqlite, sql, rc, sqlite3_errmsg(sqlite->db));
}

static const char *sqlite_dialect(const struct db_migration *migration, struct arena *arena)
{
	return migration->sql;
}

/* BEGIN IMMEDIATE and the owner's lock are enough. */
static enum fault sqlite_lock(struct conn *conn)
{
	return FAULT_NONE;
}

/* ---- opening and closing ---- */

static void sqlite_close(struct conn *conn)
{
	struct sqlite *sqlite = of(conn);

	if (!sqlite)
		return;
	stmt_table_clear(&sqlite->statements, drop_prepared);
	for (size_t i = 0; i < COUNT(sqlite->verbs); i++)
		sqlite3_finalize(sqlite->verbs[i]);
	wal_leave(sqlite);
	sqlite3_close(sqlite->db);
	owner_release(sqlite->lock);
	free(sqlite->path);
	free(sqlite);
}

/* Makes an empty file that only its owner may read, before SQLite would make one for everybody. */
static int create(const char *path)
{
	const int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return errno == EEXIST ? 0 : -1;
	close(fd);
	return backup_sync_folder_of(path);
}

static int prepare_verbs(struct sqlite *sqlite)
{
	for (size_t i = 0; i < COUNT(verb_sql); i++) {
		const char *sql = i == VERB_BEGIN && !sqlite->writer ? "BEGIN" : verb_sql[i];
		TRY(sqlite3_prepare_v3(sqlite->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &sqlite->verbs[i], NULL));
	}
	return 0;
}

/* The sub-journal that savepoints need lives in memory (temp_store): a full /tmp is no fault of ours. */
static const char *const writer_pragmas = "PRAGMA page_size=" SQLITE_PAGE_SIZE ";"
					  "PRAGMA journal_mode=WAL;"
					  "PRAGMA synchronous=FULL;"
					  "PRAGMA foreign_keys=ON;"
					  "PRAGMA secure_delete=ON;"
					  "PRAGMA temp_store=MEMORY;"
					  "PRAGMA mmap_size=0;"
					  "PRAGMA wal_autocheckpoint=0;"
					  "PRAGMA journal_size_limit=16777216;"
					  "PRAGMA cache_size=" SQLITE_WRITER_CACHE ";";
static const char *const reader_pragmas = "PRAGMA query_only=ON;"
					  "PRAGMA temp_store=MEMORY;"
					  "PRAGMA mmap_size=0;"
					  "PRAGMA wal_autocheckpoint=0;"
					  "PRAGMA cache_size=" SQLITE_READER_CACHE ";";

static int connect_file(struct sqlite *sqlite)
{
	const int flags = sqlite->writer ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;

	TRY(sqlite3_open_v2(
		sqlite->path, &sqlite->db, flags | SQLITE_OPEN_NOMUTEX, sqlite->writer ? vfs_name() : NULL));
	TRY(sqlite3_busy_timeout(sqlite->db, SQLITE_BUSY_MS));
	if (!sqlite->writer)
		TRY(sqlite3_db_config(sqlite->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL));
	TRY(sqlite3_exec(sqlite->db, sqlite->writer ? writer_pragmas : reader_pragmas, NULL, NULL, NULL));
	if (sqlite->writer)
		TRY(wal_watch(sqlite));
	return prepare_verbs(sqlite);
}

static struct conn *sqlite_open(const struct db_config *config, const char **why_r)
{
	static char why[512];
	const char *path = config->url + strlen("sqlite:");
	const int lock = owner_take(path, why_r);
	if (lock < 0)
		return NULL;

	/* No memory statistics: they take a lock at every allocation. Refused when SQLite already runs, which is fine. */
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	struct sqlite *sqlite = calloc(1, sizeof *sqlite);
	MUST(sqlite != NULL);
	*sqlite = (struct sqlite){.conn = {&sqlite_engine}, .lock = lock, .writer = !config->as_it_is};
	sqlite->path = strdup(path);
	MUST(sqlite->path != NULL);
	if (sqlite->writer && create(path) != 0)
		snprintf(why, sizeof why, "%s cannot be created: %s", path, strerror(errno));
	else if (connect_file(sqlite) != 0)
		snprintf(why, sizeof why, "%s cannot be opened: %s", path, sqlite3_errmsg(sqlite->db));
	else
		return &sqlite->conn;
	*why_r = why;
	sqlite_close(&sqlite->conn);
	return NULL;
}

static struct conn *sqlite_open_more(struct conn *first)
{
	struct sqlite *sqlite = calloc(1, sizeof *sqlite);
	if (!sqlite)
		return NULL;

	*sqlite = (struct sqlite){.conn = {&sqlite_engine}, .lock = -1};
	sqlite->path = strdup(of(first)->path);
	if (sqlite->path && connect_file(sqlite) == 0)
		return &sqlite->conn;
	log_say(LOG_ERROR, "store_fault", "a reading connection cannot be opened: %s", sqlite3_errmsg(sqlite->db));
	sqlite_close(&sqlite->conn);
	return NULL;
}

const struct engine sqlite_engine = {
	.name = "sqlite",
	.group = 64,
	.local_reads = true,
	.open = sqlite_open,
	.open_more = sqlite_open_more,
	.close = sqlite_close,
	.begin = sqlite_begin,
	.commit = sqlite_commit,
	.rollback = sqlite_rollback,
	.mark = sqlite_mark,
	.keep = sqlite_keep,
	.undo = sqlite_undo,
	.changes = sqlite_changes,
	.run = sqlite_run,
	.rest = sqlite_rest,
	.alive = sqlite_alive,
	.reconnect = sqlite_reconnect,
	.backup = sqlite_backup,
	.check = sqlite_check,
	.lock = sqlite_lock,
	.dialect = sqlite_dialect,
	.script = sqlite_script,
};
