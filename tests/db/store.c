#include "store.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

const struct db_migration store_table = {"0001_table",
	"CREATE TABLE t(id BLOB NOT NULL, n BIGINT NOT NULL, word TEXT, PRIMARY KEY(id)) WITHOUT ROWID;"
	"CREATE INDEX t_n ON t(n)",
	NULL};

/* ---- making and removing ---- */

int store_on_sqlite(void **state)
{
	struct store *store = calloc(1, sizeof *store);

	store->engine = "sqlite";
	snprintf(store->folder, sizeof store->folder, "/tmp/kw-test-db.XXXXXX");
	if (!mkdtemp(store->folder))
		return -1;
	snprintf(store->url, sizeof store->url, "sqlite:%s/test.db", store->folder);
	*state = store;
	return 0;
}

/* "CREATE SCHEMA a" or "DROP SCHEMA a CASCADE" on the database itself. */
static void with_schema(const char *verb, const char *schema, const char *how)
{
	struct store whole = {.engine = "postgres"};
	char sql[256];

	snprintf(whole.url, sizeof whole.url, "%s", getenv("KW_TEST_PG"));
	snprintf(sql, sizeof sql, "%s SCHEMA %s %s", verb, schema, how);
	store_open_unstarted(&whole, NULL, 0);
	assert_int_equal(store_exec(&whole, sql), DB_COMMITTED);
	store_close(&whole);
}

int store_on_postgres(void **state)
{
	static unsigned number;
	struct store *store = calloc(1, sizeof *store);
	const char *url = getenv("KW_TEST_PG");

	store->engine = "postgres";
	*state = store;
	if (!url)
		return 0;
	snprintf(store->schema, sizeof store->schema, "test_%ld_%u", (long)getpid(), number++);
	snprintf(store->url, sizeof store->url, "%s%coptions=-csearch_path%%3D%s", url, strchr(url, '?') ? '&' : '?',
		store->schema);
	with_schema("CREATE", store->schema, "");
	return 0;
}

static void remove_folder(const char *folder)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir)
		closedir(dir);
	rmdir(folder);
}

int store_remove(void **state)
{
	struct store *store = *state;

	store_close(store);
	if (store->folder[0])
		remove_folder(store->folder);
	if (store->schema[0])
		with_schema("DROP", store->schema, "CASCADE");
	free(store);
	return 0;
}

struct store *store_of(void **state)
{
	struct store *store = *state;

	if (store->url[0] == '\0')
		skip();
	return store;
}

/* ---- opening ---- */

static struct db *try_open(struct store *store, const struct db_migration *migrations, size_t count, const char **why_r)
{
	const struct db_config config = {.url = store->url, .connections = 4, .queue = 4096};

	return db_open(&config, migrations, count, why_r);
}

void store_open_unstarted(struct store *store, const struct db_migration *migrations, size_t count)
{
	const char *why = NULL;

	store->db = try_open(store, migrations, count, &why);
	if (!store->db)
		fail_msg("the store cannot be opened: %s", why);
}

void store_open(struct store *store, const struct db_migration *migrations, size_t count)
{
	store_open_unstarted(store, migrations, count);
	assert_int_equal(db_start(store->db), 0);
}

const char *store_refusal(struct store *store, const struct db_migration *migrations, size_t count)
{
	const char *why = NULL;

	struct db *db = try_open(store, migrations, count, &why);
	if (db) {
		db_close(db);
		fail_msg("the store can be opened");
	}
	assert_non_null(why);
	return why;
}

void store_close(struct store *store)
{
	db_close(store->db);
	store->db = NULL;
}

void store_with_table(struct store *store)
{
	store_open(store, &store_table, 1);
}

/* ---- asking ---- */

struct question {
	struct db_stmt stmt;
	int64_t answer;
};

/* The statement's number is used up: tests have few. It must not outlive its text, so each question is a new one. */
static enum db_verdict ask_int(void *context, struct db_tx *tx)
{
	struct question *question = context;

	question->answer = 0;
	return db_one(tx, &question->stmt, NO_ARGS, COLS(COL_INT(question->answer))) == DB_FAULT ? DB_UNDO : DB_KEEP;
}

int64_t store_int(struct store *store, const char *sql)
{
	struct question question = {.stmt = DB_STMT(sql)};

	assert_int_equal(db_run(store->db, ask_int, &question), DB_COMMITTED);
	return question.answer;
}

static enum db_verdict run_exec(void *context, struct db_tx *tx)
{
	struct db_stmt *stmt = context;

	return db_exec(tx, stmt, NO_ARGS) < 0 ? DB_UNDO : DB_KEEP;
}

enum db_outcome store_exec(struct store *store, const char *sql)
{
	struct db_stmt stmt = DB_STMT(sql);

	return db_run(store->db, run_exec, &stmt);
}

/* ---- works to wait for ---- */

static void task_ended(struct db_work *work, enum db_outcome outcome)
{
	struct task *task = CONTAINER(work, struct task, work);

	task->outcome = outcome;
	sem_post(&task->ended);
}

struct task task_of(enum db_verdict (*run)(struct db_work *work, struct db_tx *tx))
{
	struct task task = {.work = {.run = run, .after = task_ended, .arena = arena_new()}};

	sem_init(&task.ended, 0, 0);
	return task;
}

enum db_outcome task_wait(struct task *task)
{
	while (sem_wait(&task->ended) != 0)
		continue;
	arena_free(task->work.arena);
	return task->outcome;
}

static enum db_verdict hold_on(struct db_work *work, struct db_tx *tx)
{
	struct hold *hold = CONTAINER(work, struct hold, task.work);

	sem_post(&hold->entered);
	while (sem_wait(&hold->go_on) != 0)
		continue;
	return DB_KEEP;
}

void task_hold(struct store *store, struct hold *hold)
{
	hold->task = task_of(hold_on);
	sem_init(&hold->entered, 0, 0);
	sem_init(&hold->go_on, 0, 0);
	assert_int_equal(db_submit(store->db, &hold->task.work), 0);
	while (sem_wait(&hold->entered) != 0)
		continue;
}

void task_release(struct hold *hold)
{
	sem_post(&hold->go_on);
	assert_int_equal(task_wait(&hold->task), DB_COMMITTED);
}
