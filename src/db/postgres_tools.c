#include "db/postgres_tools.h"

#include <sys/stat.h>
#include <unistd.h>

#include "db/backup.h"
#include "db/migrate.h"
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
	PQconninfoOption *options = pq.conninfoParse(url, NULL);
	size_t count = 0, room = 2;

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

/* ---- pg_dump ---- */

static const char **dump_command(struct arena *arena, const struct backup_order *order)
{
	static const char *const fixed[] = {
		"pg_dump", "--format=custom", "--no-owner", "--no-privileges", "--lock-wait-timeout=10s"};
	size_t count;
	const char *const *tables = migrate_tables(arena, order->migrations, order->count, &count);
	const char **command = arena_alloc(arena, (COUNT(fixed) + count + 1) * sizeof *command);

	memcpy(command, fixed, sizeof fixed);
	for (size_t i = 0; i < count; i++)
		command[COUNT(fixed) + i] = arena_printf(arena, "--table=%s", tables[i]).p;
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
	const char *reason = "";
	char why[CHILD_WHY_SIZE];
	struct child dump;
	int failed;

	char **environment = postgres_tools_environment(arena, postgres_url(first), &reason);
	if (!environment)
		failed = backup_fail(order->backup, "%s", reason);
	else if (child_start(&dump, dump_command(arena, order), environment, -1, order->fd, why) != 0)
		failed = backup_fail(order->backup, "%s", why);
	else
		failed = watch(&dump, order);
	arena_free(arena);
	return failed;
}
