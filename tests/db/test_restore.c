/* A backup takes the store's place (THREATS G9). */
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../check.h"
#include "store.h"

#include "db/restore.h"

#define MARK "INSERT INTO t(id, n) VALUES(CAST('mark' AS BLOB), -1);"

/* ---- files ---- */

/* Good until the next call but three. */
static const char *in(struct store *store, const char *name)
{
	static char paths[4][160];
	static unsigned turn;
	char *path = paths[turn++ % 4];

	if (!store->folder[0]) {
		snprintf(store->folder, sizeof store->folder, "/tmp/kw-test-db.XXXXXX");
		assert_non_null(mkdtemp(store->folder));
	}
	snprintf(path, sizeof paths[0], "%s/%s", store->folder, name);
	return path;
}

static void write_file(const char *path, struct text content)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(content.p, 1, content.n, file), content.n);
	fclose(file);
}

static off_t size_of(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 ? status.st_size : -1;
}

/* By another process: one that had opened a store of this one would take its locks away when it closes it. */
static void copy_file(const char *from, const char *to)
{
	char command[400];

	snprintf(command, sizeof command, "cp %s %s", from, to);
	assert_int_equal(system(command), 0);
}

/* A store with so many rows, closed, and a backup of it: "backup". */
static void make_backup(struct store *store, int rows)
{
	struct db_backup backup = {.done = 0};
	char sql[160];

	store_with_table(store);
	for (int i = 0; i < rows; i++) {
		snprintf(sql, sizeof sql, "INSERT INTO t(id, n) VALUES(CAST('%d' AS BLOB), %d)", i, i);
		assert_int_equal(store_exec(store, sql), DB_COMMITTED);
	}
	assert_int_equal(db_backup(store->db, in(store, "backup"), false, &backup), 0);
	store_close(store);
}

static int64_t rows_in(struct store *store, const char *name)
{
	char url[sizeof store->url];

	memcpy(url, store->url, sizeof url);
	snprintf(store->url, sizeof store->url, "sqlite:%s", in(store, name));
	store_open_unstarted(store, &store_table, 1);
	const int64_t n = store_int(store, "SELECT COUNT(*) FROM t");
	store_close(store);
	memcpy(store->url, url, sizeof url);
	return n;
}

/* ---- SQLite: the copy ---- */

static int copy(struct store *store, const char **why_r)
{
	return restore_copy(in(store, "backup"), in(store, "copy"), store_table.name, MARK, why_r);
}

static void check_refusal(struct store *store, const char *word)
{
	const char *why = NULL;

	assert_int_not_equal(copy(store, &why), 0);
	if (!strstr(why, word))
		fail_msg("\"%s\" does not say \"%s\"", why, word);
	restore_discard(in(store, "copy"));
	assert_int_equal(size_of(in(store, "copy")), -1);
}

