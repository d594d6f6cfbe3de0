/* The write-ahead log: one connection writes and checkpoints (THREATS G3), and its size is bounded (G7). */
#include "db/sqlite.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "store.h"

/* ---- an engine without threads before it ---- */

static struct conn *open_writer(struct store *store)
{
	const struct db_config config = {.url = store->url};
	const char *why;
	struct conn *writer = sqlite_engine.open(&config, &why);

	assert_non_null(writer);
	assert_int_equal(sqlite_engine.script(writer, "CREATE TABLE t(n BIGINT, filling BLOB)"), FAULT_NONE);
	return writer;
}

static struct sqlite *inside(struct conn *conn)
{
	return (struct sqlite *)conn;
}

/* Writes about so many pages in one transaction, and lets the connection rest as a store thread would. */
static enum fault write_pages(struct conn *writer, int pages)
{
	char sql[96];

	TRY(sqlite_engine.begin(writer, false, 0));
	snprintf(sql, sizeof sql, "INSERT INTO t VALUES(1, zeroblob(%d))", pages * 4096);
	assert_int_equal(sqlite_engine.script(writer, sql), FAULT_NONE);
	TRY(sqlite_engine.commit(writer));
	sqlite_engine.rest(writer, false);
	return FAULT_NONE;
}

/* The number of rows a reader sees. */
static int64_t rows_seen(struct conn *reader)
{
	static struct db_stmt count = DB_STMT("SELECT COUNT(*) FROM t");
	struct arena *arena = arena_new();
	int64_t n = -1, rows;
	const struct db_col cols[] = {COL_INT(n)};
	const struct query query = {.stmt = &count, .cols = cols, .col_count = 1};

	assert_int_equal(sqlite_engine.run(reader, arena, &query, &rows), FAULT_NONE);
	arena_free(arena);
	return n;
}

static int64_t log_size(const struct store *store)
{
	char path[128];
	struct stat st;

	snprintf(path, sizeof path, "%s/test.db-wal", store->folder);
	return stat(path, &st) == 0 ? st.st_size : -1;
}

/* ---- readers ---- */

static void a_reading_connection_can_neither_write_nor_checkpoint(void **state)
{
	struct store *store = store_of(state);
	struct conn *writer = open_writer(store);
	struct conn *reader = sqlite_engine.open_more(writer);

	assert_int_equal(write_pages(writer, 10), FAULT_NONE);
	assert_int_equal(rows_seen(reader), 1);
	assert_int_equal(sqlite_engine.script(reader, "INSERT INTO t VALUES(2, NULL)"), FAULT_OURS);
	const int mode = SQLITE_CHECKPOINT_PASSIVE;
	assert_int_not_equal(sqlite3_wal_checkpoint_v2(inside(reader)->db, NULL, mode, NULL, NULL), SQLITE_OK);
	sqlite_engine.close(reader);
	assert_true(log_size(store) > 10 * 4096);
	sqlite_engine.close(writer);
	assert_int_equal(log_size(store), -1);
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
		const int64_t rows = rows_seen(reader->conn);
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
	struct conn *writer = open_writer(store);
	struct busy_reader readers[2] = {0};

	for (size_t i = 0; i < COUNT(readers); i++) {
		readers[i].conn = sqlite_engine.open_more(writer);
		assert_int_equal(pthread_create(&readers[i].thread, NULL, keep_reading, &readers[i]), 0);
	}
	for (int i = 0; i < 500; i++)
		assert_int_equal(write_pages(writer, 20), FAULT_NONE);
	for (size_t i = 0; i < COUNT(readers); i++) {
		readers[i].stop = 1;
		pthread_join(readers[i].thread, NULL);
		assert_int_equal(rows_seen(readers[i].conn), 500);
		sqlite_engine.close(readers[i].conn);
	}
	/* 10,000 pages were written, 41 MB. */
	assert_in_range(log_size(store), 1, 21 * 1000 * 1000);
	sqlite_engine.close(writer);
	store_open(store, NULL, 0);
	assert_int_equal(db_run(store->db, check_integrity, NULL), DB_COMMITTED);
}

static void a_long_read_stops_writing_at_the_bound_and_its_end_frees_it(void **state)
{
	struct store *store = store_of(state);
	struct conn *writer = open_writer(store);
	struct conn *reader = sqlite_engine.open_more(writer);
	int written = 0;

	inside(writer)->frames_max = 1000;
	assert_int_equal(sqlite_engine.script(reader, "BEGIN"), FAULT_NONE);
	assert_int_equal(rows_seen(reader), 0);
	while (write_pages(writer, 100) == FAULT_NONE)
		written++;
	assert_in_range(written, 9, 11);
	assert_int_equal(write_pages(writer, 100), FAULT_STORE);
	assert_int_equal(rows_seen(reader), 0);
	assert_int_equal(sqlite_engine.script(reader, "COMMIT"), FAULT_NONE);
	assert_int_equal(write_pages(writer, 100), FAULT_NONE);
	assert_int_equal(rows_seen(reader), written + 1);
	sqlite_engine.close(reader);
	sqlite_engine.close(writer);
}

static void a_backup_of_ours_may_take_longer(void **state)
{
	struct store *store = store_of(state);
	struct conn *writer = open_writer(store);
	struct conn *reader = sqlite_engine.open_more(writer);
	int written = 0;

	inside(writer)->frames_max = 200;
	inside(writer)->backups = 1;
	assert_int_equal(sqlite_engine.script(reader, "BEGIN"), FAULT_NONE);
	assert_int_equal(rows_seen(reader), 0);
	while (write_pages(writer, 100) == FAULT_NONE)
		written++;
	assert_in_range(written, 30, 34);
	inside(writer)->backups = 0;
	assert_int_equal(sqlite_engine.script(reader, "COMMIT"), FAULT_NONE);
	assert_int_equal(write_pages(writer, 100), FAULT_NONE);
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
