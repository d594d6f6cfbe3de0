/* What only a server across a wire can do: conflict, vanish, freeze, come back (THREATS G6). */
#include "store.h"

#include <stdio.h>
#include <unistd.h>

#include "proxy.h"

/* ---- conflicts ---- */

struct conflict {
	struct store *store;
	int runs;
	enum db_outcome other;
};

static enum db_verdict add_ten(void *context, struct db_tx *tx)
{
	static struct db_stmt add = DB_STMT("UPDATE t SET n=n+10");

	return db_exec(tx, &add, NO_ARGS) == 1 ? DB_KEEP : DB_UNDO;
}

/* Reads, then writes what it read plus one. Between the two, at its first run, another work changes the row: under
 * REPEATABLE READ a serialization failure. */
static enum db_verdict read_and_add(void *context, struct db_tx *tx)
{
	static struct db_stmt isolate = DB_STMT("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
	static struct db_stmt read = DB_STMT("SELECT n FROM t");
	static struct db_stmt write = DB_STMT("UPDATE t SET n=$1");
	struct conflict *conflict = context;
	int64_t n;

	if (db_exec(tx, &isolate, NO_ARGS) < 0)
		return DB_UNDO;
	if (db_one(tx, &read, NO_ARGS, COLS(COL_INT(n))) != DB_ROW)
		return DB_UNDO;
	if (conflict->runs++ == 0)
		conflict->other = db_run(conflict->store->db, add_ten, NULL);
	return db_exec(tx, &write, ARGS(ARG_INT(n + 1))) == 1 ? DB_KEEP : DB_UNDO;
}

static void a_work_that_conflicts_runs_again(void **state)
{
	struct conflict conflict = {.store = store_of(state)};

	store_with_table(conflict.store);
	assert_int_equal(store_exec(conflict.store, "INSERT INTO t(id, n) VALUES(CAST('x' AS BLOB), 0)"), DB_COMMITTED);
	assert_int_equal(db_run(conflict.store->db, read_and_add, &conflict), DB_COMMITTED);
	assert_int_equal(conflict.other, DB_COMMITTED);
	assert_int_equal(conflict.runs, 2);
	assert_int_equal(store_int(conflict.store, "SELECT n FROM t"), 11);
}

static enum db_verdict remove_parent(void *context, struct db_tx *tx)
{
	static struct db_stmt remove = DB_STMT("DELETE FROM parent");

	return db_exec(tx, &remove, NO_ARGS) == 1 ? DB_KEEP : DB_UNDO;
}

/* Adds a child if it sees the parent, which another work takes away meanwhile, at the first run. */
static enum db_verdict look_and_add_child(void *context, struct db_tx *tx)
{
	static struct db_stmt look = DB_STMT("SELECT COUNT(*) FROM parent WHERE id = 1");
	static struct db_stmt add = DB_STMT("INSERT INTO child(parent) VALUES(1)");
	struct conflict *conflict = context;
	int64_t parents;

	if (db_one(tx, &look, NO_ARGS, COLS(COL_INT(parents))) != DB_ROW)
		return DB_UNDO;
	if (conflict->runs++ == 0)
		conflict->other = db_run(conflict->store->db, remove_parent, NULL);
	if (parents == 0)
		return DB_KEEP;
	return db_exec(tx, &add, NO_ARGS) == 1 ? DB_KEEP : DB_UNDO;
}

static void a_work_that_lost_what_it_refers_to_runs_again(void **state)
{
	struct conflict conflict = {.store = store_of(state)};

	store_with_table(conflict.store);
	assert_int_equal(store_exec(conflict.store, "CREATE TABLE parent(id BIGINT PRIMARY KEY)"), DB_COMMITTED);
	assert_int_equal(
		store_exec(conflict.store, "CREATE TABLE child(parent BIGINT REFERENCES parent(id))"), DB_COMMITTED);
	assert_int_equal(store_exec(conflict.store, "INSERT INTO parent(id) VALUES(1)"), DB_COMMITTED);
	assert_int_equal(db_run(conflict.store->db, look_and_add_child, &conflict), DB_COMMITTED);
	assert_int_equal(conflict.other, DB_COMMITTED);
	assert_int_equal(conflict.runs, 2);
	assert_int_equal(store_int(conflict.store, "SELECT COUNT(*) FROM child"), 0);
}

static enum db_verdict wait_for_a_lock(void *context, struct db_tx *tx)
{
	static struct db_stmt lock = DB_STMT("SELECT 1 FROM t WHERE id=$1 FOR UPDATE");
	int64_t one;
	bool *down = context;

