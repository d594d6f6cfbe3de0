/* Copies of a whole store while works go on (THREATS G7, G9). */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store.h"

#include "db/sqlite.h"

/* A folder of its own, which goes with the store's: SQLite has one, PostgreSQL is given one. */
static const char *file_in(struct store *store, const char *name)
{
	static char path[128];

	if (!store->folder[0]) {
		snprintf(store->folder, sizeof store->folder, "/tmp/kw-test-db.XXXXXX");
		assert_non_null(mkdtemp(store->folder));
	}
	snprintf(path, sizeof path, "%s/%s", store->folder, name);
	return path;
}

static bool is_there(struct store *store, const char *name)
{
	return access(file_in(store, name), F_OK) == 0;
}

static void fill(struct store *store, int rows)
{
	char sql[256];

	store_with_table(store);
	snprintf(sql, sizeof sql,
		"WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < %d)"
		" INSERT INTO t(id, n, word) SELECT CAST(CAST(n AS TEXT) AS %s), n, 'word' FROM i",
		rows, strcmp(store->engine, "sqlite") == 0 ? "BLOB" : "BYTEA");
	assert_int_equal(store_exec(store, sql), DB_COMMITTED);
}

/* One integer from a copy that is an SQLite file. */
static int64_t ask_copy(struct store *store, const char *name, const char *sql)
{
	sqlite3 *db;
	sqlite3_stmt *stmt;

	assert_int_equal(sqlite3_open_v2(file_in(store, name), &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	const int64_t n = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return n;
}

static void a_copy_is_whole_durable_and_its_owners_alone(void **state)
{
	struct store *store = store_of(state);
	struct db_backup backup = {.done = 0};
	struct stat status;

	fill(store, 1000);
	umask(0);
	assert_int_equal(db_backup(store->db, file_in(store, "copy"), false, &backup), 0);
	umask(022);
	assert_int_equal(stat(file_in(store, "copy"), &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	assert_int_equal(status.st_size, backup.bytes);
	assert_false(is_there(store, "copy.part"));
	if (strcmp(store->engine, "sqlite") != 0)
		return;
	assert_int_equal(backup.pages * 4096, backup.bytes);
	assert_int_equal(backup.done, backup.whole);
	assert_int_equal(ask_copy(store, "copy", "SELECT COUNT(*) FROM t"), 1000);
	assert_int_equal(ask_copy(store, "copy", "SELECT COUNT(*) FROM schema_migration"), 1);
}

static void a_file_that_is_there_stays_unless_told_otherwise(void **state)
{
	struct store *store = store_of(state);
	struct db_backup backup = {.done = 0};
	FILE *file = fopen(file_in(store, "copy"), "w");
	struct stat status;

	fputs("precious", file);
	fclose(file);
	fill(store, 10);
	assert_int_not_equal(db_backup(store->db, file_in(store, "copy"), false, &backup), 0);
	assert_non_null(strstr(backup.why, "is there already"));
	assert_int_equal(stat(file_in(store, "copy"), &status), 0);
	assert_int_equal(status.st_size, 8);
	assert_int_equal(db_backup(store->db, file_in(store, "copy"), true, &backup), 0);
	assert_int_equal(stat(file_in(store, "copy"), &status), 0);
	assert_int_equal(status.st_size, backup.bytes);
	assert_int_equal(status.st_mode & 0777, 0600);
}

static void what_cannot_be_written_is_told_and_leaves_nothing(void **state)
{
	struct store *store = store_of(state);
	struct db_backup backup = {.done = 0};

	fill(store, 10);
	assert_int_not_equal(db_backup(store->db, file_in(store, "no/folder"), false, &backup), 0);
	assert_non_null(strstr(backup.why, "No such file"));
	backup.stop = true;
	assert_int_not_equal(db_backup(store->db, file_in(store, "copy"), false, &backup), 0);
	assert_non_null(strstr(backup.why, "stopped"));
	assert_false(is_there(store, "copy") || is_there(store, "copy.part"));
}

static void a_part_that_a_killed_backup_left_is_no_hindrance(void **state)
{
	struct store *store = store_of(state);
	struct db_backup backup = {.done = 0};

	fill(store, 10);
	fclose(fopen(file_in(store, "elsewhere"), "w"));
	assert_int_equal(symlink("elsewhere", file_in(store, "copy.part")), 0);
	assert_int_equal(db_backup(store->db, file_in(store, "copy"), false, &backup), 0);
	assert_false(is_there(store, "copy.part"));
	struct stat status;
	assert_int_equal(stat(file_in(store, "elsewhere"), &status), 0);
	assert_int_equal(status.st_size, 0);
}

static void the_store_itself_is_no_place_for_its_copy(void **state)
{
	struct store *store = store_of(state);
	static const char *const own[] = {"test.db", "test.db-wal", "test.db-shm", "test.db.lock"};
	struct db_backup backup = {.done = 0};

	fill(store, 10);
	for (size_t i = 0; i < COUNT(own); i++) {
		assert_int_not_equal(db_backup(store->db, file_in(store, own[i]), true, &backup), 0);
		assert_non_null(strstr(backup.why, "the store itself"));
	}
	assert_int_equal(store_int(store, "SELECT COUNT(*) FROM t"), 10);
}

/* ---- while works go on ---- */

struct writer {
	struct store *store;
	atomic_bool stop;
	int written;
	pthread_t thread;
};

/* Adds rows two by two, each pair in a transaction, and counts what was acknowledged. */
static void *write_on(void *context)
{
	struct writer *writer = context;
	char sql[160];

	while (!writer->stop) {
		snprintf(sql, sizeof sql,
			"INSERT INTO t(id, n) VALUES(CAST('a%d' AS BLOB), 0), (CAST('b%d' AS BLOB), 0)",
			writer->written, writer->written);
		if (store_exec(writer->store, sql) == DB_COMMITTED)
			writer->written++;
	}
	return NULL;
}

static void a_copy_made_under_load_is_of_one_moment(void **state)
{
	struct store *store = store_of(state);
	struct writer writer = {.store = store};

	fill(store, 50000);
	assert_int_equal(pthread_create(&writer.thread, NULL, write_on, &writer), 0);
	for (int i = 0; i < 10; i++) {
		struct db_backup backup = {.done = 0};
		const int before = writer.written;
		assert_int_equal(db_backup(store->db, file_in(store, "copy"), true, &backup), 0);
		assert_string_equal(backup.why, "");
		const int64_t rows = ask_copy(store, "copy", "SELECT COUNT(*) FROM t WHERE n = 0");
		assert_int_equal(rows % 2, 0);
		assert_in_range(rows / 2, before, writer.written + 1);
		assert_int_equal(ask_copy(store, "copy", "SELECT COUNT(*) FROM t WHERE n > 0"), 50000);
		assert_int_equal(ask_copy(store, "copy",
					 "SELECT COUNT(*) = 1 FROM pragma_integrity_check"
					 " WHERE integrity_check = 'ok'"),
			1);
	}
	writer.stop = true;
	pthread_join(writer.thread, NULL);
	assert_true(writer.written > 0);
}

/* ---- a store that is only looked at ---- */

static struct db *open_as_it_is(struct store *store, const char **why_r)
{
	const struct db_config config = {.url = store->url, .connections = 1, .queue = 1, .as_it_is = true};

	return db_open(&config, &store_table, 1, why_r);
}

static void a_store_that_is_looked_at_is_neither_made_nor_migrated(void **state)
{
	struct store *store = store_of(state);
	const char *why = NULL;

	if (strcmp(store->engine, "sqlite") == 0) {
		assert_null(open_as_it_is(store, &why));
		assert_false(is_there(store, "test.db"));
	}
	store_open_unstarted(store, NULL, 0);
	store_close(store);
	struct db_backup backup = {.done = 0};
	store->db = open_as_it_is(store, &why);
	assert_non_null(store->db);
	assert_int_equal(store_int(store, "SELECT COUNT(*) FROM schema_migration"), 0);
	assert_int_equal(db_backup(store->db, file_in(store, "copy"), false, &backup), 0);
}

static void what_a_killed_process_left_in_the_log_is_copied_too(void **state)
{
	struct store *store = store_of(state);
	struct db_backup backup = {.done = 0};
	const char *why = NULL;
	char crashed[128], moved[512];

	fill(store, 100);
	snprintf(crashed, sizeof crashed, "%s/crashed", store->folder);
	snprintf(moved, sizeof moved, "cp %s/test.db %s && cp %s/test.db-wal %s-wal", store->folder, crashed,
		store->folder, crashed);
	assert_int_equal(system(moved), 0);
	store_close(store);
	snprintf(store->url, sizeof store->url, "sqlite:%s", crashed);
	store->db = open_as_it_is(store, &why);
	assert_non_null(store->db);
	assert_int_equal(db_backup(store->db, file_in(store, "copy"), false, &backup), 0);
	assert_int_equal(ask_copy(store, "copy", "SELECT COUNT(*) FROM t"), 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(a_copy_is_whole_durable_and_its_owners_alone),
		ON_BOTH(a_file_that_is_there_stays_unless_told_otherwise),
		ON_BOTH(what_cannot_be_written_is_told_and_leaves_nothing),
		ON_BOTH(a_part_that_a_killed_backup_left_is_no_hindrance),
		ON_SQLITE(the_store_itself_is_no_place_for_its_copy),
		ON_SQLITE(a_copy_made_under_load_is_of_one_moment),
		ON_BOTH(a_store_that_is_looked_at_is_neither_made_nor_migrated),
		ON_SQLITE(what_a_killed_process_left_in_the_log_is_copied_too),
	};

	return cmocka_run_group_tests_name("backup", tests, NULL, NULL);
}
