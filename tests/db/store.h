/*
 * Stores for tests: a fresh one each time, on SQLite in a temporary folder or on the PostgreSQL that KW_TEST_PG names (in
 * a schema of its own). Without KW_TEST_PG the tests that ask for PostgreSQL are skipped.
 */
#ifndef KW_TESTS_DB_STORE_H
#define KW_TESTS_DB_STORE_H

#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "db/db.h"

struct store {
	const char *engine; /* "sqlite" or "postgres" */
	char folder[64];    /* SQLite's */
	char schema[64];    /* PostgreSQL's */
	char url[1024];
	struct db *db;
};

/* cmocka fixtures: *state is a struct store, empty and not opened yet. */
int store_on_sqlite(void **state);
int store_on_postgres(void **state);
int store_remove(void **state);

/* Opens with these migrations, and starts it unless told otherwise; fails the test when it cannot. */
void store_open(struct store *store, const struct db_migration *migrations, size_t count);
void store_open_unstarted(struct store *store, const struct db_migration *migrations, size_t count);
/* The reason why it cannot be opened. */
const char *store_refusal(struct store *store, const struct db_migration *migrations, size_t count);
void store_close(struct store *store);

/* A table t(id BLOB, n BIGINT, word TEXT) with the key id, without rows. */
void store_with_table(struct store *store);
/* The same migration, for tests that open the store themselves. */
extern const struct db_migration store_table;

/* Runs sql and returns its one integer (0 for no row); fails the test on a fault. */
int64_t store_int(struct store *store, const char *sql);
/* Runs sql that answers nothing, in a work of its own. */
enum db_outcome store_exec(struct store *store, const char *sql);

/* A work whose end a test waits for. */
struct task {
	struct db_work work;
	enum db_outcome outcome;
	sem_t ended;
};
struct task task_of(enum db_verdict (*run)(struct db_work *work, struct db_tx *tx));
enum db_outcome task_wait(struct task *task); /* and frees what it holds */

/* A work that holds its store thread from the time task_hold returns until task_release: what is submitted meanwhile
 * waits in the queue. */
struct hold {
	struct task task;
	sem_t entered, go_on;
};
void task_hold(struct store *store, struct hold *hold);
void task_release(struct hold *hold);

/* One test on both engines. */
#define ON_BOTH(test)                                                                                                  \
	{#test " (sqlite)", test, store_on_sqlite, store_remove, NULL},                                                \
	{                                                                                                              \
#test " (postgres)", test, store_on_postgres, store_remove, NULL                                       \
	}
#define ON_SQLITE(test)                                                                                                \
	{                                                                                                              \
#test, test, store_on_sqlite, store_remove, NULL                                                       \
	}
#define ON_POSTGRES(test)                                                                                              \
	{                                                                                                              \
#test, test, store_on_postgres, store_remove, NULL                                                     \
	}
/* First in each test: its store, or skip() when there is no PostgreSQL to use. */
struct store *store_of(void **state);

#endif
