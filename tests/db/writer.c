#include "writer.h"

#include <stdio.h>
#include <sys/stat.h>

struct conn *writer_open(struct store *store)
{
	const struct db_config config = {.url = store->url};
	const char *why;
	struct conn *writer = sqlite_engine.open(&config, &why);

	assert_non_null(writer);
	assert_int_equal(
		sqlite_engine.script(writer, "CREATE TABLE IF NOT EXISTS t(n BIGINT, filling BLOB)"), FAULT_NONE);
	return writer;
}

struct sqlite *writer_inside(struct conn *conn)
{
	return (struct sqlite *)conn;
}

enum fault writer_pages(struct conn *writer, int pages)
{
	char sql[96];

	TRY(sqlite_engine.begin(writer, false, 0));
	snprintf(sql, sizeof sql, "INSERT INTO t VALUES(1, randomblob(%d))", pages * SQLITE_PAGE_BYTES);
	assert_int_equal(sqlite_engine.script(writer, sql), FAULT_NONE);
	TRY(sqlite_engine.commit(writer));
	sqlite_engine.rest(writer, false);
	return FAULT_NONE;
}

int64_t writer_rows(struct conn *reader)
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

int64_t writer_log_size(const struct store *store)
{
	char path[128];
	struct stat st;

	snprintf(path, sizeof path, "%s/test.db-wal", store->folder);
	return stat(path, &st) == 0 ? st.st_size : -1;
}
