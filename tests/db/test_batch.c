/* The queue: bounded, in order, finished before closing. */
#include "store.h"

static enum db_verdict do_nothing(struct db_work *work, struct db_tx *tx)
{
	return DB_KEEP;
}

static void a_full_queue_refuses_at_once_and_recovers(void **state)
{
	struct store *store = store_of(state);
	const struct db_config config = {.url = store->url, .connections = 1, .queue = 3};
	struct task tasks[4];
	struct hold hold;
	const char *why;

	store->db = db_open(&config, NULL, 0, &why);
	assert_non_null(store->db);
	assert_int_equal(db_start(store->db), 0);
	for (size_t i = 0; i < COUNT(tasks); i++)
		tasks[i] = task_of(do_nothing);
	task_hold(store, &hold);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(db_submit(store->db, &tasks[i].work), 0);
	assert_int_not_equal(db_submit(store->db, &tasks[3].work), 0);
	task_release(&hold);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(task_wait(&tasks[i]), DB_COMMITTED);
	assert_int_equal(db_submit(store->db, &tasks[3].work), 0);
	assert_int_equal(task_wait(&tasks[3]), DB_COMMITTED);
}

static void closing_finishes_what_is_queued(void **state)
{
	struct store *store = store_of(state);
	struct task tasks[100];
	struct hold hold;

	store_with_table(store);
	task_hold(store, &hold);
	for (size_t i = 0; i < COUNT(tasks); i++) {
		tasks[i] = task_of(do_nothing);
		assert_int_equal(db_submit(store->db, &tasks[i].work), 0);
	}
	sem_post(&hold.go_on);
	store_close(store);
	assert_int_equal(task_wait(&hold.task), DB_COMMITTED);
	for (size_t i = 0; i < COUNT(tasks); i++)
		assert_int_equal(task_wait(&tasks[i]), DB_COMMITTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(a_full_queue_refuses_at_once_and_recovers),
		ON_BOTH(closing_finishes_what_is_queued),
	};

	return cmocka_run_group_tests_name("batch", tests, NULL, NULL);
}
