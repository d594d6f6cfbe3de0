/*
 * Power loss (THREATS G2) and a sync that fails (G4): what is acknowledged is there after a restart, once and whole.
 *
 * Clients count rows up on a disk that forgets what was not synced. At many points an image of what it might hold is made,
 * with what was acknowledged until then, and opened as after a restart.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "counting.h"
#include "lossy_disk.h"
#include "store.h"

#include "db/sqlite.h"

#include "../check.h"

#define SESSION_POINTS 100
#define SESSIONS 4          /* of a store: each but the first goes on from an image of the one before */
#define TIDES 50            /* in a long run one of so many sessions goes without, … */
#define TIDELESS_POINTS 600 /* … and is so long that the log reaches the size at which all wait */
#define FAILURE_POINTS 6    /* after each sync that fails */
#define DOOR_EVERY 16 /* of so many images one is opened by the house's door first, the others by plain SQLite alone */

static int points_wanted = 400, faults_wanted = 40;
static bool is_long;

enum phase { LOG_WRITE, LOG_SYNC, LOG_START, LOG_CUT, MAIN_WRITE, MAIN_SYNC, BESIDE_SYNC, JOURNAL, PHASES };
/* One of so many points is taken. */
static const struct {
	const char *name;
	unsigned one_in;
} phases[] = {
	[LOG_WRITE] = {"a commit's write", 6},
	[LOG_SYNC] = {"a commit's sync", 6},
	[LOG_START] = {"the log's start over", 1},
	[LOG_CUT] = {"the log's cut or end", 1},
	[MAIN_WRITE] = {"a checkpoint's write", 80},
	[MAIN_SYNC] = {"a checkpoint's sync", 1},
	[BESIDE_SYNC] = {"anything beside a checkpoint's sync", 8},
	[JOURNAL] = {"the rollback journal", 4},
};

struct power {
	struct store *store, *images;          /* a folder each: a store owns its folder */
	char path[128], image[128], next[128]; /* databases: the store's, an image, the one to go on from */
	uint64_t seed;
	struct counting counting;
	struct ledger known, found, found_next;
	int taken, wanted;  /* points of this session */
	bool after_failure; /* no point is taken before a sync failed */
	int of_phase[PHASES];
	char problem[200]; /* the first */
};

/* ---- points ---- */

/* As after a restart: recovers, migrates, and leaves the files without a log. */
static int pass_the_door(struct power *power)
{
	char url[160];
	const struct db_config config = {.url = url, .queue = 16};
	const char *why = NULL;

	snprintf(url, sizeof url, "sqlite:%s", power->image);
	struct db *db = db_open(&config, &counting_tables, 1, &why);
	if (!db)
		snprintf(power->problem, sizeof power->problem, "%s", why);
	db_close(db);
	return db ? 0 : -1;
}

static void remove_with(const char *path, const char *suffix)
{
	char whole[160];

	snprintf(whole, sizeof whole, "%s%s", path, suffix);
	unlink(whole);
}

static int look_at_image(struct power *power)
{
	counting_copy(&power->counting, &power->known);
	lossy_disk_image(power->seed, power->image);
	remove_with(power->image, "-shm");
	if (power->taken % DOOR_EVERY == 0)
		TRY(pass_the_door(power));
	return counting_check(power->image, &power->known, &power->found, power->problem);
}

static enum phase phase_of(const struct lossy_point *point)
{
	if (point->file == LOSSY_JOURNAL)
		return JOURNAL;
	if (point->file == LOSSY_MAIN && point->step == LOSSY_SYNC)
		return MAIN_SYNC;
	if (point->file == LOSSY_LOG && point->step == LOSSY_WRITE && point->at == 0)
		return LOG_START;
	if (point->file == LOSSY_LOG && point->step != LOSSY_WRITE && point->step != LOSSY_SYNC)
		return LOG_CUT;
	if (point->syncing)
		return BESIDE_SYNC;
	if (point->file == LOSSY_MAIN)
		return MAIN_WRITE;
	return point->step == LOSSY_SYNC ? LOG_SYNC : LOG_WRITE;
}

static void at_point(void *context, const struct lossy_point *point)
{
	struct power *power = context;
	const enum phase phase = phase_of(point);

	if (power->problem[0] != '\0' || (power->after_failure && !point->failed))
		return;
	if (check_random(&power->seed) % phases[phase].one_in != 0)
		return;
	power->taken++;
	power->of_phase[phase]++;
	if (look_at_image(power) == 0 && power->taken < power->wanted)
		return;
	power->counting.enough = true;
	if (power->taken != power->wanted)
		return;
	lossy_disk_image(power->seed, power->next);
	power->found_next = power->found;
}

/* ---- stores ---- */