static void a_good_backup_is_copied_checked_and_marked(void **state)
{
	struct store *store = store_of(state);
	const char *why = NULL;
	struct stat status;

	make_backup(store, 20);
	write_file(in(store, "copy"), TEXT("left by one that was killed"));
	write_file(in(store, "copy-wal"), TEXT("so was this"));
	assert_int_equal(copy(store, &why), 0);
	assert_int_equal(stat(in(store, "copy"), &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	assert_int_equal(size_of(in(store, "copy-wal")), -1);
	assert_int_equal(rows_in(store, "copy"), 21);
	assert_int_equal(rows_in(store, "backup"), 20);
}

static void what_is_no_backup_is_refused(void **state)
{
	struct store *store = store_of(state);

	in(store, "");
	check_refusal(store, "No such file");
	write_file(in(store, "backup"), TEXT(""));
	check_refusal(store, "no backup");
	write_file(in(store, "backup"), TEXT("Dear diary, today I"));
	check_refusal(store, "no backup");
	write_file(in(store, "backup"), TEXT("PGDMP\1\16\0\4\10\1\1\1\0\0\0\0"));
	check_refusal(store, "--store");
	write_file(in(store, "backup"), TEXT("SQLite format 3\0 and then nothing of that kind"));
	check_refusal(store, "damaged");
	unlink(in(store, "backup"));
	sqlite3 *foreign;
	assert_int_equal(sqlite3_open(in(store, "backup"), &foreign), SQLITE_OK);
	assert_int_equal(sqlite3_exec(foreign, "CREATE TABLE t(id, n)", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(foreign);
	check_refusal(store, "no backup of Keywright");
}

static void a_damaged_backup_is_refused(void **state)
{
	struct store *store = store_of(state);

	make_backup(store, 300);
	copy_file(in(store, "backup"), in(store, "good"));
	assert_int_equal(truncate(in(store, "backup"), size_of(in(store, "backup")) - 4096), 0);
	check_refusal(store, "damaged");
	assert_int_equal(truncate(in(store, "backup"), 5000), 0);
	check_refusal(store, "damaged");
	copy_file(in(store, "good"), in(store, "backup"));
	const int fd = open(in(store, "backup"), O_WRONLY);
	assert_int_equal(pwrite(fd, "XXXXXXXXXXXXXXXX", 16, 12300), 16);
	close(fd);
	check_refusal(store, "damaged");
	copy_file(in(store, "good"), in(store, "backup"));
	write_file(in(store, "backup-wal"), TEXT("x"));
	check_refusal(store, "log beside it");
}

/* ---- SQLite: in its place ---- */

static void a_store_that_crashed_is_made_one_file(void **state)
{
	struct store *store = store_of(state);
	const char *why = NULL;

	store_with_table(store);
	for (int i = 0; i < 5; i++)
		assert_int_equal(store_exec(store, "INSERT INTO t(id, n) SELECT CAST(COUNT(*) AS BLOB), 1 FROM t"),
			DB_COMMITTED);
	copy_file(in(store, "test.db"), in(store, "crashed"));
	copy_file(in(store, "test.db-wal"), in(store, "crashed-wal"));
	store_close(store);
	assert_int_equal(restore_settle(in(store, "crashed"), &why), 0);
	assert_int_equal(size_of(in(store, "crashed-wal")), -1);
	assert_int_equal(rows_in(store, "crashed"), 5);
	assert_int_equal(restore_settle(in(store, "not there"), &why), 0);
	assert_int_equal(size_of(in(store, "not there")), -1);
}

static void a_store_that_cannot_be_read_says_so_and_is_left_alone(void **state)
{
	struct store *store = store_of(state);
	const char *why = NULL;

	write_file(in(store, "broken"), TEXT("no database at all, but as long as a header of one would be at least."));
	write_file(in(store, "broken-wal"), TEXT("log"));
	assert_int_not_equal(restore_settle(in(store, "broken"), &why), 0);
	assert_non_null(strstr(why, "cannot be read"));
	assert_int_equal(size_of(in(store, "broken-wal")), 3);
}

static void the_copy_takes_the_place_and_what_was_there_is_kept(void **state)
{
	struct store *store = store_of(state);
	const char *why = NULL;

	make_backup(store, 3);
	assert_int_equal(copy(store, &why), 0);
	assert_int_equal(restore_swap(in(store, "copy"), in(store, "test.db"), in(store, "kept"), &why), 0);
	assert_int_equal(size_of(in(store, "copy")), -1);
	assert_int_equal(rows_in(store, "test.db"), 4);
	assert_int_equal(rows_in(store, "kept"), 3);
	assert_int_equal(copy(store, &why), 0);
	assert_int_not_equal(restore_swap(in(store, "copy"), in(store, "test.db"), in(store, "kept"), &why), 0);
	assert_non_null(strstr(why, "File exists"));
	assert_int_equal(rows_in(store, "test.db"), 4);
}

static void a_log_that_could_not_be_settled_goes_with_its_store(void **state)
{
	struct store *store = store_of(state);
	const char *why = NULL;

	make_backup(store, 3);
	assert_int_equal(copy(store, &why), 0);
	write_file(in(store, "test.db"), TEXT("broken"));
	write_file(in(store, "test.db-wal"), TEXT("its log"));
	write_file(in(store, "test.db-shm"), TEXT("index"));
	assert_int_equal(restore_swap(in(store, "copy"), in(store, "test.db"), in(store, "kept"), &why), 0);
	assert_int_equal(size_of(in(store, "kept")), 6);
	assert_int_equal(size_of(in(store, "kept-wal")), 7);
	assert_int_equal(size_of(in(store, "test.db-wal")), -1);
	assert_int_equal(size_of(in(store, "test.db-shm")), -1);
	assert_int_equal(rows_in(store, "test.db"), 4);
}

/* ---- PostgreSQL ---- */

static void a_dump_takes_the_place_of_our_tables_alone(void **state)
{
	struct store *store = store_of(state);
	const char *why = NULL;
	int64_t others = -1;

	make_backup(store, 5);
	store_open_unstarted(store, &store_table, 1);
	assert_int_equal(store_exec(store, "INSERT INTO t(id, n) VALUES('later', 9)"), DB_COMMITTED);
	assert_int_equal(store_exec(store, "CREATE TABLE theirs AS SELECT 1 AS one"), DB_COMMITTED);
	assert_int_equal(restore_others(store->url, &others, &why), 0);
	assert_true(others >= 1);
	store_close(store);
	assert_int_equal(restore_load(store->url, in(store, "backup"), &store_table, 1, MARK, &why), 0);
	store_open_unstarted(store, &store_table, 1);
	assert_int_equal(store_int(store, "SELECT COUNT(*) FROM t"), 6);
	assert_int_equal(store_int(store, "SELECT COUNT(*) FROM t WHERE n = -1"), 1);
	assert_int_equal(store_int(store, "SELECT one FROM theirs"), 1);
}

static void a_load_that_fails_changes_nothing(void **state)
{
	struct store *store = store_of(state);
	const char *why = NULL;

	make_backup(store, 2000);
	store_open_unstarted(store, &store_table, 1);
	assert_int_equal(store_exec(store, "INSERT INTO t(id, n) VALUES('later', 9)"), DB_COMMITTED);
	assert_int_not_equal(
		restore_load(store->url, in(store, "backup"), &store_table, 1, "INSERT INTO nowhere VALUES(1);", &why),
		0);
	assert_non_null(strstr(why, "nowhere"));
	assert_int_equal(truncate(in(store, "backup"), size_of(in(store, "backup")) - 2000), 0);
	assert_int_not_equal(restore_load(store->url, in(store, "backup"), &store_table, 1, MARK, &why), 0);
	assert_non_null(strstr(why, "to its end"));
	write_file(in(store, "backup"), TEXT("garbage"));
	assert_int_not_equal(restore_load(store->url, in(store, "backup"), &store_table, 1, MARK, &why), 0);
	assert_int_equal(store_int(store, "SELECT COUNT(*) FROM t"), 2001);
	assert_int_equal(store_int(store, "SELECT COUNT(*) FROM t WHERE n = -1"), 0);
}

/* ---- a table's rows ---- */

struct seen {
	struct restore_column columns[2];
	char all[256];
};

static int see(void *context)
{
	struct seen *seen = context;
	const size_t n = strlen(seen->all);

	snprintf(seen->all + n, sizeof seen->all - n, "[%.*s|%s%.*s]", TEXT_ARG(seen->columns[0].value),
		text_absent(seen->columns[1].value) ? "NULL" : "", TEXT_ARG(seen->columns[1].value));
	return 0;
}

static void a_dumps_rows_are_read(void **state)
{
	struct store *store = store_of(state);
	struct seen seen = {.columns = {{"n", TEXT_NONE}, {"id", TEXT_NONE}}};
	struct arena *arena = arena_new();
	const char *why = NULL;

	make_backup(store, 2);
	assert_int_equal(restore_rows(arena, in(store, "backup"), "t", seen.columns, 2, see, &seen, &why), 0);
	assert_string_equal(seen.all, "[0|\\x30][1|\\x31]");
	assert_int_not_equal(restore_rows(arena, in(store, "backup"), "u", seen.columns, 2, see, &seen, &why), 0);
	write_file(in(store, "backup"), TEXT("garbage"));
	assert_int_not_equal(restore_rows(arena, in(store, "backup"), "t", seen.columns, 2, see, &seen, &why), 0);
	assert_non_null(strstr(why, "no backup"));
	arena_free(arena);
}

static void rows_stand_between_copy_and_a_lone_dot(void **state)
{
	static const struct {
		const char *script, *seen; /* seen NULL: refused */
	} TABLE[] = {
		{"SET x = 0;\n\nCOPY public.t (a, b) FROM stdin;\n1\t2\n3\t4\n\\.\n\nmore;\n", "[1|2][3|4]"},
		{"COPY t (b, c, a) FROM stdin;\n1\t2\t3\n\\.\n", "[3|1]"},
		{"COPY t (a, b) FROM stdin;\n\\.\n", ""},
		{"COPY t (a, b) FROM stdin;\nx\t\\N\n\\\\x00ff\t\\\\\n\\.\n", "[x|NULL][\\x00ff|\\]"},
		{"COPY t (a, b) FROM stdin;\n1\t2\n", NULL},
		{"COPY t (a) FROM stdin;\n1\n\\.\n", NULL},
		{"nothing of that kind\n", NULL},
		{"", NULL},
	};
	struct arena *arena = arena_new();

	for (size_t i = 0; i < COUNT(TABLE); i++) {
		struct seen seen = {.columns = {{"a", TEXT_NONE}, {"b", TEXT_NONE}}};
		const int failed = restore_read_rows(arena, text_of(TABLE[i].script), seen.columns, 2, see, &seen);
		assert_int_equal(failed != 0, TABLE[i].seen == NULL);
		if (TABLE[i].seen)
			assert_string_equal(seen.all, TABLE[i].seen);
	}
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_SQLITE(a_good_backup_is_copied_checked_and_marked),
		ON_SQLITE(what_is_no_backup_is_refused),
		ON_SQLITE(a_damaged_backup_is_refused),
		ON_SQLITE(a_store_that_crashed_is_made_one_file),
		ON_SQLITE(a_store_that_cannot_be_read_says_so_and_is_left_alone),
		ON_SQLITE(the_copy_takes_the_place_and_what_was_there_is_kept),
		ON_SQLITE(a_log_that_could_not_be_settled_goes_with_its_store),
		ON_POSTGRES(a_dump_takes_the_place_of_our_tables_alone),
		ON_POSTGRES(a_load_that_fails_changes_nothing),
		ON_POSTGRES(a_dumps_rows_are_read),
		cmocka_unit_test(rows_stand_between_copy_and_a_lone_dot),
	};

	return cmocka_run_group_tests_name("restore", tests, NULL, NULL);
}
