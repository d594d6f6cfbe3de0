/* The write-ahead log: one connection writes and checkpoints (THREATS G3), and its size is bounded (G7). */
#include "writer.h"

#include <pthread.h>
#include <stdlib.h>

/* ---- readers ---- */

static void a_reading_connection_can_neither_write_nor_checkpoint(void **state)
{
	struct store *store = store_of(state);
	struct conn *writer = writer_open(store);
	struct conn *reader = sqlite_engine.open_more(writer);

	assert_int_equal(writer_pages(writer, 10), FAULT_NONE);
	assert_int_equal(writer_rows(reader), 1);
	assert_int_equal(sqlite_engine.script(reader, "INSERT INTO t VALUES(2, NULL)"), FAULT_OURS);
	const int mode = SQLITE_CHECKPOINT_PASSIVE;
	assert_int_not_equal(sqlite3_wal_checkpoint_v2(writer_inside(reader)->db, NULL, mode, NULL, NULL), SQLITE_OK);
	sqlite_engine.close(reader);
	assert_true(writer_log_size(store) > 10 * 4096);
	sqlite_engine.close(writer);
	assert_int_equal(writer_log_size(store), -1);
}

static enum db_verdict write_as_reader(struct db_work *work, struct db_tx *tx)
{
	static struct db_stmt insert = DB_STMT("INSERT INTO t(id, n) VALUES('x', 1)");

	return db_exec(tx, &insert, NO_ARGS) == 1 ? DB_KEEP : DB_UNDO;
}

static void a_reading_work_that_writes_is_undone(void **state)
{
	struct store *store = store_of(state);
	struct task task = task_of(write_as_reader);

	store_with_table(store);
	assert_int_equal(db_submit_read(store->db, &task.work), 0);
	assert_int_equal(task_wait(&task), DB_UNDONE);
	assert_int_equal(store_int(store, "SELECT COUNT(*) FROM t"), 0);
}

/* Reads over and over until told to stop. */
struct busy_reader {
	struct conn *conn;
	pthread_t thread;
	_Atomic int stop;
};

static void *keep_reading(void *context)
{
	struct busy_reader *reader = context;
	int64_t last = 0;

	while (!reader->stop) {
		const int64_t rows = writer_rows(reader->conn);
		if (rows < last)
			abort();
		last = rows;
	}
	return NULL;
}

static enum db_verdict check_integrity(void *context, struct db_tx *tx)
{
	static struct db_stmt check = DB_STMT("PRAGMA integrity_check");
	struct text verdict;

	if (db_one(tx, &check, NO_ARGS, COLS(COL_TEXT(verdict))) != DB_ROW)
		return DB_UNDO;
	return text_equal(verdict, TEXT("ok")) ? DB_KEEP : DB_UNDO;
}

static void busy_readers_neither_spoil_the_file_nor_let_the_log_grow(void **state)
{
	struct store *store = store_of(state);
	struct conn *writer = writer_open(store);
	struct busy_reader readers[2] = {0};

	for (size_t i = 0; i < COUNT(readers); i++) {
		readers[i].conn = sqlite_engine.open_more(writer);
		assert_int_equal(pthread_create(&readers[i].thread, NULL, keep_reading, &readers[i]), 0);
	}
	for (int i = 0; i < 500; i++)
		assert_int_equal(writer_pages(writer, 20), FAULT_NONE);
	for (size_t i = 0; i < COUNT(readers); i++) {
		readers[i].stop = 1;
		pthread_join(readers[i].thread, NULL);
		assert_int_equal(writer_rows(readers[i].conn), 500);
		sqlite_engine.close(readers[i].conn);
	}
	/* 10,000 pages were written, 41 MB. */
	assert_in_range(writer_log_size(store), 1, 21 * 1000 * 1000);
	sqlite_engine.close(writer);
	store_open(store, NULL, 0);
	assert_int_equal(db_run(store->db, check_integrity, NULL), DB_COMMITTED);
}

static void a_long_read_stops_writing_at_the_bound_and_its_end_frees_it(void **state)
{
	struct store *store = store_of(state);
	struct conn *writer = writer_open(store);
	struct conn *reader = sqlite_engine.open_more(writer);
	int written = 0;

	writer_inside(writer)->frames_max = 1000;
	assert_int_equal(sqlite_engine.script(reader, "BEGIN"), FAULT_NONE);
	assert_int_equal(writer_rows(reader), 0);
	while (writer_pages(writer, 100) == FAULT_NONE)
		written++;
	assert_in_range(written, 9, 11);
	assert_int_equal(writer_pages(writer, 100), FAULT_STORE);
	assert_int_equal(writer_rows(reader), 0);
	assert_int_equal(sqlite_engine.script(reader, "COMMIT"), FAULT_NONE);
	assert_int_equal(writer_pages(writer, 100), FAULT_NONE);
	assert_int_equal(writer_rows(reader), written + 1);
	sqlite_engine.close(reader);
	sqlite_engine.close(writer);
}

static void a_backup_of_ours_may_take_longer(void **state)
{
	struct store *store = store_of(state);
	struct conn *writer = writer_open(store);
	struct conn *reader = sqlite_engine.open_more(writer);
	int written = 0;

	writer_inside(writer)->frames_max = 200;
	writer_inside(writer)->backups = 1;
	assert_int_equal(sqlite_engine.script(reader, "BEGIN"), FAULT_NONE);
	assert_int_equal(writer_rows(reader), 0);
	while (writer_pages(writer, 100) == FAULT_NONE)
		written++;
	assert_in_range(written, 30, 34);
	writer_inside(writer)->backups = 0;
	assert_int_equal(sqlite_engine.script(reader, "COMMIT"), FAULT_NONE);
	assert_int_equal(writer_pages(writer, 100), FAULT_NONE);
	sqlite_engine.close(reader);
	sqlite_engine.close(writer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_SQLITE(a_reading_connection_can_neither_write_nor_checkpoint),
		ON_SQLITE(a_reading_work_that_writes_is_undone),
		ON_SQLITE(busy_readers_neither_spoil_the_file_nor_let_the_log_grow),
		ON_SQLITE(a_long_read_stops_writing_at_the_bound_and_its_end_frees_it),
		ON_SQLITE(a_backup_of_ours_may_take_longer),
	};

	return cmocka_run_group_tests_name("wal", tests, NULL, NULL);
}