	if (db_one(tx, &lock, ARGS(ARG_BLOB("x", 1)), COLS(COL_INT(one))) == DB_ROW)
		return DB_KEEP;
	*down = db_tx_store_is_down(tx);
	return DB_UNDO;
}

/* Holds the row's lock for as long as the hold lasts. */
struct locker {
	struct hold hold;
	bool down;
};

static enum db_verdict lock_and_hold(struct db_work *work, struct db_tx *tx)
{
	struct locker *locker = CONTAINER(work, struct locker, hold.task.work);

	if (wait_for_a_lock(&locker->down, tx) != DB_KEEP)
		return DB_UNDO;
	sem_post(&locker->hold.entered);
	while (sem_wait(&locker->hold.go_on) != 0)
		continue;
	return DB_KEEP;
}

static void a_lock_held_too_long_is_the_stores_fault_and_breaks_nothing(void **state)
{
	struct store *store = store_of(state);
	struct locker locker = {.hold = {.task = task_of(lock_and_hold)}};
	bool down = false;

	store_with_table(store);
	assert_int_equal(store_exec(store, "INSERT INTO t(id, n) VALUES(CAST('x' AS BLOB), 0)"), DB_COMMITTED);
	sem_init(&locker.hold.entered, 0, 0);
	sem_init(&locker.hold.go_on, 0, 0);
	assert_int_equal(db_submit(store->db, &locker.hold.task.work), 0);
	sem_wait(&locker.hold.entered);
	assert_int_equal(db_run(store->db, wait_for_a_lock, &down), DB_FAILED);
	assert_true(down);
	assert_true(db_health(store->db).up);
	task_release(&locker.hold);
	assert_int_equal(db_run(store->db, wait_for_a_lock, &down), DB_COMMITTED);
}

/* ---- a bad wire ---- */

/* Opens the store through a proxy. */
static struct proxy *behind_proxy(struct store *store)
{
	struct proxy *proxy = proxy_new(store->url);

	snprintf(store->url, sizeof store->url, "%s", proxy_url(proxy));
	store_with_table(store);
	return proxy;
}

static const char *const add_row = "INSERT INTO t(id, n) VALUES(CAST('x' AS BLOB), 1) "
				   "ON CONFLICT(id) DO UPDATE SET n=t.n+1";

static void wait_until_up(struct store *store)
{
	while (!db_health(store->db).up)
		usleep(5000);
}

static enum db_verdict add_one(struct db_work *work, struct db_tx *tx)
{
	static struct db_stmt add = DB_STMT("UPDATE t SET n=n+1");

