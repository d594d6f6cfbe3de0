#include "counting.h"

#include <pthread.h>
#include <semaphore.h>
#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

#include "lossy_disk.h"

#include "../check.h"

#define COUNTERS 3000
#define READER_PAUSE_US 3000
#define TIDE_WORKS 15 /* of the first client, from one ebb to the next */

const struct db_migration counting_tables = {"0001_counting",
	"CREATE TABLE counter(id BIGINT NOT NULL, n BIGINT NOT NULL, filling BLOB NOT NULL, PRIMARY KEY(id)) WITHOUT "
	"ROWID;"
	"CREATE INDEX counter_n ON counter(n);"
	"CREATE TABLE journal(client BIGINT NOT NULL, n BIGINT NOT NULL, a BIGINT NOT NULL, b BIGINT NOT NULL);"
	"WITH RECURSIVE ids(id) AS (SELECT 0 UNION ALL SELECT id+1 FROM ids WHERE id<2999)"
	"INSERT INTO counter SELECT id, 0, zeroblob(300) FROM ids",
	NULL};

/* ---- clients ---- */

struct client {
	struct db_work work;
	struct counting *counting;
	int64_t number, n, a, b;
	sem_t decided;
	uint64_t seed;
	pthread_t thread;
};

static enum db_verdict count_up(struct db_work *work, struct db_tx *tx)
{
	static struct db_stmt up = DB_STMT("UPDATE counter SET n=n+1 WHERE id=$1");
	static struct db_stmt journal = DB_STMT("INSERT INTO journal(client, n, a, b) VALUES($1, $2, $3, $4)");
	const struct client *c = CONTAINER(work, struct client, work);

	if (db_exec(tx, &up, ARGS(ARG_INT(c->a))) != 1 || db_exec(tx, &up, ARGS(ARG_INT(c->b))) != 1)
		return DB_UNDO;
	if (db_exec(tx, &journal, ARGS(ARG_INT(c->number), ARG_INT(c->n), ARG_INT(c->a), ARG_INT(c->b))) != 1)
		return DB_UNDO;
	return DB_KEEP;
}

static void note(struct db_work *work, enum db_outcome outcome)
{
	struct client *client = CONTAINER(work, struct client, work);

	client->counting->fates[client->number][client->n] = outcome == DB_COMMITTED ? THERE : GONE;
	sem_post(&client->decided);
}

/* Every page of the table, so many that a checkpoint follows. */
static enum db_verdict flood(void *context, struct db_tx *tx)
{
	static struct db_stmt fill = DB_STMT("UPDATE counter SET filling=randomblob(300)");

	return db_exec(tx, &fill, NO_ARGS) == COUNTERS ? DB_KEEP : DB_UNDO;
}

/* The log starts over when a checkpoint has come to its end, is durable, and only then somebody writes. */
static void ebb(struct counting *counting)
{
	counting->ebbs = true;
	while (counting->busy > 0)
		usleep(100);
	lossy_disk_rest(); /* or no checkpoint is begun, as one is not durable yet */
	db_run(counting->db, flood, NULL);
	lossy_disk_rest();
	counting->ebbs = false;
}

static void *be_a_client(void *context)
{
	struct client *client = context;
	struct counting *counting = client->counting;

	client->work = (struct db_work){.run = count_up, .after = note, .arena = arena_new()};
	while (!counting->enough) {
		if (counting->tides && client->number == 0 && counting->submitted[0] % TIDE_WORKS == 0)
			ebb(counting);
		while (counting->ebbs)
			usleep(100);
		MUST(counting->submitted[client->number] < WORKS_MAX);
		client->n = counting->submitted[client->number]++;
		client->a = check_random(&client->seed) % COUNTERS;
		client->b = check_random(&client->seed) % COUNTERS;
		counting->busy++;
		MUST(db_submit(counting->db, &client->work) == 0);
		while (sem_wait(&client->decided) != 0)
			continue;
		counting->busy--;
	}
	arena_free(client->work.arena);
	return NULL;
}

static enum db_verdict look(struct db_work *work, struct db_tx *tx)
{
	static struct db_stmt sum = DB_STMT("SELECT SUM(n) FROM counter");
	int64_t n;

	return db_one(tx, &sum, NO_ARGS, COLS(COL_INT(n))) == DB_ROW && n % 2 == 0 ? DB_KEEP : DB_UNDO;
}

static void looked(struct db_work *work, enum db_outcome outcome)
{
	MUST(outcome == DB_COMMITTED);
}

/* Keeps some checkpoints from reaching the log's end. */
static void *be_a_reader(void *context)
{
	struct counting *counting = context;
	struct db_work work = {.run = look, .after = looked, .arena = arena_new()};

	while (!counting->enough) {
		MUST(db_submit_read(counting->db, &work) == 0);
		usleep(READER_PAUSE_US);
	}
	arena_free(work.arena);
	return NULL;
}

