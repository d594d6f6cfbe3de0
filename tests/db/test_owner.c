/* One process owns an SQLite file (THREATS G13). */
#include "store.h"

#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void a_second_owner_is_told_who_the_first_is(void **state)
{
	struct store *store = store_of(state);
	char expected[64];

	store_with_table(store);
	snprintf(expected, sizeof expected, "in use by another keywright (pid %ld)", (long)getpid());
	assert_non_null(strstr(store_refusal(store, &store_table, 1), expected));
	assert_int_equal(store_exec(store, "INSERT INTO t(id, n) VALUES('x', 1)"), DB_COMMITTED);
}

static void a_closed_or_dead_owner_leaves_the_store_free(void **state)
{
	struct store *store = store_of(state);

	store_with_table(store);
	store_close(store);
	const pid_t child = fork();
	if (child == 0) {
		store_with_table(store);
		_exit(store_exec(store, "INSERT INTO t(id, n) VALUES('x', 1)") == DB_COMMITTED ? 0 : 1);
	}
	int status = -1;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	store_with_table(store);
	assert_int_equal(store_int(store, "SELECT COUNT(*) FROM t"), 1);
}

static void nobody_else_can_read_the_files(void **state)
{
	static const char *const names[] = {"test.db", "test.db-wal", "test.db-shm", "test.db.lock"};
	struct store *store = store_of(state);
	struct stat st;
	char path[128];

	store_with_table(store);
	for (size_t i = 0; i < COUNT(names); i++) {
		snprintf(path, sizeof path, "%s/%s", store->folder, names[i]);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 077, 0);
	}
}

static void a_folder_that_is_not_there_is_named(void **state)
{
	struct store store = {.url = "sqlite:/nonexistent/folder/test.db"};

	assert_non_null(strstr(store_refusal(&store, NULL, 0), "/nonexistent/folder/test.db"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_SQLITE(a_second_owner_is_told_who_the_first_is),
		ON_SQLITE(a_closed_or_dead_owner_leaves_the_store_free),
		ON_SQLITE(nobody_else_can_read_the_files),
		cmocka_unit_test(a_folder_that_is_not_there_is_named),
	};

	return cmocka_run_group_tests_name("owner", tests, NULL, NULL);
}
