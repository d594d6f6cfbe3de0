#include "house.h"

#include <semaphore.h>
#include <stdlib.h>

#include "api/assets.h"
#include "base/retire.h"
#include "core/err.h"
#include "core/event_mac.h"

/* ---- opening ---- */

static enum db_verdict insert_app(void *context, struct db_tx *tx)
{
	static struct db_stmt insert = DB_STMT(
		"INSERT INTO apps (app_id, name, created_at, changed_at, secret_mac) VALUES ($1, 'test', 1, 1, $1)");
	const struct test_house *house = context;
	return db_exec(tx, &insert, ARGS(ARG_BYTES(house->app_id))) == 1 ? DB_KEEP : DB_UNDO;
}

static void open_house(struct test_house *house)
{
	size_t count;
	const struct db_migration *migrations = assets_migrations(house->arena, &count);
	store_open(house->store, migrations, count);
	settings_publish(&house->settings);
	house->house = (struct house){.db = house->store->db,
		.master = {1, 2, 3},
		.public_url = "https://id.example",
		.public_host = "id.example"};
	event_mac_start(&house->house);
	assert_int_equal(db_run(house->store->db, insert_app, house), DB_COMMITTED);
}

static int make_house(void **state, int (*make_store)(void **state))
{
	void *store = NULL;
	if (make_store(&store))
		return -1;
	struct test_house *house = calloc(1, sizeof *house);
	*state = house;
	house->store = store;
	house->arena = arena_new();
	house->now = 1800000000000;
	house->app_id = uuid_new(house->now);
	house->settings = (struct settings){
		.token_access_ttl = 30 * 60 * 1000LL,
		.token_refresh_ttl = 30 * 24 * 3600 * 1000LL,
		.token_session_ttl = 180 * 24 * 3600 * 1000LL,
	};
	if (house->store->url[0])
		open_house(house);
	return 0;
}

int house_on_sqlite(void **state)
{
	return make_house(state, store_on_sqlite);
}

int house_on_postgres(void **state)
{
	return make_house(state, store_on_postgres);
}

int house_remove(void **state)
{
	struct test_house *house = *state;
	void *store = house->store;
	settings_publish(NULL);
	retire_stop();
	arena_free(house->arena);
	free(house);
	const int failed = store_remove(&store);
	event_mac_stop();
	return failed;
}

struct test_house *house_of(void **state)
{
	struct test_house *house = *state;
	if (house->store->url[0] == '\0')
		skip();
	return house;
}

/* ---- operations ---- */

struct op *house_op(struct test_house *house)
{
	struct op *op = op_new(house->arena);
	op->now = house->now;
	assert_int_equal(ip_read(TEXT("192.0.2.7"), &op->client), 0);
	op->client_known = true;
	op->user_agent = TEXT("test");
	return op;
}

struct run {
	struct db_work work;
	struct op *op;
	enum err (*fn)(struct op *op, void *context);
	void *context;
	enum err err;
	enum db_outcome outcome;
	sem_t done;
};

static enum db_verdict run_op(struct db_work *work, struct db_tx *tx)
{
	struct run *run = CONTAINER(work, struct run, work);
	run->op->tx = tx;
	run->op->hooks = NULL;
	run->err = run->fn(run->op, run->context);
	run->op->tx = NULL;
	return run->err != ERR_NONE && err_info(run->err)->fault ? DB_UNDO : DB_KEEP;
}

static void after_op(struct db_work *work, enum db_outcome outcome)
{
	struct run *run = CONTAINER(work, struct run, work);
	run->outcome = outcome;
	sem_post(&run->done);
}

enum err house_run(struct test_house *house, struct op *op, enum err (*fn)(struct op *op, void *context), void *context)
{
	struct run run = {
		.work = {.run = run_op, .after = after_op, .arena = op->arena}, .op = op, .fn = fn, .context = context};
	sem_init(&run.done, 0, 0);
	assert_int_equal(db_submit(house->house.db, &run.work), 0);
	sem_wait(&run.done);
	sem_destroy(&run.done);
	assert_true(run.outcome == DB_COMMITTED || run.outcome == DB_UNDONE);
	if (run.outcome == DB_COMMITTED)
		for (const struct op_hook *hook = op->hooks; hook; hook = hook->next)
			hook->fn(hook->context);
	return run.err;
}

int64_t house_int(struct test_house *house, const char *sql)
{
	return store_int(house->store, sql);
}

void house_exec(struct test_house *house, const char *sql)
{
	assert_int_equal(store_exec(house->store, sql), DB_COMMITTED);
}