	return db_exec(tx, &add, NO_ARGS) == 1 ? DB_KEEP : DB_UNDO;
}

/* While the wire is bad every work fails, none stays, and the store refuses new ones; afterwards all is as before. */
static void fail_while(struct store *store, enum wire wire)
{
	struct proxy *proxy = behind_proxy(store);
	struct task tasks[40];
	size_t queued = 0;

	assert_int_equal(store_exec(store, add_row), DB_COMMITTED);
	proxy_set(proxy, wire);
	for (size_t i = 0; i < COUNT(tasks); i++) {
		tasks[queued] = task_of(add_one);
		if (db_submit(store->db, &tasks[queued].work) == 0)
			queued++;
		else
			arena_free(tasks[queued].work.arena);
	}
	for (size_t i = 0; i < queued; i++)
		assert_int_equal(task_wait(&tasks[i]), DB_FAILED);
	while (db_health(store->db).up)
		usleep(5000);
	assert_int_equal(store_exec(store, add_row), DB_FAILED);

	proxy_set(proxy, WIRE_FINE);
	wait_until_up(store);
	assert_int_equal(store_exec(store, add_row), DB_COMMITTED);
	assert_int_equal(store_int(store, "SELECT n FROM t"), 2);
	store_close(store);
	proxy_free(proxy);
}

static void a_frozen_server_fails_all_works_until_it_answers_again(void **state)
{
	fail_while(store_of(state), WIRE_FROZEN);
}

static void a_vanished_server_fails_all_works_until_it_is_back(void **state)
{
	fail_while(store_of(state), WIRE_CUT);
}

static void a_lost_answer_to_commit_is_unknown(void **state)
{
	struct store *store = store_of(state);
	struct proxy *proxy = behind_proxy(store);

	assert_int_equal(store_exec(store, add_row), DB_COMMITTED);
	proxy_set(proxy, WIRE_LOSES_COMMIT);
	assert_int_equal(store_exec(store, add_row), DB_UNKNOWN);
	wait_until_up(store);
	assert_int_equal(store_int(store, "SELECT n FROM t"), 2);
	store_close(store);
	proxy_free(proxy);
}

static enum db_verdict end_the_others(void *context, struct db_tx *tx)
{
	static struct db_stmt end = DB_STMT("SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity "
					    "WHERE pid<>pg_backend_pid() AND query LIKE '%sleeps in%'");
	int64_t *ended = context;

	return db_one(tx, &end, NO_ARGS, COLS(COL_INT(*ended))) == DB_ROW ? DB_KEEP : DB_UNDO;
}

/* A work whose connection the server ends runs again on a new one, and nobody notices. */
struct sleeper {
	struct task task;
	_Atomic int runs;
};

static enum db_verdict sleep_in_statement(struct db_work *work, struct db_tx *tx)
{
	static struct db_stmt sleep_once = DB_STMT("SELECT COUNT(pg_sleep($1)) /* sleeps in */");
	struct sleeper *sleeper = CONTAINER(work, struct sleeper, task.work);
	const bool first = sleeper->runs++ == 0;
	int64_t n;

	if (!first)
		return DB_KEEP;
	return db_one(tx, &sleep_once, ARGS(ARG_INT(1)), COLS(COL_INT(n))) == DB_ROW ? DB_KEEP : DB_UNDO;
}

static void a_work_runs_again_when_the_server_ends_its_connection(void **state)
{
	struct store *store = store_of(state);
	struct sleeper sleeper = {.task = task_of(sleep_in_statement)};
	int64_t ended = 0;

	store_with_table(store);
	assert_int_equal(db_submit(store->db, &sleeper.task.work), 0);
	while (ended == 0)
		assert_int_equal(db_run(store->db, end_the_others, &ended), DB_COMMITTED);
	assert_int_equal(task_wait(&sleeper.task), DB_COMMITTED);
	assert_int_equal(sleeper.runs, 2);
	assert_true(db_health(store->db).up);
}

static void a_server_that_is_not_there_is_named_when_opening(void **state)
{
	struct store store = {.url = "postgres://keywright@127.0.0.1:1/none"};

	assert_non_null(strstr(store_refusal(&store, NULL, 0), "PostgreSQL: "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_POSTGRES(a_work_that_conflicts_runs_again),
		ON_POSTGRES(a_work_that_lost_what_it_refers_to_runs_again),
		ON_POSTGRES(a_lock_held_too_long_is_the_stores_fault_and_breaks_nothing),
		ON_POSTGRES(a_frozen_server_fails_all_works_until_it_answers_again),
		ON_POSTGRES(a_vanished_server_fails_all_works_until_it_is_back),
		ON_POSTGRES(a_lost_answer_to_commit_is_unknown),
		ON_POSTGRES(a_work_runs_again_when_the_server_ends_its_connection),
		cmocka_unit_test(a_server_that_is_not_there_is_named_when_opening),
	};

	return cmocka_run_group_tests_name("postgres", tests, NULL, NULL);
}
