#include "db/db.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "db/backup.h"
#include "db/batch.h"
#include "db/migrate.h"

/* A thread's own connection for reading. */
struct reader {
	struct conn *conn;
	struct reader *next;
};

struct db {
	const struct engine *engine;
	struct conn *first; /* used here until the threads start */
	struct batch *batch;
	bool started;
	const struct db_migration *migrations;
	size_t migration_count;
	pthread_key_t reader; /* struct reader * */
	pthread_mutex_t lock; /* guards readers */
	struct reader *readers;
};

/* ---- statements ---- */

static enum fault ask(struct db_tx *tx, const struct query *query, int64_t *rows_r)
{
	if (tx->fault != FAULT_NONE)
		return tx->fault;
	MUST(query->arg_count <= DB_ARGS_MAX);
	const enum fault fault = tx->conn->engine->run(tx->conn, tx->arena, query, rows_r);
	/* A statement that each ran may have failed meanwhile. */
	if (tx->fault == FAULT_NONE)
		tx->fault = fault;
	return tx->fault;
}

enum db_found db_one(struct db_tx *tx, struct db_stmt *stmt, const struct db_arg *args, size_t arg_count,
	const struct db_col *cols, size_t col_count)
{
	const struct query query = {stmt, args, arg_count, cols, col_count, NULL, NULL};
	int64_t rows;

	if (ask(tx, &query, &rows) != FAULT_NONE)
		return DB_FAULT;
	return rows > 0 ? DB_ROW : DB_NONE;
}

int db_each(struct db_tx *tx, struct db_stmt *stmt, const struct db_arg *args, size_t arg_count,
	const struct db_col *cols, size_t col_count, int (*each)(void *context), void *context)
{
	const struct query query = {stmt, args, arg_count, cols, col_count, each, context};
	int64_t rows;

	return ask(tx, &query, &rows) == FAULT_NONE ? (int)rows : -1;
}

int db_exec(struct db_tx *tx, struct db_stmt *stmt, const struct db_arg *args, size_t arg_count)
{
	const struct query query = {stmt, args, arg_count, NULL, 0, NULL, NULL};
	int64_t rows;

	return ask(tx, &query, &rows) == FAULT_NONE ? (int)rows : -1;
}

struct arena *db_tx_arena(struct db_tx *tx)
{
	return tx->arena;
}

bool db_tx_store_is_down(const struct db_tx *tx)
{
	return tx->fault != FAULT_NONE && tx->fault != FAULT_OURS;
}

/* ---- work ---- */

int db_submit(struct db *db, struct db_work *work)
{
	work->reads = false;
	return batch_submit(db->batch, work);
}

/* This thread's reading connection, opened at its first use; NULL when it cannot be. */
static struct conn *own_reader(struct db *db)
{
	struct reader *reader = pthread_getspecific(db->reader);
	if (reader)
		return reader->conn;

	struct conn *conn = db->engine->open_more(db->first);
	reader = conn ? malloc(sizeof *reader) : NULL;
	if (!reader) {
		db->engine->close(conn);
		return NULL;
	}
	pthread_mutex_lock(&db->lock);
	*reader = (struct reader){conn, db->readers};
	db->readers = reader;
	pthread_mutex_unlock(&db->lock);
	MUST(pthread_setspecific(db->reader, reader) == 0);
	return conn;
}

int db_submit_read(struct db *db, struct db_work *work)
{
	work->reads = true;
	if (!db->engine->local_reads)
		return batch_submit(db->batch, work);
	struct conn *conn = own_reader(db);
	if (!conn)
		return -1;
	group_run(conn, &work, 1, batch_tally(db->batch));
	return 0;
}

/* A caller that waits for its work. */
struct waiter {
	struct db_work work;
	enum db_verdict (*run)(void *context, struct db_tx *tx);
	void *context;
	pthread_mutex_t lock;
	pthread_cond_t decided;
	bool done;
	enum db_outcome outcome;
};

static enum db_verdict run_for_waiter(struct db_work *work, struct db_tx *tx)
{
	const struct waiter *waiter = CONTAINER(work, struct waiter, work);

	return waiter->run(waiter->context, tx);
}

static void tell_waiter(struct db_work *work, enum db_outcome outcome)
{
	struct waiter *waiter = CONTAINER(work, struct waiter, work);

	pthread_mutex_lock(&waiter->lock);
	waiter->outcome = outcome;
	waiter->done = true;
	pthread_cond_signal(&waiter->decided);
	pthread_mutex_unlock(&waiter->lock);
}

static void submit_and_wait(struct db *db, struct waiter *waiter)
{
	if (batch_submit(db->batch, &waiter->work) != 0) {
		waiter->outcome = DB_FAILED;
		return;
	}
	pthread_mutex_lock(&waiter->lock);
	while (!waiter->done)
		pthread_cond_wait(&waiter->decided, &waiter->lock);
	pthread_mutex_unlock(&waiter->lock);
}

