#include "db/migrate.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"

static char why[512];

struct run {
	const struct db_migration *migrations;
	size_t count;
	size_t next; /* the migration that may be due */
	struct text recorded;
	struct text stranger; /* a record that is not in the list */
	const char *applied;  /* the latest that this run did; NULL: none was due */
};

/* ---- one transaction on the caller's thread ---- */

static int in_transaction(
	struct conn *conn, struct arena *arena, enum fault (*step)(struct db_tx *tx, void *context), void *context)
{
	struct db_tx tx = {.conn = conn, .arena = arena};

	TRY(conn->engine->begin(conn, false, 0));
	enum fault fault = conn->engine->lock(conn);
	if (fault == FAULT_NONE)
		fault = step(&tx, context);
	if (fault == FAULT_NONE)
		return (int)conn->engine->commit(conn);
	conn->engine->rollback(conn);
	return (int)fault;
}

/* ---- the records ---- */

static enum fault make_records(struct db_tx *tx, void *context)
{
	return tx->conn->engine->script(tx->conn,
		"CREATE TABLE IF NOT EXISTS schema_migration(name TEXT PRIMARY KEY, applied_at BIGINT NOT NULL)");
}

static int look_for_stranger(void *context)
{
	struct run *run = context;

	for (size_t i = 0; i < run->count; i++)
		if (text_equal(run->recorded, text_of(run->migrations[i].name)))
			return 0;
	run->stranger = run->recorded;
	return 1;
}

static struct db_stmt all = DB_STMT("SELECT name FROM schema_migration ORDER BY name");

static enum fault compare_records(struct db_tx *tx, void *context)
{
	struct run *run = context;
	const int seen = db_each(tx, &all, NO_ARGS, COLS(COL_TEXT(run->recorded)), look_for_stranger, run);

	return seen < 0 ? FAULT_STORE : FAULT_NONE;
}

static enum fault apply_next(struct db_tx *tx, void *context)
{
	static struct db_stmt find = DB_STMT("SELECT applied_at FROM schema_migration WHERE name=$1");
	static struct db_stmt record = DB_STMT("INSERT INTO schema_migration(name, applied_at) VALUES($1, $2)");
	struct run *run = context;
	const struct db_migration *migration = &run->migrations[run->next];
	const struct text name = text_of(migration->name);
	int64_t applied_at;

	const enum db_found found = db_one(tx, &find, ARGS(ARG_TEXT(name)), COLS(COL_INT(applied_at)));
	if (found != DB_NONE)
		return found == DB_ROW ? FAULT_NONE : tx->fault;
	TRY(tx->conn->engine->script(tx->conn, tx->conn->engine->dialect(migration, tx->arena)));
	if (db_exec(tx, &record, ARGS(ARG_TEXT(name), ARG_INT(clock_now()))) != 1)
		return tx->fault != FAULT_NONE ? tx->fault : FAULT_OURS;
	run->applied = migration->name;
	return FAULT_NONE;
}

static int apply_all(struct conn *conn, struct arena *arena, struct run *run, const char **why_r)
{
	*why_r = why;
	snprintf(why, sizeof why, "the store's schema cannot be read; the log above says why");
	TRY(in_transaction(conn, arena, make_records, NULL));
	TRY(in_transaction(conn, arena, compare_records, run));
	if (!text_absent(run->stranger)) {
		snprintf(why, sizeof why,
			"the store's schema is newer than this program (it has %.*s): run the newer keywright",
			TEXT_ARG(run->stranger));
		text_tame(why);
		return -1;
	}
	for (; run->next < run->count; run->next++) {
		snprintf(why, sizeof why, "migration %s failed and changed nothing; the log above says why",
			run->migrations[run->next].name);
		TRY(in_transaction(conn, arena, apply_next, run));
	}
	if (run->applied)
		log_say(LOG_INFO, "migrated", "the store is now at %s", run->applied);
	return 0;
}

/* ---- only compared ---- */

struct comparison {
	struct run run;
	struct db_schema schema;
};

static int compare_one(void *context)
{
	struct comparison *comparison = context;
	struct run *run = &comparison->run;

	run->stranger = TEXT_NONE;
	(void)look_for_stranger(run);
	comparison->schema.recorded += text_absent(run->stranger);
	comparison->schema.newer = comparison->schema.newer || !text_absent(run->stranger);
	return 0;
}

int migrate_compare(struct conn *conn, const struct db_migration *migrations, size_t count, struct db_schema *schema_r)
{
	struct comparison comparison = {.run = {.migrations = migrations, .count = count}};
	struct db_tx tx = {.conn = conn, .arena = arena_new()};
	int seen = -1;

	if (conn->engine->begin(conn, true, 0) == FAULT_NONE)
		seen = db_each(&tx, &all, NO_ARGS, COLS(COL_TEXT(comparison.run.recorded)), compare_one, &comparison);
	arena_free(tx.arena);
	if (seen < 0)
		return -1;
	comparison.schema.pending = (int)count - comparison.schema.recorded;
	*schema_r = comparison.schema;
	return 0;
}

/* ---- migrate ---- */

int migrate(struct conn *conn, const struct db_migration *migrations, size_t count, const char **why_r)
{
	struct run run = {.migrations = migrations, .count = count};
	struct arena *arena = arena_new();
	const char *sentence;

	const int failed = apply_all(conn, arena, &run, &sentence);
	arena_free(arena);
	if (failed)
		*why_r = sentence;
	return failed ? -1 : 0;
}
