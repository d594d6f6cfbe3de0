/* Several works in one transaction, and what a failing disk does to it (THREATS A9, G4). */
#include "store.h"

#include <sys/wait.h>
#include <unistd.h>

#include "faulty_disk.h"

/* Inserts its number, then ends as told. */
struct insertion {
	struct task task;
	int64_t n;
	enum { KEEP, UNDO, BREAK, REFUSE } how;
	_Atomic int runs;
};

static enum db_verdict insert(struct db_work *work, struct db_tx *tx)
{
	static struct db_stmt insert_row = DB_STMT("INSERT INTO t(id, n) VALUES($1, $2)");
	static struct db_stmt broken = DB_STMT("INSERT INTO t(id, n) VALUES($1, NULL)");
	struct insertion *i = CONTAINER(work, struct insertion, task.work);

	i->runs++;
	if (i->how == REFUSE)
		return DB_UNDO;
	if (db_exec(tx, &insert_row, ARGS(ARG_BYTES(i->n), ARG_INT(i->n))) != 1)
		return DB_UNDO;
	if (i->how == BREAK)
		return db_exec(tx, &broken, ARGS(ARG_BLOB("other", 5))) == 1 ? DB_KEEP : DB_UNDO;
	return i->how == KEEP ? DB_KEEP : DB_UNDO;
}

/* Submits all while the store is held, so that they share a transaction. */
static void submit_together(struct store *store, struct insertion *insertions, size_t count)
{
	struct hold hold;

	task_hold(store, &hold);
	for (size_t i = 0; i < count; i++) {
		insertions[i].task = task_of(insert);
		insertions[i].n = (int64_t)i;
		assert_int_equal(db_submit(store->db, &insertions[i].task.work), 0);
	}
	assert_int_equal(db_health(store->db).queued, count);
	task_release(&hold);
}

static void works_share_a_commit_but_not_their_fate(void **state)
{
	struct store *store = store_of(state);
	struct insertion insertions[30] = {0};

	store_with_table(store);
	for (size_t i = 0; i < COUNT(insertions); i++)
		insertions[i].how = i % 3;
	const uint64_t commits = db_health(store->db).commits;
	submit_together(store, insertions, COUNT(insertions));
	for (size_t i = 0; i < COUNT(insertions); i++)
		assert_int_equal(task_wait(&insertions[i].task), i % 3 == KEEP ? DB_COMMITTED : DB_UNDONE);
	assert_int_equal(db_health(store->db).commits, commits + 2);
	assert_int_equal(store_int(store, "SELECT COUNT(*) FROM t"), 10);
	assert_int_equal(store_int(store, "SELECT COUNT(*) FROM t WHERE n%3=0"), 10);
}

static void a_group_runs_again_only_to_take_changes_back(void **state)
{
	struct store *store = store_of(state);
	struct insertion insertions[10] = {0};

	for (int undone = 0; undone < 2; undone++) {
		store_with_table(store);
		for (size_t i = 0; i < COUNT(insertions); i++)
			insertions[i] = (struct insertion){.how = i % 2 ? KEEP : REFUSE};
		if (undone)
			insertions[4].how = UNDO;
		submit_together(store, insertions, COUNT(insertions));
		for (size_t i = 0; i < COUNT(insertions); i++) {
			assert_int_equal(task_wait(&insertions[i].task), i % 2 ? DB_COMMITTED : DB_UNDONE);
			assert_int_equal(insertions[i].runs, undone && i <= 4 ? 2 : 1);
		}
		assert_int_equal(store_int(store, "SELECT COUNT(*) FROM t"), 5);
		assert_int_equal(store_exec(store, "DELETE FROM t"), DB_COMMITTED);
		store_close(store);
	}
}

/* All fail together, nothing happened, and afterwards the same works succeed. */
static void fail_then_succeed(struct store *store, enum disk disk)
{
	struct insertion insertions[20] = {0};

	store_with_table(store);
	faulty_disk(disk);
	submit_together(store, insertions, COUNT(insertions));
	for (size_t i = 0; i < COUNT(insertions); i++)
		assert_int_equal(task_wait(&insertions[i].task), DB_FAILED);
	assert_true(faulty_disk_failures() > 0);
	faulty_disk(DISK_FINE);

	assert_int_equal(store_int(store, "SELECT COUNT(*) FROM t"), 0);
	submit_together(store, insertions, COUNT(insertions));
	for (size_t i = 0; i < COUNT(insertions); i++)
		assert_int_equal(task_wait(&insertions[i].task), DB_COMMITTED);
	store_close(store);
	store_with_table(store);
	assert_int_equal(store_int(store, "SELECT COUNT(*) FROM t"), 20);
}

static void when_the_sync_of_a_commit_fails_nothing_happened(void **state)
{
	fail_then_succeed(store_of(state), DISK_SYNC_FAILS);
}

static void when_the_disk_is_full_nothing_happened(void **state)
{
	fail_then_succeed(store_of(state), DISK_FULL);
}

static void reading_goes_on_while_the_disk_is_full(void **state)
{
	struct store *store = store_of(state);

	store_with_table(store);
	assert_int_equal(store_exec(store, "INSERT INTO t(id, n) VALUES('x', 5)"), DB_COMMITTED);
	faulty_disk(DISK_FULL);
	assert_int_equal(store_exec(store, "UPDATE t SET n=6"), DB_FAILED);
	assert_int_equal(store_int(store, "SELECT n FROM t"), 5);
	faulty_disk(DISK_FINE);
	assert_int_equal(store_exec(store, "UPDATE t SET n=7"), DB_COMMITTED);
}

/* In a process of its own: the sync of a commit fails, the disk is fine again, and the process dies. */
static void fail_a_commit_and_die(struct store *store)
{
	store_with_table(store);
	if (store_exec(store, "INSERT INTO t(id, n) VALUES('first', 1)") != DB_COMMITTED)
		_exit(1);
	faulty_disk(DISK_SYNC_FAILS);
	if (store_exec(store, "INSERT INTO t(id, n) VALUES('second', 2)") != DB_FAILED)
		_exit(2);
	faulty_disk(DISK_FINE);
	/* Any work lets the store thread tidy up; this one writes nothing. */
	if (store_int(store, "SELECT COUNT(*) FROM t") != 1 || store_int(store, "SELECT COUNT(*) FROM t") != 1)
		_exit(3);
	_exit(0);
}

static void a_failed_commit_is_not_revived_by_a_crash(void **state)
{
	struct store *store = store_of(state);
	int status = 0;

	const pid_t child = fork();
	if (child == 0)
		fail_a_commit_and_die(store);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	store_with_table(store);
	assert_int_equal(store_int(store, "SELECT COUNT(*) FROM t"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_SQLITE(works_share_a_commit_but_not_their_fate),
		ON_SQLITE(a_group_runs_again_only_to_take_changes_back),
		ON_SQLITE(when_the_sync_of_a_commit_fails_nothing_happened),
		ON_SQLITE(when_the_disk_is_full_nothing_happened),
		ON_SQLITE(reading_goes_on_while_the_disk_is_full),
		ON_SQLITE(a_failed_commit_is_not_revived_by_a_crash),
	};

	return cmocka_run_group_tests_name("group", tests, NULL, NULL);
}
