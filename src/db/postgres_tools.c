#include "db/postgres_tools.h"

#include <sys/stat.h>
#include <unistd.h>

#include "db/backup.h"
#include "db/postgres.h"
#include "db/pq.h"

#define LOOK_MS 200 /* between two looks at how far it is, and whether to stop */

/* ---- where to connect to ---- */

static bool sets(const char *entry, const char *name)
{
	const size_t n = strlen(name);

	return strncmp(entry, name, n) == 0 && entry[n] == '=';
}

/* name=value takes the place of what the environment says, or is added. */
static void set(struct arena *arena, char **environment, size_t *count, const char *name, const char *value)
{
	size_t i = 0;

	while (i < *count && !sets(environment[i], name))
		i++;
	environment[i] = arena_string(arena, arena_printf(arena, "%s=%s", name, value));
	*count += i == *count;
}

char **postgres_tools_environment(struct arena *arena, const char *url, const char **why_r)
{
	size_t count = 0, room = 2;

	if (pq_load(why_r) != 0)
		return NULL;
	PQconninfoOption *options = pq.conninfoParse(url, NULL);
	if (!options) {
		*why_r = "store.url cannot be read as PostgreSQL's";
		return NULL;
	}
	while (environ[count])
		count++;
	for (const PQconninfoOption *option = options; option->keyword; option++)
		room++;
	char **environment = arena_alloc(arena, (count + room) * sizeof *environment);
	memcpy(environment, environ, count * sizeof *environment);
	set(arena, environment, &count, "PGAPPNAME", "keywright");
	for (const PQconninfoOption *option = options; option->keyword; option++)
		if (option->val && option->envvar)
			set(arena, environment, &count, option->envvar, option->val);
	pq.conninfoFree(options);
	return environment;
}

int postgres_tools_ask(
	struct arena *arena, const char *url, struct db_stmt *stmt, struct db_col col, const char **why_r)
{
	const struct db_config config = {.url = url};
	const struct query query = {.stmt = stmt, .cols = &col, .col_count = 1};
	struct conn *conn = postgres_engine.open(&config, why_r);
	int64_t rows = 0;
	int failed = -1;

	if (!conn)
		return -1;
	if (postgres_engine.begin(conn, true, 0) == FAULT_NONE &&
		postgres_engine.run(conn, arena, &query, &rows) == FAULT_NONE && rows == 1)
		failed = 0;
	else
		*why_r = "the database cannot be asked; the log above says why";
	postgres_engine.close(conn);
	return failed;
}

/* ---- pg_dump ---- */

/* Our tables stand in the schema that is looked at first. Of the rest of it, a restore takes what is ours. */
static const char *const *dump_command(struct arena *arena, const char *url, const char **why_r)
{
	static struct db_stmt current = DB_STMT("SELECT CAST(current_schema() AS TEXT)");
	const char *const fixed[] = {
		"pg_dump", "--format=custom", "--no-owner", "--no-privileges", "--lock-wait-timeout=10s", NULL, NULL};
	struct text schema = TEXT_NONE;

	if (postgres_tools_ask(arena, url, &current, COL_TEXT(schema), why_r) != 0)
		return NULL;
	const char **command = arena_alloc(arena, sizeof fixed);
	memcpy(command, fixed, sizeof fixed);
	command[COUNT(fixed) - 2] = arena_printf(arena, "--schema=%.*s", TEXT_ARG(schema)).p;
	return command;
}

static int watch(struct child *dump, const struct backup_order *order)
{
	struct db_backup *backup = order->backup;
	char why[CHILD_WHY_SIZE];
	struct stat status;

	while (child_runs(dump, LOOK_MS) && !backup->stop)
		if (fstat(order->fd, &status) == 0)
			backup->done = status.st_size;
	if (backup->stop) {
		child_kill(dump);
		return backup_fail(backup, "the backup was given up: stopped");
	}
	return child_end(dump, why) == 0 ? 0 : backup_fail(backup, "%s", why);
}

int postgres_backup(struct conn *first, const struct backup_order *order)
{
	struct arena *arena = arena_new();
	const char *url = postgres_url(first), *reason = "";
	char why[CHILD_WHY_SIZE];
	struct child dump;
	int failed;

	const char *const *command = dump_command(arena, url, &reason);
	char **environment = command ? postgres_tools_environment(arena, url, &reason) : NULL;
	if (!environment)
		failed = backup_fail(order->backup, "%s", reason);
	else if (child_start(&dump, command, environment, -1, order->fd, why) != 0)
		failed = backup_fail(order->backup, "%s", why);
	else
		failed = watch(&dump, order);
	arena_free(arena);
	return failed;
}
