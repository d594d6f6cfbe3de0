#include "db/restore.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "db/ours.h"
#include "db/postgres.h"
#include "db/postgres_tools.h"
#include "db/pq.h"

/* ---- a table's data ---- */

/* "\\x01" is \x01: COPY's text format, of what our values can hold. "\N" alone is NULL. */
static struct text unescape(struct arena *arena, struct text cell)
{
	struct buf out;

	if (text_equal(cell, TEXT("\\N")))
		return TEXT_NONE;
	buf_init(&out, arena, cell.n + 1);
	for (size_t i = 0; i < cell.n; i++) {
		if (cell.p[i] == '\\' && i + 1 < cell.n)
			i++;
		buf_add_char(&out, cell.p[i]);
	}
	return buf_text(&out);
}

/* Which place each column has among the names in parentheses; -1 when one is not there. */
static int find_columns(struct text line, const struct restore_column *columns, size_t count, size_t *places)
{
	size_t found = 0, place = 0;

	(void)text_cut(&line, '(');
	struct text names = text_cut(&line, ')');
	for (; !text_absent(names); place++) {
		const struct text name = text_trim(text_cut(&names, ','));
		for (size_t i = 0; i < count; i++)
			if (text_equal(name, text_of(columns[i].name))) {
				places[i] = place;
				found++;
			}
	}
	return found == count ? 0 : -1;
}

static void take_row(
	struct arena *arena, struct text line, struct restore_column *columns, size_t count, const size_t *places)
{
	for (size_t place = 0; !text_absent(line); place++) {
		const struct text cell = text_cut(&line, '\t');
		for (size_t i = 0; i < count; i++)
			if (places[i] == place)
				columns[i].value = unescape(arena, cell);
	}
}

int restore_read_rows(struct arena *arena, struct text script, struct restore_column *columns, size_t count,
	int (*each)(void *context), void *context)
{
	size_t places[8] = {0};
	struct text line = TEXT_NONE;

	MUST(count <= COUNT(places));
	while (!text_absent(script) && !text_starts(line, TEXT("COPY ")))
		line = text_cut(&script, '\n');
	if (!text_starts(line, TEXT("COPY ")) || find_columns(line, columns, count, places) != 0)
		return -1;
	while (!text_absent(script)) {
		line = text_cut(&script, '\n');
		if (text_equal(line, TEXT("\\.")))
			return 0;
		take_row(arena, line, columns, count, places);
		TRY(each(context));
	}
	return -1;
}

static struct text read_all(struct arena *arena, int fd)
{
	char piece[16 * 1024];
	struct buf all;
	ssize_t n;

	buf_init(&all, arena, sizeof piece);
	while ((n = read(fd, piece, sizeof piece)) > 0)
		buf_add(&all, text_bytes(piece, (size_t)n));
	return buf_text(&all);
}

/* Starts a tool whose stdout can be read from *from_r. */
static int start_reading(
	struct child *child, const char *const *command, char *const *env, int in, int *from_r, const char **why_r)
{
	int ends[2];
	char said[CHILD_WHY_SIZE];

	MUST(pipe2(ends, O_CLOEXEC) == 0);
	const int failed = child_start(child, command, env, in, ends[1], said);
	close(ends[1]);
	if (failed) {
		close(ends[0]);
		return restore_fail(why_r, "%s", said);
	}
	*from_r = ends[0];
	return 0;
}

int restore_rows(struct arena *arena, const char *file, const char *table, struct restore_column *columns, size_t count,
	int (*each)(void *context), void *context, const char **why_r)
{
	const char *const command[] = {
		"pg_restore", "--file=-", "--data-only", arena_printf(arena, "--table=%s", table).p, "--", file, NULL};
	char said[CHILD_WHY_SIZE];
	struct child child;
	int from = -1;

	TRY(start_reading(&child, command, environ, -1, &from, why_r));
	const struct text script = read_all(arena, from);
	close(from);
	if (child_end(&child, said) != 0)
		return restore_fail(why_r, "%.300s is no backup of Keywright on PostgreSQL: %s", file, said);
	if (restore_read_rows(arena, script, columns, count, each, context) != 0)
		return restore_fail(
			why_r, "%.300s is no backup of Keywright: what it says of %s cannot be read", file, table);
	return 0;
}

/* ---- others ---- */

int restore_others(const char *url, int64_t *count_r, const char **why_r)
{
	static struct db_stmt others =
		DB_STMT("SELECT COUNT(*) FROM pg_stat_activity WHERE application_name = 'keywright' AND"
			" datname = current_database() AND pid <> pg_backend_pid()");
	struct arena *arena = arena_new();
	const int failed = postgres_tools_ask(arena, url, &others, COL_INT(*count_r), why_r);

	arena_free(arena);
	return failed;
}

/* ---- all of it ---- */

static int send(int to, struct text t)
{
	while (t.n > 0) {
		const ssize_t n = write(to, t.p, t.n);
		if (n < 0)
			return -1;
		t = text_bytes(t.p + n, t.n - (size_t)n);
	}
	return 0;
}

