/* The files of the connection that writes: gathered log writes, and checkpoints made durable by a thread of their own. */
#include "db/sqlite_vfs.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "faulty_disk.h"
#include "writer.h"

enum { CHECKPOINT = 250 }; /* pages: more than a checkpoint waits for */

static sqlite3 *inside(struct conn *conn)
{
	return writer_inside(conn)->db;
}

static void write_pages(struct conn *writer, int pages)
{
	assert_int_equal(writer_pages(writer, pages), FAULT_NONE);
}

/* All that was checkpointed is durable; later checkpoints may wait for that again. */
static void settle(struct conn *writer)
{
	assert_int_equal(vfs_settle(inside(writer)), 0);
	assert_int_equal(vfs_defer(inside(writer)), 0);
}

/* Whatever comes of it. */
static void wait_for_flush(struct conn *writer)
{
	while (vfs_is_busy(inside(writer)))
		usleep(1000);
}

static const char *path_of(const struct store *store, const char *name)
{
	static char paths[2][128];
	static unsigned turn;
	char *path = paths[turn++ % 2];

	snprintf(path, sizeof paths[0], "%s/%s", store->folder, name);
	return path;
}

static void copy_file(const char *from, const char *to)
{
	static char all[8 * 1024 * 1024];
	const int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	const ssize_t n = read(in, all, sizeof all);

	assert_in_range(n, 1, sizeof all - 1);
	assert_int_equal(write(out, all, (size_t)n), n);
	close(in);
	close(out);
}

/* How many rows a database has after a power cut that left these files; -1: it is not whole. */
static int64_t rows_after(const struct store *store, const char *name)
{
	struct store after = {.engine = "sqlite"};
	snprintf(after.url, sizeof after.url, "sqlite:%s", path_of(store, name));
	store_open(&after, NULL, 0);
	const int64_t bad =
		store_int(&after, "SELECT COUNT(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'");
	const int64_t rows = bad ? -1 : store_int(&after, "SELECT COUNT(*) FROM t");
	store_close(&after);
	return rows;
}

static void a_commit_reaches_the_log_in_few_writes(void **state)
{
	struct store *store = store_of(state);
	struct conn *writer = writer_open(store);
	struct conn *reader = sqlite_engine.open_more(writer);

	const int before = faulty_disk_log_writes();
	write_pages(writer, 100); /* 101 frames of 4,120 bytes */
	assert_in_range(faulty_disk_log_writes() - before, 4, 6);
	assert_int_equal(writer_rows(reader), 1);
	sqlite_engine.close(reader);
	sqlite_engine.close(writer);
	assert_int_equal(rows_after(store, "test.db"), 1);
}

static void the_log_has_all_until_a_checkpoint_is_durable(void **state)
{
	struct store *store = store_of(state);
	struct conn *writer = writer_open(store);

	write_pages(writer, CHECKPOINT);
	settle(writer);
	copy_file(path_of(store, "test.db"), path_of(store, "cut")); /* as the last sync left it */

	faulty_disk(DATABASE_SYNC_WAITS);
	for (int i = 0; i < 3; i++)
		write_pages(writer, CHECKPOINT);
	assert_true(vfs_is_busy(inside(writer)));
	assert_true(writer_log_size(store) > 3 * CHECKPOINT * SQLITE_PAGE_BYTES);
	copy_file(path_of(store, "test.db-wal"), path_of(store, "cut-wal"));
	assert_int_equal(rows_after(store, "cut"), 4);

	faulty_disk(DISK_FINE);
	settle(writer);
	const int64_t size = writer_log_size(store);
	for (int i = 0; i < 8; i++) {
		write_pages(writer, CHECKPOINT);
		settle(writer);
	}
	assert_true(writer_log_size(store) <= size + CHECKPOINT * 2 * SQLITE_PAGE_BYTES);
	sqlite_engine.close(writer);
	assert_int_equal(rows_after(store, "test.db"), 12);
}

static void after_a_checkpoint_that_failed_all_of_the_log_is_copied_again(void **state)
{
	struct store *store = store_of(state);
	struct conn *writer = writer_open(store);

	write_pages(writer, CHECKPOINT);
	settle(writer);
	copy_file(path_of(store, "test.db"), path_of(store, "cut"));
	faulty_disk(DATABASE_SYNC_FAILS);
	for (int i = 0; i < 5; i++)
		write_pages(writer, CHECKPOINT);
	wait_for_flush(writer);
	assert_true(faulty_disk_failures() > 0);
	copy_file(path_of(store, "test.db-wal"), path_of(store, "cut-wal"));
	faulty_disk(DISK_FINE);
	assert_int_equal(rows_after(store, "cut"), 6);

	/* The database has all, without its log. */
	write_pages(writer, 1);
	wait_for_flush(writer);
	sqlite_engine.rest(writer, true);
	wait_for_flush(writer);
	assert_false(vfs_has_failed(inside(writer)));
	copy_file(path_of(store, "test.db"), path_of(store, "cut"));
	assert_int_equal(rows_after(store, "cut"), 7);
	sqlite_engine.close(writer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_SQLITE(a_commit_reaches_the_log_in_few_writes),
		ON_SQLITE(the_log_has_all_until_a_checkpoint_is_durable),
		ON_SQLITE(after_a_checkpoint_that_failed_all_of_the_log_is_copied_again),
	};

	return cmocka_run_group_tests_name("sqlite_vfs", tests, NULL, NULL);
}