enum db_outcome db_run(struct db *db, enum db_verdict (*run)(void *context, struct db_tx *tx), void *context)
{
	struct arena *arena = arena_new();
	enum db_outcome outcome = db_run_in(db, arena, run, context);
	arena_free(arena);
	return outcome;
}

enum db_outcome db_run_in(
	struct db *db, struct arena *arena, enum db_verdict (*run)(void *context, struct db_tx *tx), void *context)
{
	struct waiter waiter = {
		.work = {.run = run_for_waiter, .after = tell_waiter, .arena = arena},
		.run = run,
		.context = context,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.decided = PTHREAD_COND_INITIALIZER,
	};
	struct db_work *work = &waiter.work;

	if (db->started)
		submit_and_wait(db, &waiter);
	else
		group_run(db->first, &work, 1, batch_tally(db->batch));
	pthread_cond_destroy(&waiter.decided);
	pthread_mutex_destroy(&waiter.lock);
	return waiter.outcome;
}

static enum fault run_locked(
	struct db *db, struct db_tx *tx, enum db_verdict (*run)(void *context, struct db_tx *tx), void *context)
{
	const struct engine *engine = db->engine;

	TRY(engine->begin(db->first, false, 0));
	enum fault fault = engine->lock(db->first);
	if (fault == FAULT_NONE && run(context, tx) == DB_UNDO)
		fault = tx->fault != FAULT_NONE ? tx->fault : FAULT_OURS;
	if (fault == FAULT_NONE)
		return engine->commit(db->first);
	engine->rollback(db->first);
	return fault;
}

enum db_outcome db_run_long(struct db *db, enum db_verdict (*run)(void *context, struct db_tx *tx), void *context)
{
	struct db_tx tx = {.conn = db->first, .arena = arena_new()};

	MUST(!db->started);
	const enum fault fault = run_locked(db, &tx, run, context);
	arena_free(tx.arena);
	switch (fault) {
	case FAULT_NONE: return DB_COMMITTED;
	case FAULT_OURS: return DB_UNDONE;
	case FAULT_UNKNOWN: return DB_UNKNOWN;
	default: return DB_FAILED;
	}
}

/* ---- the store ---- */

static const struct engine *engine_of(const char *url)
{
	if (strncmp(url, "sqlite:", 7) == 0)
		return &sqlite_engine;
	if (strncmp(url, "postgres://", 11) == 0 || strncmp(url, "postgresql://", 13) == 0)
		return &postgres_engine;
	return NULL;
}

struct db *db_open(
	const struct db_config *config, const struct db_migration *migrations, size_t count, const char **why_r)
{
	const struct engine *engine = engine_of(config->url);
	if (!engine) {
		*why_r = "store.url must begin with sqlite: or postgres://";
		return NULL;
	}
	struct conn *first = engine->open(config, why_r);
	if (!first)
		return NULL;
	if (!config->as_it_is && migrate(first, migrations, count, why_r) != 0) {
		engine->close(first);
		return NULL;
	}

	struct db *db = calloc(1, sizeof *db);
	MUST(db != NULL && pthread_key_create(&db->reader, NULL) == 0);
	pthread_mutex_init(&db->lock, NULL);
	db->engine = engine;
	db->first = first;
	db->migrations = migrations;
	db->migration_count = count;
	db->batch = batch_new(first, engine->local_reads ? 1 : config->connections, config->queue);
	return db;
}

int db_start(struct db *db)
{
	TRY(batch_start(db->batch));
	db->started = true;
	return 0;
}

void db_close(struct db *db)
{
	if (!db)
		return;
	/* Readers go first: the writer's last checkpoint then finds nobody in its way. */
	for (struct reader *reader = db->readers, *next; reader; reader = next) {
		next = reader->next;
		db->engine->close(reader->conn);
		free(reader);
	}
	batch_free(db->batch);
	pthread_key_delete(db->reader);
	pthread_mutex_destroy(&db->lock);
	free(db);
}

int db_backup(struct db *db, const char *file, bool replace, struct db_backup *backup)
{
	struct backup_order order = {
		.file = file, .fd = -1, .migrations = db->migrations, .count = db->migration_count, .backup = backup};

	return backup_write(db->first, &order, replace);
}

int db_schema(struct db *db, struct db_schema *schema_r)
{
	return migrate_compare(db->first, db->migrations, db->migration_count, schema_r);
}

int db_check(struct db *db, struct arena *arena, int64_t ms, bool *whole_r, struct text *verdict_r)
{
	return db->engine->check ? db->engine->check(db->first, arena, ms, whole_r, verdict_r) : -1;
}

struct db_health db_health(const struct db *db)
{
	const struct group_tally *tally = batch_tally(db->batch);

	return (struct db_health){
		.up = batch_is_up(db->batch),
		.queued = batch_queued(db->batch),
		.commits = tally->commits,
		.actions = tally->actions,
		.faults = tally->faults,
		.engine = db->engine->name,
	};
}