/* A load, from the words to the children. */
struct load {
	struct arena *arena;
	const char *file, *mark;
	const struct ours *ours;
	size_t count;
	struct child restore, psql;
	int from, to; /* pg_restore's stdout, psql's stdin */
};

/* What stands before the dump's own statements: what is ours goes, tables first, for the rest hangs on them. */
static struct text write_begin(const struct load *load)
{
	struct buf sql;

	buf_init(&sql, load->arena, 2048);
	buf_add(&sql,
		TEXT("BEGIN;SET client_min_messages=warning;SET lock_timeout='10s';"
		     "SELECT pg_advisory_xact_lock(" POSTGRES_LOCK_KEY ");DROP TABLE IF EXISTS schema_migration"));
	for (size_t i = 0; i < load->count; i++)
		if (strcmp(load->ours[i].kind, "TABLE") == 0)
			buf_printf(&sql, ", %s", load->ours[i].name);
	buf_add(&sql, TEXT(";\n"));
	for (size_t i = 0; i < load->count; i++)
		if (strcmp(load->ours[i].kind, "FUNCTION") == 0 || strcmp(load->ours[i].kind, "DOMAIN") == 0)
			buf_printf(&sql, "DROP %s IF EXISTS %s;\n", load->ours[i].kind, load->ours[i].name);
	return buf_text(&sql);
}

/* Hands on what pg_restore writes. Only when it came to a good end, what makes it hold: psql that is cut off before that
 * has done nothing. */
static int relay(struct load *load, const char **why_r)
{
	char piece[64 * 1024], said[CHILD_WHY_SIZE];
	ssize_t n;

	if (send(load->to, write_begin(load)) != 0)
		return 0; /* psql left, and knows why */
	while ((n = read(load->from, piece, sizeof piece)) > 0)
		if (send(load->to, text_bytes(piece, (size_t)n)) != 0)
			return 0;
	if (child_end(&load->restore, said) != 0)
		return restore_fail(why_r, "the backup cannot be read to its end: %s", said);
	if (send(load->to, TEXT("\nRESET search_path;\n")) == 0 && send(load->to, text_of(load->mark)) == 0)
		(void)send(load->to, TEXT("\nCOMMIT;\n"));
	return 0;
}

/* A file without a name that holds the text, to be read from its start. */
static int file_of(struct text t)
{
	const int fd = memfd_create("list", MFD_CLOEXEC);

	MUST(fd >= 0 && send(fd, t) == 0 && lseek(fd, 0, SEEK_SET) == 0);
	return fd;
}

/* The dump's contents that are ours, as a list for pg_restore. -1 when it cannot be read. */
static int make_list(struct load *load, const char **why_r)
{
	const char *const command[] = {"pg_restore", "--list", "--", load->file, NULL};
	char said[CHILD_WHY_SIZE];
	struct child child;
	int from = -1;

	TRY(start_reading(&child, command, environ, -1, &from, why_r));
	const struct text list = read_all(load->arena, from);
	close(from);
	if (child_end(&child, said) != 0)
		return restore_fail(why_r, "%.300s cannot be read: %s", load->file, said);
	return file_of(ours_in_list(load->arena, list, load->ours, load->count));
}

static int start_restore(struct load *load, const char **why_r)
{
	const char *const command[] = {"pg_restore", "--use-list=/dev/stdin", "--file=-", "--no-owner",
		"--no-privileges", "--", load->file, NULL};
	const int list = make_list(load, why_r);

	if (list < 0)
		return -1;
	const int failed = start_reading(&load->restore, command, environ, list, &load->from, why_r);
	close(list);
	return failed;
}

static int start_psql(struct load *load, const char *url, const char **why_r)
{
	static const char *const command[] = {"psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", NULL};
	char **environment = postgres_tools_environment(load->arena, url, why_r);
	char said[CHILD_WHY_SIZE];
	int ends[2];

	if (!environment)
		return -1;
	MUST(pipe2(ends, O_CLOEXEC) == 0);
	const int failed = child_start(&load->psql, command, environment, ends[0], -1, said);
	close(ends[0]);
	load->to = ends[1];
	return failed ? restore_fail(why_r, "%s", said) : 0;
}

static int run(struct load *load, const char *url, const char **why_r)
{
	char said[CHILD_WHY_SIZE];

	TRY(start_restore(load, why_r));
	TRY(start_psql(load, url, why_r));
	const int failed = relay(load, why_r);
	close(load->to);
	load->to = -1;
	if (child_end(&load->psql, said) != 0 && !failed)
		return restore_fail(why_r, "the database refused the backup and was not changed: %s", said);
	return failed;
}

int restore_load(const char *url, const char *file, const struct db_migration *migrations, size_t count,
	const char *mark, const char **why_r)
{
	struct load load = {.arena = arena_new(), .file = file, .mark = mark, .from = -1, .to = -1};

	load.ours = ours_of(load.arena, migrations, count, &load.count);
	const int failed = run(&load, url, why_r);
	if (load.from >= 0)
		close(load.from);
	if (load.to >= 0)
		close(load.to);
	child_kill(&load.restore);
	child_kill(&load.psql);
	arena_free(load.arena);
	return failed;
}
