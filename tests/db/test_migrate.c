/* Migrations: once, in order, whole or not at all, never backwards. */
#include "store.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct db_migration series[] = {
	{"0001_first", "CREATE TABLE a(id BLOB PRIMARY KEY) WITHOUT ROWID; CREATE TABLE b(n BIGINT)", NULL},
	{"0002_second", "INSERT INTO b VALUES(1); INSERT INTO b VALUES(2)", NULL},
	{"0003_third", "ALTER TABLE b ADD COLUMN word TEXT; UPDATE b SET word='x'", NULL},
};

static void each_migration_runs_once(void **state)
{
	struct store *store = store_of(state);

	for (size_t count = 1; count <= COUNT(series); count++) {
		store_open(store, series, count);
		assert_int_equal(store_int(store, "SELECT COUNT(*) FROM schema_migration"), (int64_t)count);
		store_close(store);
	}
	store_open(store, series, COUNT(series));
	assert_int_equal(store_int(store, "SELECT COUNT(*) FROM b WHERE word='x'"), 2);
	assert_int_equal(store_int(store, "SELECT COUNT(*) FROM schema_migration WHERE applied_at<=0"), 0);
}

static void a_newer_schema_is_refused(void **state)
{
	struct store *store = store_of(state);

	store_open(store, series, COUNT(series));
	store_close(store);
	assert_non_null(strstr(store_refusal(store, series, 2), "newer than this program (it has 0003_third)"));
	store_open(store, series, COUNT(series));
}

static void a_failing_migration_changes_nothing(void **state)
{
	struct store *store = store_of(state);
	const struct db_migration broken[] = {
		series[0], {"0002_broken", "INSERT INTO b VALUES(9); INSERT INTO nowhere VALUES(1)", NULL}};

	assert_non_null(strstr(store_refusal(store, broken, 2), "0002_broken"));
	store_open(store, series, COUNT(series));
	assert_int_equal(store_int(store, "SELECT COUNT(*) FROM b"), 2);
}

static void an_engine_may_have_a_text_of_its_own(void **state)
{
	struct store *store = store_of(state);
	const struct db_migration differs = {
		"0001_differs", "CREATE TABLE c(sqlite BIGINT)", "CREATE TABLE c(postgres BIGINT)"};
	char sql[64];

	store_open(store, &differs, 1);
	snprintf(sql, sizeof sql, "SELECT COUNT(%s) FROM c", store->engine);
	assert_int_equal(store_int(store, sql), 0);
}

/* Migrates in a process of its own that is killed after so many microseconds. */
static void migrate_and_be_killed(
	struct store *store, const struct db_migration *migrations, size_t count, useconds_t after)
{
	const pid_t child = fork();

	if (child == 0) {
		const char *why;
		const struct db_config config = {.url = store->url, .connections = 1, .queue = 8};
		_exit(db_open(&config, migrations, count, &why) ? 0 : 1);
	}
	usleep(after);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void a_migration_killed_at_any_moment_is_completed_by_the_next_start(void **state)
{
	struct store *store = store_of(state);
	char inserts[40 * 40] = "INSERT INTO b VALUES(0)";
	const struct db_migration migrations[] = {
		series[0], {"0002_many", inserts, NULL}, {"0003_more", inserts, NULL}};

	for (int i = 1; i < 40; i++)
		strcat(inserts, ";INSERT INTO b VALUES(1)");
	for (int round = 0; round < 20; round++)
		migrate_and_be_killed(store, migrations, COUNT(migrations), (useconds_t)(500 * round));
	store_open(store, migrations, COUNT(migrations));
	assert_int_equal(store_int(store, "SELECT COUNT(*) FROM b"), 80);
	assert_int_equal(store_int(store, "SELECT COUNT(*) FROM schema_migration"), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(each_migration_runs_once),
		ON_BOTH(a_newer_schema_is_refused),
		ON_BOTH(a_failing_migration_changes_nothing),
		ON_BOTH(an_engine_may_have_a_text_of_its_own),
		ON_BOTH(a_migration_killed_at_any_moment_is_completed_by_the_next_start),
	};

	return cmocka_run_group_tests_name("migrate", tests, NULL, NULL);
}
