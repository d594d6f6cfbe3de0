/*
 * What an engine gives the store: connections, and transactions on them. Internal to db/.
 *
 * Rule of failure: enum fault. Anything but FAULT_NONE and FAULT_OURS means that the transaction is gone.
 * The engine logs what failed.
 */
#ifndef KW_DB_ENGINE_H
#define KW_DB_ENGINE_H

#include "db/db.h"

enum fault {
	FAULT_NONE,
	FAULT_OURS,   /* wrong SQL, a broken constraint, a column of another type: only this statement failed */
	FAULT_STORE,  /* down, full, busy: nothing of the transaction happened */
	FAULT_RERUN,  /* the same, and running it again may succeed */
	FAULT_UNKNOWN /* the answer to COMMIT was lost */
};

/* The part of a connection that every engine has; the engine's own struct begins with it. One thread at a time. */
struct conn {
	const struct engine *engine;
};

/* One statement to run. each is NULL where only the first row is wanted; no columns: a statement without results. */
struct query {
	struct db_stmt *stmt;
	const struct db_arg *args;
	size_t arg_count;
	const struct db_col *cols;
	size_t col_count;
	int (*each)(void *context);
	void *context;
};

/* A backup to be written into a fresh file. */
struct backup_order {
	const char *file, *part; /* part is what the file is called until it is whole */
	int fd;                  /* of part, open for writing */
	const struct db_migration *migrations;
	size_t count;
	struct db_backup *backup; /* progress, and why it failed */
};

struct engine {
	const char *name;
	size_t group;     /* how many works may share a transaction; without mark, undo, keep and changes: 1 */
	bool local_reads; /* reading work runs on the caller's thread, on a connection of its own */

	/* Takes ownership of the store and connects. NULL when it cannot; *why_r says why, for people. */
	struct conn *(*open)(const struct db_config *config, const char **why_r);
	/* Another connection beside the first: one that can only read (local_reads), or one more like it. NULL: no memory. */
	struct conn *(*open_more)(struct conn *first);
	void (*close)(struct conn *conn);

	/* attempt counts from 0 for the same works. */
	enum fault (*begin)(struct conn *conn, bool reads, unsigned attempt);
	enum fault (*commit)(struct conn *conn);
	void (*rollback)(struct conn *conn);
	/* A work of a group can stand between mark and keep; undo goes back to mark and ends it, too. */
	enum fault (*mark)(struct conn *conn);
	enum fault (*keep)(struct conn *conn);
	enum fault (*undo)(struct conn *conn);
	/* How many rows were ever changed: between two calls in a transaction, whether anything was. Groups only. */
	int64_t (*changes)(const struct conn *conn);

	/* *rows_r: rows stored, or changed by a statement without results. */
	enum fault (*run)(struct conn *conn, struct arena *arena, const struct query *query, int64_t *rows_r);

	/* Between transactions: housekeeping. idle: nothing has come for a while. */
	void (*rest)(struct conn *conn, bool idle);
	bool (*alive)(const struct conn *conn);
	MUST_USE int (*reconnect)(struct conn *conn);

	/* The whole of db_backup but the file's coming and going. On a thread of its own, beside the first connection's. */
	MUST_USE int (*backup)(struct conn *first, const struct backup_order *order);

	/* db_check; NULL where the engine sees to that itself. */
	MUST_USE int (*check)(
		struct conn *conn, struct arena *arena, int64_t ms, bool *whole_r, struct text *verdict_r);

	/* Migrations. lock: first in a transaction, keeps other nodes' migrations out until its end. dialect: the engine's
	 * text of a migration, which script runs: several statements. */
	enum fault (*lock)(struct conn *conn);
	const char *(*dialect)(const struct db_migration *migration, struct arena *arena);
	enum fault (*script)(struct conn *conn, const char *sql);
};

extern const struct engine sqlite_engine, postgres_engine;

/* What a work's statements run in. */
struct db_tx {
	struct conn *conn;
	struct arena *arena;
	enum fault fault; /* the first; nothing runs after it */
};

#endif
