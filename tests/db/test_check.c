/* Looking at stores: are they sound, are they ours, how far is their schema. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "../check.h"
#include "store.h"

static const struct db_migration LIST[] = {
	{"0001_table", "CREATE TABLE t(id BLOB NOT NULL, n BIGINT NOT NULL, word TEXT, PRIMARY KEY(id))", NULL},
	{"0002_more", "CREATE TABLE more(n BIGINT)", NULL},
	{"0003_most", "CREATE TABLE most(n BIGINT)", NULL},
};

static void look_at(struct store *store, size_t count)
{
	const struct db_config config = {.url = store->url, .connections = 1, .queue = 1, .as_it_is = true};
	const char *why = NULL;

	store->db = db_open(&config, LIST, count, &why);
	assert_non_null(store->db);
}

static void a_schema_is_compared_and_left_as_it_is(void **state)
{
	struct store *store = store_of(state);
	struct db_schema schema;

	store_open_unstarted(store, LIST, 2);
	store_close(store);
	look_at(store, 2);
	assert_int_equal(db_schema(store->db, &schema), 0);
	assert_true(schema.recorded == 2 && schema.pending == 0 && !schema.newer);
	store_close(store);
	look_at(store, 3);
	assert_int_equal(db_schema(store->db, &schema), 0);
	assert_true(schema.recorded == 2 && schema.pending == 1 && !schema.newer);
	store_close(store);
	look_at(store, 1);
	assert_int_equal(db_schema(store->db, &schema), 0);
	assert_true(schema.recorded == 1 && schema.pending == 0 && schema.newer);
}

static void fill(struct store *store)
{
	store_open_unstarted(store, LIST, 1);
	assert_int_equal(
		store_exec(store, "WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 20000)"
				  " INSERT INTO t(id, n) SELECT CAST(n AS BLOB), n FROM i"),
		DB_COMMITTED);
	store_close(store);
}

static void sound_pages_are_said_to_be(void **state)
{
	struct store *store = store_of(state);
	struct arena *arena = arena_new();
	struct text verdict = TEXT_NONE;
	bool whole = false;

	fill(store);
	look_at(store, 1);
	assert_int_equal(db_check(store->db, arena, 60000, &whole, &verdict), 0);
	assert_true(whole);
	CHECK_STRING(verdict, "ok");
	assert_int_equal(db_check(store->db, arena, 0, &whole, &verdict), 0);
	assert_false(whole);
	CHECK_STRING(verdict, "ok");
	arena_free(arena);
}

static void spoilt_pages_are_found(void **state)
{
	struct store *store = store_of(state);
	struct arena *arena = arena_new();
	struct text verdict = TEXT_NONE;
	bool whole = false;

	fill(store);
	const int fd = open(store->url + strlen("sqlite:"), O_WRONLY);
	for (off_t at = 10 * 4096; at < 40 * 4096; at += 4096)
		assert_int_equal(pwrite(fd, "spoilt", 6, at), 6);
	close(fd);
	look_at(store, 1);
	assert_int_equal(db_check(store->db, arena, 60000, &whole, &verdict), 0);
	assert_true(whole);
	assert_false(text_equal(verdict, TEXT("ok")));
	arena_free(arena);
}

static void postgresql_checks_its_own(void **state)
{
	struct store *store = store_of(state);
	struct text verdict;
	bool whole;

	store_open_unstarted(store, LIST, 1);
	assert_int_equal(db_check(store->db, NULL, 60000, &whole, &verdict), -1);
	assert_non_null(strchr(db_sqlite_version(), '.'));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(a_schema_is_compared_and_left_as_it_is),
		ON_SQLITE(sound_pages_are_said_to_be),
		ON_SQLITE(spoilt_pages_are_found),
		ON_POSTGRES(postgresql_checks_its_own),
	};

	return cmocka_run_group_tests_name("check", tests, NULL, NULL);
}