static int power_new(void **state)
{
	struct power *power = calloc(1, sizeof *power);
	void *store = NULL, *images = NULL;

	if (!power || store_on_sqlite(&store) != 0 || store_on_sqlite(&images) != 0)
		return -1;
	power->store = store;
	power->images = images;
	power->seed = 1;
	snprintf(power->path, sizeof power->path, "%s/test.db", power->store->folder);
	snprintf(power->image, sizeof power->image, "%s/test.db", power->images->folder);
	snprintf(power->next, sizeof power->next, "%s/next.db", power->images->folder);
	*state = power;
	return 0;
}

static int power_free(void **state)
{
	struct power *power = *state;
	void *store = power->store, *images = power->images;

	free(power);
	return store_remove(&images) | store_remove(&store);
}

/* A store that was never opened, and an empty ledger. */
static void begin_anew(struct power *power)
{
	remove_with(power->path, "");
	remove_with(power->path, "-wal");
	remove_with(power->path, "-journal");
	memset(&power->counting, 0, sizeof power->counting);
	power->counting.seed = power->seed;
	power->counting.tides = true;
}

static void move_with(const char *from, const char *to, const char *suffix)
{
	char whole_from[160], whole_to[160];

	snprintf(whole_from, sizeof whole_from, "%s%s", from, suffix);
	snprintf(whole_to, sizeof whole_to, "%s%s", to, suffix);
	if (rename(whole_from, whole_to) != 0)
		unlink(whole_to);
}

/* The store is what power loss left of it at the session's last point. */
static void go_on_from_image(struct power *power)
{
	move_with(power->next, power->path, "");
	move_with(power->next, power->path, "-wal");
	move_with(power->next, power->path, "-journal");
	counting_is(&power->counting, &power->found_next);
}

/* A sync that fails may keep the store from opening; then it opens at the next start. */
static void open_store(struct power *power)
{
	const struct db_config config = {.url = power->store->url, .queue = 2 * CLIENTS};
	const char *why = NULL;

	struct db *db = db_open(&config, &counting_tables, 1, &why);
	if (!db && power->after_failure)
		db = db_open(&config, &counting_tables, 1, &why);
	if (!db)
		fail_msg("the store cannot be opened: %s", why);
	assert_int_equal(db_start(db), 0);
	power->store->db = power->counting.db = db;
}

/* Opens the store, puts load on it until so many points were taken, and closes it: a few more points lie there. */
static void session(struct power *power, int points)
{
	power->taken = 0;
	power->wanted = points;
	power->counting.enough = false;
	open_store(power);
	counting_load(&power->counting);
	store_close(power->store);
	lossy_disk_watch(NULL, NULL, NULL);
}

/* ---- the disk itself ---- */

static void no_point(void *context, const struct lossy_point *point) {}

static bool has_a_row(const char *database)
{
	sqlite3 *db;
	sqlite3_stmt *stmt;

	assert_int_equal(sqlite3_open_v2(database, &db, SQLITE_OPEN_READWRITE, "unix"), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "SELECT 1 FROM t", -1, &stmt, NULL), SQLITE_OK);
	const bool has = sqlite3_step(stmt) == SQLITE_ROW;
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return has;
}

/* Of 200 images of a database after one commit, how many hold its row. */
static int survivors(struct power *power, const char *synchronous)
{
	sqlite3 *db;
	int there = 0;

	begin_anew(power);
	lossy_disk_watch(power->path, no_point, NULL);
	assert_int_equal(sqlite3_open(power->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "PRAGMA journal_mode=WAL; CREATE TABLE t(n)", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, synchronous, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "INSERT INTO t VALUES(1)", NULL, NULL, NULL), SQLITE_OK);
	for (uint64_t seed = 0; seed < 200; seed++) {
		lossy_disk_image(seed, power->image);
		there += has_a_row(power->image);
	}
	sqlite3_close(db);
	lossy_disk_watch(NULL, NULL, NULL);
	return there;
}

static void the_disk_forgets_what_was_not_synced_alone(void **state)
{
	struct power *power = *state;

	assert_int_equal(survivors(power, "PRAGMA synchronous=FULL"), 200);
	assert_in_range(survivors(power, "PRAGMA synchronous=OFF"), 1, 199);
}

/* What the points below would say of it. */
static void a_disk_that_lies_about_syncs_is_found_out(void **state)
{
	struct power *power = *state;

	for (enum lossy_file file = LOSSY_MAIN; file <= LOSSY_LOG; file++) {
		begin_anew(power);
		lossy_disk_watch(power->path, at_point, power);
		lossy_disk_lie(file);
		session(power, SESSION_POINTS);
		assert_string_not_equal(power->problem, "");
		power->problem[0] = '\0';
	}
}

