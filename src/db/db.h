/*
 * The store's door: one SQL text for SQLite and PostgreSQL, and the road from a request's thread to a commit.
 *
 * SQL uses $1…$n, times are BIGINT milliseconds, ids BLOB, flags SMALLINT. Statements are `static struct db_stmt` objects
 * in a room's x_sql.c and are prepared once per connection. FOR NO KEY UPDATE at a SELECT's end holds its rows until the
 * transaction is over, FOR KEY SHARE lets others do so too: only nobody deletes them. No deferred constraints: works share a COMMIT.
 *
 * Rule of failure: a statement that cannot run answers DB_FAULT (or -1); the transaction is then doomed: further
 * statements answer the same, and the work's run should leave at once with DB_UNDO. What failed is logged here.
 */
#ifndef KW_DB_DB_H
#define KW_DB_DB_H

#include "base/arena.h"

struct db;
struct db_tx;

/* ---- statements ---- */

/* Zero but for sql; id is assigned at first use. At most DB_ARGS_MAX arguments. */
#define DB_ARGS_MAX 32
struct db_stmt {
	const char *sql;
	_Atomic unsigned id;
};
#define DB_STMT(text)                                                                                                  \
	{                                                                                                              \
		.sql = (text)                                                                                          \
	}

enum db_type { DB_INT, DB_TEXT, DB_BLOB, DB_NULL };
struct db_arg {
	enum db_type type;
	int64_t i;
	struct text t;
};
#define ARG_INT(value) ((struct db_arg){.type = DB_INT, .i = (value)})
/* Absent text binds NULL. */
#define ARG_TEXT(value) db_arg_text(DB_TEXT, (value))
#define ARG_BLOB(pointer, size) ((struct db_arg){.type = DB_BLOB, .t = {(const char *)(pointer), (size)}})
#define ARG_BLOB_TEXT(value) db_arg_text(DB_BLOB, (value))
/* A fixed array or struct, whole. */
#define ARG_BYTES(object) ARG_BLOB(&(object), sizeof(object))
#define ARG_NULL ((struct db_arg){.type = DB_NULL})
static inline struct db_arg db_arg_text(enum db_type type, struct text t)
{
	return (struct db_arg){.type = type, .t = t};
}

/* Where a result column goes. NULL in the row: 0 for COL_INT, absent for texts, all zero for COL_BYTES. Texts are copied
 * into the transaction's arena. A column of another type, or a blob of another size than COL_BYTES' object, is a fault. */
struct db_col {
	enum db_type type;
	void *to;
	size_t size; /* of COL_BYTES; else 0 */
};
#define COL_INT(variable) ((struct db_col){DB_INT, (int64_t *){&(variable)}, 0})
#define COL_TEXT(variable) ((struct db_col){DB_TEXT, (struct text *){&(variable)}, 0})
#define COL_BLOB(variable) ((struct db_col){DB_BLOB, (struct text *){&(variable)}, 0})
#define COL_BYTES(object) ((struct db_col){DB_BLOB, &(object), sizeof(object)})

#define ARGS(...) ((const struct db_arg[]){__VA_ARGS__}), COUNT(((const struct db_arg[]){__VA_ARGS__}))
#define NO_ARGS NULL, 0
#define COLS(...) ((const struct db_col[]){__VA_ARGS__}), COUNT(((const struct db_col[]){__VA_ARGS__}))

enum db_found { DB_FAULT = -1, DB_NONE = 0, DB_ROW = 1 };

/* Runs the statement and stores the first row; DB_NONE when there is none. The counts must match the statement's. */
MUST_USE enum db_found db_one(struct db_tx *tx, struct db_stmt *stmt, const struct db_arg *args, size_t arg_count,
	const struct db_col *cols, size_t col_count);
/* Stores each row in turn and calls each; stops when each returns nonzero. Returns the number of rows seen, or -1. each may
 * run other statements that leave these rows alone, but not this one. */
MUST_USE int db_each(struct db_tx *tx, struct db_stmt *stmt, const struct db_arg *args, size_t arg_count,
	const struct db_col *cols, size_t col_count, int (*each)(void *context), void *context);
/* Runs a statement without results: how many rows it changed, or -1. */
MUST_USE int db_exec(struct db_tx *tx, struct db_stmt *stmt, const struct db_arg *args, size_t arg_count);

/* Result texts live here; it dies with the work (set by whoever submits it). */
struct arena *db_tx_arena(struct db_tx *tx);
/* Whether the fault was the store's (down, full, busy: worth a retry by the client) or ours (an SQL error). */
bool db_tx_store_is_down(const struct db_tx *tx);

/* ---- work ---- */

enum db_verdict { DB_KEEP, DB_UNDO }; /* success and refusals keep their writes, faults undo them */
enum db_outcome {
	DB_COMMITTED,
	DB_UNDONE, /* run said DB_UNDO: its writes are gone */
	DB_FAILED, /* the store could not: nothing of it happened */
	DB_UNKNOWN /* the answer to COMMIT was lost: it may have happened (PostgreSQL only) */
};

