/*
 * A house for tests of rooms: a fresh store with our migrations, settings as they stand by themselves, one app, and
 * operations run the way the server runs them (a work of their own, hooks after the commit).
 */
#ifndef KW_TESTS_USER_HOUSE_H
#define KW_TESTS_USER_HOUSE_H

#include "../db/store.h"

#include "core/house.h"
#include "core/op.h"

struct test_house {
	struct store *store;
	struct settings settings;
	struct house house;
	struct uuid app_id;
	struct arena *arena; /* of every operation */
	int64_t now;         /* of the next operations; tests move it */
};

/* cmocka fixtures: *state is a struct test_house, open and started. */
int house_on_sqlite(void **state);
int house_on_postgres(void **state);
int house_remove(void **state);
/* First in each test: its house, or skip() when there is no PostgreSQL to use. */
struct test_house *house_of(void **state);

/* A fresh operation of a client at 192.0.2.7, at house->now. */
struct op *house_op(struct test_house *house);
/* Runs fn in a transaction for that operation and calls what it asked for after the commit; fails the test when the store
 * does. */
enum err house_run(
	struct test_house *house, struct op *op, enum err (*fn)(struct op *op, void *context), void *context);
/* How many rows a SELECT COUNT(*) counts: or its one integer. */
int64_t house_int(struct test_house *house, const char *sql);
void house_exec(struct test_house *house, const char *sql);

#define HOUSE_ON_BOTH(test)                                                                                            \
	{#test " (sqlite)", test, house_on_sqlite, house_remove, NULL},                                                \
	{                                                                                                              \
#test " (postgres)", test, house_on_postgres, house_remove, NULL                                       \
	}

#endif