/* ---- power loss, and a sync that fails ---- */

static void whenever_power_fails_what_was_acknowledged_is_there(void **state)
{
	struct power *power = *state;

	for (int done = 0; done < points_wanted; done += SESSION_POINTS) {
		if (done / SESSION_POINTS % SESSIONS == 0)
			begin_anew(power);
		else
			go_on_from_image(power);
		/* Without tides the log grows until all wait for it: images are large, and there are few starts over. */
		power->counting.tides = !is_long || done / SESSION_POINTS % TIDES > 0;
		lossy_disk_watch(power->path, at_point, power);
		session(power, power->counting.tides ? SESSION_POINTS : TIDELESS_POINTS);
		assert_string_equal(power->problem, "");
	}
	for (size_t i = 0; i < PHASES; i++) {
		print_message("%6d points at %s\n", power->of_phase[i], phases[i].name);
		assert_true(power->of_phase[i] > 0);
	}
}

static void whichever_sync_fails_what_was_acknowledged_is_there(void **state)
{
	struct power *power = *state;

	power->after_failure = true;
	for (int number = 1; number <= faults_wanted; number++) {
		begin_anew(power);
		lossy_disk_watch(power->path, at_point, power);
		lossy_disk_fail_sync(LOSSY_FILES, (unsigned)number);
		session(power, FAILURE_POINTS);
		assert_string_equal(power->problem, "");
	}
}

/* Writes about 250 pages in one transaction, enough for a checkpoint at the next rest. */
static void write_pages(struct conn *writer)
{
	assert_int_equal(sqlite_engine.begin(writer, false, 0), FAULT_NONE);
	assert_int_equal(sqlite_engine.script(writer, "INSERT INTO t VALUES(randomblob(1000000))"), FAULT_NONE);
	assert_int_equal(sqlite_engine.commit(writer), FAULT_NONE);
}

/* SQLite syncs no checkpoint that a reader kept from the log's end, but counts its pages as copied: the next one has to
 * answer for them. */
static void fail_a_checkpoint(struct conn *writer, struct conn *reader)
{
	assert_int_equal(sqlite_engine.script(writer, "CREATE TABLE t(n)"), FAULT_NONE);
	write_pages(writer);
	assert_int_equal(sqlite_engine.script(reader, "BEGIN; SELECT COUNT(*) FROM t"), FAULT_NONE);
	write_pages(writer);
	sqlite_engine.rest(writer, false);
	assert_int_equal(sqlite_engine.script(reader, "COMMIT"), FAULT_NONE);
	write_pages(writer);
	lossy_disk_fail_sync(LOSSY_MAIN, 1);
	sqlite_engine.rest(writer, false);
	lossy_disk_rest();
}

static void what_a_failed_checkpoint_lost_is_copied_again(void **state)
{
	struct power *power = *state;

	for (uint64_t seed = 0; seed < 20; seed++) {
		const struct db_config config = {.url = power->store->url};
		const char *why;
		begin_anew(power);
		lossy_disk_watch(power->path, no_point, NULL);
		struct conn *writer = sqlite_engine.open(&config, &why);
		assert_non_null(writer);
		struct conn *reader = sqlite_engine.open_more(writer);
		fail_a_checkpoint(writer, reader);
		/* Another succeeds, and the log starts over. */
		write_pages(writer);
		sqlite_engine.rest(writer, false);
		write_pages(writer);
		lossy_disk_rest();
		lossy_disk_image(seed, power->image);
		sqlite_engine.close(reader);
		sqlite_engine.close(writer);
		lossy_disk_watch(NULL, NULL, NULL);
		if (counting_check(power->image, &power->known, &power->found, power->problem) != 0)
			fail_msg("%s", power->problem);
		assert_true(has_a_row(power->image));
	}
}

#define WITH_POWER(test) cmocka_unit_test_setup_teardown(test, power_new, power_free)

int main(void)
{
	const char *run_long = getenv("KW_LONG");
	const struct CMUnitTest tests[] = {
		WITH_POWER(the_disk_forgets_what_was_not_synced_alone),
		WITH_POWER(a_disk_that_lies_about_syncs_is_found_out),
		WITH_POWER(what_a_failed_checkpoint_lost_is_copied_again),
		WITH_POWER(whenever_power_fails_what_was_acknowledged_is_there),
		WITH_POWER(whichever_sync_fails_what_was_acknowledged_is_there),
	};

	if (run_long != NULL && run_long[0] == '1') {
		is_long = true;
		points_wanted = 50000;
		faults_wanted = 1000;
	}
	lossy_disk_use();
	return cmocka_run_group_tests_name("power", tests, NULL, NULL);
}