/* One thing to do in a transaction. The submitter owns it; it must live until after was called, exactly once, on a store
 * thread, when the transaction is decided. run may be called again after a serialization failure or a lost connection: it
 * must start from its inputs. On PostgreSQL a work ends within 2 seconds, whatever becomes of the server. */
struct db_work {
	enum db_verdict (*run)(struct db_work *work, struct db_tx *tx);
	void (*after)(struct db_work *work, enum db_outcome outcome);
	struct arena *arena;
	struct db_work *next; /* the store's */
	bool reads;           /* the store's */
};

/* Queues work that writes. Fails at once, without calling after, when the queue is full, the server is known to be down,
 * or the store is stopping. */
MUST_USE int db_submit(struct db *db, struct db_work *work);
/* Work that only reads; each statement sees its own snapshot. SQLite: runs here and now on this thread's own read connection, after is called before this
 * returns. PostgreSQL: as db_submit. */
MUST_USE int db_submit_read(struct db *db, struct db_work *work);
/* Runs work and waits for its outcome: start-up, jobs and the CLI; never an I/O thread. Texts it reads die with it. */
enum db_outcome db_run(struct db *db, enum db_verdict (*run)(void *context, struct db_tx *tx), void *context);
/* The same with an arena of the caller's, in which result texts live on. */
enum db_outcome db_run_in(
	struct db *db, struct arena *arena, enum db_verdict (*run)(void *context, struct db_tx *tx), void *context);

/* Before db_start alone: work that changes much of the store and takes the time it needs, while no other node migrates or
 * does the like. */
enum db_outcome db_run_long(struct db *db, enum db_verdict (*run)(void *context, struct db_tx *tx), void *context);

/* ---- the store ---- */

struct db_config {
	const char *url;      /* sqlite:<path> or postgres://… */
	unsigned connections; /* PostgreSQL: store threads, at least 1 */
	unsigned queue;       /* how much may wait */
	bool as_it_is;        /* is only read: neither made nor migrated; a newer schema is no hindrance */
};
struct db_migration {
	const char *name; /* "0001_core" */
	const char *sql;
	const char *sql_pg; /* NULL: the same */
};

/* Opens, takes ownership of an SQLite folder (a second process fails), and migrates: forward only, one transaction each.
 * PostgreSQL's runner leaves out the words WITHOUT ROWID; BLOB there is a domain over BYTEA. NULL when it cannot;
 * *why_r is then a sentence for people (static or leaked at exit). A schema newer than the list is refused. The list must live as long as the store. */
struct db *db_open(
	const struct db_config *config, const struct db_migration *migrations, size_t count, const char **why_r);
/* Starts the store threads; before it only db_run works (on the caller's thread). */
MUST_USE int db_start(struct db *db);
/* Finishes what is queued, joins the threads, checkpoints, closes. No thread may still be submitting. NULL is fine. */
void db_close(struct db *db);

/* ---- backups ---- */

/* The making of one. */
struct db_backup {
	/* while it is made, from any thread */
	_Atomic int64_t done, whole; /* bytes; whole is 0 where it is not known (PostgreSQL) */
	_Atomic bool stop;           /* set it to have it given up */
	/* when it was made, or not */
	int64_t bytes, pages; /* pages: of SQLite, else 0 */
	char why[400];        /* a sentence for people */
};
/* Writes the store as it is at one moment into file, while works go on: SQLite as a database file, PostgreSQL as what
 * pg_dump --format=custom makes of our tables (migrations name them). The file appears whole or not at all, is durable, and
 * only its owner may read it. replace: one of that name goes. On the caller's thread, which must be none of the store's or
 * of a loop: it takes as long as it takes. */
MUST_USE int db_backup(struct db *db, const char *file, bool replace, struct db_backup *backup);

/* ---- looking ---- */

/* How far a store's schema is from a list of migrations. */
struct db_schema {
	int recorded, pending; /* of the list's */
	bool newer;            /* has some that the list does not know */
};
/* Of a store that was opened as_it_is with that list. Fails where there are no records at all. */
MUST_USE int db_schema(struct db *db, struct db_schema *schema_r);
/* Whether the store's pages are sound; looks for at most so many ms. SQLite alone: -1 elsewhere, and when it cannot be read.
 * *whole_r: all were looked at. *verdict_r in arena: "ok", or the first thing that is wrong. */
MUST_USE int db_check(struct db *db, struct arena *arena, int64_t ms, bool *whole_r, struct text *verdict_r);
/* "3.40.1", of SQLite as linked. */
const char *db_sqlite_version(void);

/* For /readyz and /metrics. */
struct db_health {
	bool up;
	unsigned queued;
	uint64_t commits;   /* transactions */
	uint64_t actions;   /* works decided */
	uint64_t faults;    /* works that the store or their SQL failed */
	const char *engine; /* "sqlite" or "postgres" */
};
struct db_health db_health(const struct db *db);

#endif