void counting_load(struct counting *counting)
{
	struct client clients[CLIENTS];
	pthread_t reader;

	for (int i = 0; i < CLIENTS; i++) {
		clients[i] = (struct client){.counting = counting, .number = i, .seed = counting->seed++};
		sem_init(&clients[i].decided, 0, 0);
		MUST(pthread_create(&clients[i].thread, NULL, be_a_client, &clients[i]) == 0);
	}
	MUST(pthread_create(&reader, NULL, be_a_reader, counting) == 0);
	pthread_join(reader, NULL);
	for (int i = 0; i < CLIENTS; i++)
		pthread_join(clients[i].thread, NULL);
}

/* ---- the ledger ---- */

void counting_copy(const struct counting *counting, struct ledger *ledger_r)
{
	for (int client = 0; client < CLIENTS; client++)
		for (int n = 0; n < WORKS_MAX; n++)
			ledger_r->fates[client][n] = counting->fates[client][n];
}

void counting_is(struct counting *counting, const struct ledger *found)
{
	for (int client = 0; client < CLIENTS; client++)
		for (unsigned n = 0; n < counting->submitted[client]; n++)
			counting->fates[client][n] = found->fates[client][n] ? THERE : GONE;
}

/* ---- a database, looked at ---- */

struct check {
	sqlite3 *db;
	struct ledger *found;
	int64_t missing[COUNTERS]; /* the journal's count less the counter's */
	char *why;                 /* of 200 bytes, empty until something is wrong */
};

static void complain(struct check *check, const char *what, int64_t a, int64_t b)
{
	if (check->why[0] == '\0')
		snprintf(check->why, 200, "%s (%lld, %lld)", what, (long long)a, (long long)b);
}

static void each_row(struct check *check, const char *sql, void (*row)(struct check *check, sqlite3_stmt *stmt))
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(check->db, sql, -1, &stmt, NULL);

	if (rc == SQLITE_OK)
		while ((rc = sqlite3_step(stmt)) == SQLITE_ROW)
			row(check, stmt);
	if (rc != SQLITE_DONE)
		complain(check, sqlite3_errmsg(check->db), rc, 0);
	sqlite3_finalize(stmt);
}

static void verdict_row(struct check *check, sqlite3_stmt *stmt)
{
	const char *verdict = (const char *)sqlite3_column_text(stmt, 0);

	if (strcmp(verdict, "ok") != 0)
		complain(check, verdict, 0, 0);
}

static void journal_row(struct check *check, sqlite3_stmt *stmt)
{
	const int64_t client = sqlite3_column_int64(stmt, 0), n = sqlite3_column_int64(stmt, 1);

	if (check->found->fates[client][n]++)
		complain(check, "a work is there twice", client, n);
	check->missing[sqlite3_column_int64(stmt, 2)]++;
	check->missing[sqlite3_column_int64(stmt, 3)]++;
}

static void counter_row(struct check *check, sqlite3_stmt *stmt)
{
	check->missing[sqlite3_column_int64(stmt, 0)] -= sqlite3_column_int64(stmt, 1);
}

/* The first start may not have come to the tables. */
static void table_row(struct check *check, sqlite3_stmt *stmt)
{
	each_row(check, "SELECT client, n, a, b FROM journal", journal_row);
	each_row(check, "SELECT id, n FROM counter", counter_row);
	for (int id = 0; id < COUNTERS; id++)
		if (check->missing[id] != 0)
			complain(check, "a work is not whole", id, check->missing[id]);
}

static void compare(struct check *check, const struct ledger *known)
{
	for (int client = 0; client < CLIENTS; client++)
		for (int n = 0; n < WORKS_MAX; n++) {
			const bool there = check->found->fates[client][n];
			if (known->fates[client][n] == THERE && !there)
				complain(check, "an acknowledged work is lost", client, n);
			if (known->fates[client][n] == GONE && there)
				complain(check, "a work that failed is there", client, n);
		}
}

int counting_check(const char *database, const struct ledger *known, struct ledger *found_r, char why[static 200])
{
	struct check check = {.found = found_r, .why = why};

	why[0] = '\0';
	memset(found_r, 0, sizeof *found_r);
	if (sqlite3_open_v2(database, &check.db, SQLITE_OPEN_READWRITE, "unix") != SQLITE_OK)
		complain(&check, "the database cannot be opened", 0, 0);
	sqlite3_db_config(check.db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	each_row(&check, "PRAGMA integrity_check", verdict_row);
	each_row(&check, "SELECT 1 FROM sqlite_schema WHERE name='journal'", table_row);
	sqlite3_close(check.db);
	compare(&check, known);
	return why[0] == '\0' ? 0 : -1;
}
