/* The door on both engines: values go in and come out, one statement decides, success keeps and faults undo. */
#include "store.h"

#include <pthread.h>

/* Runs a function of a struct in a work and asserts its outcome. */
static void run_as(struct store *store, enum db_verdict (*run)(void *context, struct db_tx *tx), void *context,
	enum db_outcome expected)
{
	assert_int_equal(db_run(store->db, run, context), expected);
}

/* ---- values ---- */

struct values {
	uint8_t id[4];
	int64_t n;
	struct text word, blob;
	bool same;
};

static enum db_verdict write_and_read_values(void *context, struct db_tx *tx)
{
	static struct db_stmt insert = DB_STMT("INSERT INTO t(word, n, id) VALUES($3, $2, $1)");
	static struct db_stmt find = DB_STMT("SELECT n, word, id FROM t WHERE id=$1");
	struct values *v = context;
	uint8_t id[4] = {0};
	int64_t n = -1;
	struct text word = TEXT("before"), blob;

	if (db_exec(tx, &insert, ARGS(ARG_BYTES(v->id), ARG_INT(v->n), ARG_TEXT(v->word))) != 1)
		return DB_UNDO;
	if (db_one(tx, &find, ARGS(ARG_BYTES(v->id)), COLS(COL_INT(n), COL_TEXT(word), COL_BYTES(id))) != DB_ROW)
		return DB_UNDO;
	if (db_one(tx, &find, ARGS(ARG_BYTES(v->id)), COLS(COL_INT(n), COL_TEXT(word), COL_BLOB(blob))) != DB_ROW)
		return DB_UNDO;
	v->same = n == v->n && memcmp(id, v->id, sizeof id) == 0 && text_equal(word, v->word) &&
		  text_absent(word) == text_absent(v->word) && text_equal(blob, text_bytes(v->id, sizeof v->id));
	return DB_KEEP;
}

static void what_is_written_is_read_back(void **state)
{
	struct store *store = store_of(state);
	struct values values[] = {
		{.id = {0, 1, 2, 255}, .n = 0, .word = TEXT("Grüße, 世界")},
		{.id = {1}, .n = INT64_MAX, .word = TEXT("")},
		{.id = {2}, .n = INT64_MIN, .word = TEXT_NONE},
		{.id = {3}, .n = -1, .word = TEXT("'; DROP TABLE t; --")},
	};

	store_with_table(store);
	for (size_t i = 0; i < COUNT(values); i++) {
		run_as(store, write_and_read_values, &values[i], DB_COMMITTED);
		assert_true(values[i].same);
	}
	assert_int_equal(store_int(store, "SELECT COUNT(*) FROM t WHERE word IS NULL"), 1);
}

static enum db_verdict read_nulls(void *context, struct db_tx *tx)
{
	static struct db_stmt nulls =
		DB_STMT("SELECT CAST(NULL AS BIGINT), CAST(NULL AS TEXT), CAST($1 AS BLOB) FROM t");
	int64_t n = 7;
	struct text word = TEXT("before");
	uint8_t bytes[3] = {1, 2, 3};
	bool *as_promised = context;

	if (db_one(tx, &nulls, ARGS(ARG_NULL), COLS(COL_INT(n), COL_TEXT(word), COL_BYTES(bytes))) != DB_ROW)
		return DB_UNDO;
	*as_promised = n == 0 && text_absent(word) && memcmp(bytes, (uint8_t[3]){0}, 3) == 0;
	return DB_KEEP;
}

static void null_is_zero_absent_or_all_zero(void **state)
{
	struct store *store = store_of(state);
	bool as_promised = false;

	store_with_table(store);
	assert_int_equal(store_exec(store, "INSERT INTO t(id, n) VALUES(CAST('' AS BLOB), 1)"), DB_COMMITTED);
	run_as(store, read_nulls, &as_promised, DB_COMMITTED);
	assert_true(as_promised);
}

/* One statement whose argument is NULL first and a value later, in a column narrower than BIGINT. */
static enum db_verdict update_flag(void *context, struct db_tx *tx)
{
	static struct db_stmt update = DB_STMT("UPDATE flags SET flag=$1");
	static struct db_stmt read = DB_STMT("SELECT flag FROM flags");
	const int64_t *flag = context;
	int64_t now = -1;

	if (db_exec(tx, &update, ARGS(*flag ? ARG_INT(*flag) : ARG_NULL)) != 1)
		return DB_UNDO;
	return db_one(tx, &read, NO_ARGS, COLS(COL_INT(now))) == DB_ROW && now == *flag ? DB_KEEP : DB_UNDO;
}

static void an_argument_may_be_null_at_first_and_a_number_later(void **state)
{
	struct store *store = store_of(state);
	int64_t flags[] = {0, 1, 0, 32767};

	store_with_table(store);
	assert_int_equal(store_exec(store, "CREATE TABLE flags(flag SMALLINT)"), DB_COMMITTED);
	assert_int_equal(store_exec(store, "INSERT INTO flags VALUES(5)"), DB_COMMITTED);
	for (size_t i = 0; i < COUNT(flags); i++)
		run_as(store, update_flag, &flags[i], DB_COMMITTED);
}

/* ---- faults ---- */

static enum db_verdict select_into_text(void *context, struct db_tx *tx)
{
	static struct db_stmt number = DB_STMT("SELECT CAST(1 AS BIGINT)");
	struct text word;
	bool *ours = context;

	if (db_one(tx, &number, NO_ARGS, COLS(COL_TEXT(word))) != DB_FAULT)
		return DB_KEEP;
	*ours = !db_tx_store_is_down(tx);
	return DB_UNDO;
}

static void a_column_of_another_type_is_a_fault_of_ours(void **state)
{
	struct store *store = store_of(state);
	bool ours = false;

	store_with_table(store);
	run_as(store, select_into_text, &ours, DB_UNDONE);
	assert_true(ours);
}

static enum db_verdict go_on_after_a_fault(void *context, struct db_tx *tx)
{
	static struct db_stmt insert = DB_STMT("INSERT INTO t(id, n) VALUES($1, 1)");
	static struct db_stmt broken = DB_STMT("INSERT INTO nowhere VALUES(1)");

	if (db_exec(tx, &insert, ARGS(ARG_BLOB("a", 1))) != 1)
		return DB_UNDO;
	if (db_exec(tx, &broken, NO_ARGS) != -1)
		return DB_UNDO;
	/* The transaction is doomed: this must not run, and keeping must not help. */
	return db_exec(tx, &insert, ARGS(ARG_BLOB("b", 1))) == -1 ? DB_KEEP : DB_UNDO;
}

static void after_a_fault_nothing_of_the_work_stays(void **state)
{
	struct store *store = store_of(state);

	store_with_table(store);
	run_as(store, go_on_after_a_fault, NULL, DB_UNDONE);
	assert_int_equal(store_int(store, "SELECT COUNT(*) FROM t"), 0);
	assert_int_equal(store_exec(store, "INSERT INTO t(id, n) VALUES(CAST('x' AS BLOB), 1)"), DB_COMMITTED);
}

static void a_broken_constraint_undoes_and_the_store_goes_on(void **state)
{
	struct store *store = store_of(state);

	store_with_table(store);
	assert_int_equal(store_exec(store, "INSERT INTO t(id, n) VALUES(CAST('x' AS BLOB), 1)"), DB_COMMITTED);
	assert_int_equal(store_exec(store, "INSERT INTO t(id, n) VALUES(CAST('x' AS BLOB), 2)"), DB_UNDONE);
	assert_int_equal(store_int(store, "SELECT n FROM t"), 1);
}

static enum db_verdict insert_orphan(void *context, struct db_tx *tx)
{
	static struct db_stmt insert = DB_STMT("INSERT INTO child(parent) VALUES($1) RETURNING parent");
	int64_t parent;

	return db_one(tx, &insert, ARGS(ARG_INT(42)), COLS(COL_INT(parent))) == DB_ROW ? DB_KEEP : DB_UNDO;
}

static void a_foreign_key_is_checked_even_when_a_row_came_back(void **state)
{
	struct store *store = store_of(state);

	store_with_table(store);
	assert_int_equal(store_exec(store, "CREATE TABLE parent(id BIGINT PRIMARY KEY)"), DB_COMMITTED);
	assert_int_equal(
		store_exec(store, "CREATE TABLE child(parent BIGINT NOT NULL REFERENCES parent(id))"), DB_COMMITTED);
	run_as(store, insert_orphan, NULL, DB_UNDONE);
	assert_int_equal(store_int(store, "SELECT COUNT(*) FROM child"), 0);
}

/* ---- many rows ---- */

struct walk {
	int64_t n, sum;
	int left;
};

static int add(void *context)
{
	struct walk *walk = context;

	walk->sum += walk->n;
	return --walk->left == 0;
}

static enum db_verdict walk_rows(void *context, struct db_tx *tx)
{
	static struct db_stmt all = DB_STMT("SELECT n FROM t ORDER BY n");
	struct walk *walk = context;
	const int expected = walk->left;
	const int seen = db_each(tx, &all, NO_ARGS, COLS(COL_INT(walk->n)), add, walk);

	return seen == (expected > 0 ? expected : 4) ? DB_KEEP : DB_UNDO;
}

static void each_row_is_seen_until_it_is_enough(void **state)
{
	struct store *store = store_of(state);
	struct walk whole = {.left = -1}, part = {.left = 2};

	store_with_table(store);
	assert_int_equal(store_exec(store, "INSERT INTO t(id, n) VALUES(CAST('a' AS BLOB), 1), (CAST('b' AS BLOB), 2), "
					   "(CAST('c' AS BLOB), 3), (CAST('d' AS BLOB), 4)"),
		DB_COMMITTED);
	run_as(store, walk_rows, &whole, DB_COMMITTED);
	assert_int_equal(whole.sum, 10);
	run_as(store, walk_rows, &part, DB_COMMITTED);
	assert_int_equal(part.sum, 3);
	assert_int_equal(store_exec(store, "UPDATE t SET n=n+1"), DB_COMMITTED);
	assert_int_equal(store_int(store, "SELECT CAST(SUM(n) AS BIGINT) FROM t"), 14);
}

/* ---- one statement decides ---- */

struct race {
	struct store *store;
	_Atomic int won;
};

static enum db_verdict spend(void *context, struct db_tx *tx)
{
	static struct db_stmt spend_one = DB_STMT("UPDATE t SET n=n-1 WHERE id=$1 AND n>0 RETURNING n");
	int64_t left;
	bool *won = context;

	const enum db_found found = db_one(tx, &spend_one, ARGS(ARG_BLOB("x", 1)), COLS(COL_INT(left)));
	*won = found == DB_ROW;
	return found == DB_FAULT ? DB_UNDO : DB_KEEP;
}

static void *spend_many(void *context)
{
	struct race *race = context;

	for (int i = 0; i < 50; i++) {
		bool won = false;
		if (db_run(race->store->db, spend, &won) == DB_COMMITTED && won)
			race->won++;
	}
	return NULL;
}

static void parallel_spenders_never_spend_more_than_there_is(void **state)
{
	struct race race = {.store = store_of(state)};
	pthread_t threads[8];

	store_with_table(race.store);
	assert_int_equal(store_exec(race.store, "INSERT INTO t(id, n) VALUES(CAST('x' AS BLOB), 100)"), DB_COMMITTED);
	for (size_t i = 0; i < COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, spend_many, &race), 0);
	for (size_t i = 0; i < COUNT(threads); i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(race.won, 100);
	assert_int_equal(store_int(race.store, "SELECT n FROM t"), 0);
}

/* The exact sliding window of DESIGN section 4: one row keeps the times of the last N, and no row back means limited. */
struct hit {
	int64_t now;
	bool passed;
};

static enum db_verdict count_hit(void *context, struct db_tx *tx)
{
	static struct db_stmt hit =
		DB_STMT("INSERT INTO window_limit AS w(subject, newest, t1, t2, t3) VALUES($1, $2, $2, 0, 0) "
			"ON CONFLICT(subject) DO UPDATE SET newest=excluded.newest, t1=excluded.t1, t2=w.t1, t3=w.t2 "
			"WHERE w.t3<=$2-$3 RETURNING newest");
	struct hit *h = context;
	int64_t newest;

	const enum db_found found =
		db_one(tx, &hit, ARGS(ARG_BLOB("me", 2), ARG_INT(h->now), ARG_INT(1000)), COLS(COL_INT(newest)));
	h->passed = found == DB_ROW;
	return found == DB_FAULT ? DB_UNDO : DB_KEEP;
}

static void a_sliding_window_fits_in_one_row(void **state)
{
	static const struct {
		int64_t now;
		bool passes;
	} hits[] = {{5000, true}, {5100, true}, {5200, true}, {5999, false}, {6000, true}, {6050, false}, {6100, true}};
	struct store *store = store_of(state);

	store_with_table(store);
	assert_int_equal(
		store_exec(store, "CREATE TABLE window_limit(subject BLOB PRIMARY KEY, newest BIGINT NOT NULL, "
				  "t1 BIGINT NOT NULL, t2 BIGINT NOT NULL, t3 BIGINT NOT NULL)"),
		DB_COMMITTED);
	for (size_t i = 0; i < COUNT(hits); i++) {
		struct hit hit = {.now = hits[i].now};
		run_as(store, count_hit, &hit, DB_COMMITTED);
		assert_int_equal(hit.passed, hits[i].passes);
	}
}

/* The one-time password of DESIGN section 4: spent, compared and consumed by one statement. */
struct guess {
	const char *code;
	enum db_found found;
	int64_t used_at, tries;
};

static enum db_verdict judge(void *context, struct db_tx *tx)
{
	static struct db_stmt judge_code =
		DB_STMT("UPDATE otp SET tries=tries+1, used_at=CASE WHEN code_mac=$5 THEN $4 END "
			"WHERE app_id=$1 AND id=$2 AND tries<$3 AND used_at IS NULL AND expires_at>$4 RETURNING "
			"used_at, tries");
	struct guess *g = context;

	g->found = db_one(tx, &judge_code,
		ARGS(ARG_BLOB("app", 3), ARG_BLOB("otp", 3), ARG_INT(3), ARG_INT(77), ARG_BLOB_TEXT(text_of(g->code))),
		COLS(COL_INT(g->used_at), COL_INT(g->tries)));
	return g->found == DB_FAULT ? DB_UNDO : DB_KEEP;
}

static void one_statement_judges_a_one_time_password(void **state)
{
	struct store *store = store_of(state);
	struct guess guesses[] = {{.code = "wrong"}, {.code = "right"}, {.code = "right"}};

	store_with_table(store);
	assert_int_equal(
		store_exec(store, "CREATE TABLE otp(app_id BLOB NOT NULL, id BLOB NOT NULL, code_mac BLOB NOT NULL, "
				  "tries SMALLINT NOT NULL, used_at BIGINT, expires_at BIGINT NOT NULL, "
				  "PRIMARY KEY(app_id, id))"),
		DB_COMMITTED);
	assert_int_equal(store_exec(store, "INSERT INTO otp VALUES(CAST('app' AS BLOB), CAST('otp' AS BLOB), "
					   "CAST('right' AS BLOB), 0, NULL, 100)"),
		DB_COMMITTED);
	for (size_t i = 0; i < COUNT(guesses); i++)
		run_as(store, judge, &guesses[i], DB_COMMITTED);
	assert_int_equal(guesses[0].found, DB_ROW);
	assert_int_equal(guesses[0].used_at, 0);
	assert_int_equal(guesses[0].tries, 1);
	assert_int_equal(guesses[1].used_at, 77);
	assert_int_equal(guesses[2].found, DB_NONE);
}

/* ---- works ---- */

static enum db_verdict write_and_say(void *context, struct db_tx *tx)
{
	static struct db_stmt insert = DB_STMT("INSERT INTO t(id, n) VALUES($1, 1)");
	const enum db_verdict *verdict = context;

	if (db_exec(tx, &insert, ARGS(*verdict == DB_KEEP ? ARG_BLOB("kept", 4) : ARG_BLOB("undone", 6))) != 1)
		return DB_UNDO;
	return *verdict;
}

static void a_kept_work_stays_and_an_undone_one_leaves_nothing(void **state)
{
	struct store *store = store_of(state);
	enum db_verdict keep = DB_KEEP, undo = DB_UNDO;

	store_with_table(store);
	run_as(store, write_and_say, &undo, DB_UNDONE);
	run_as(store, write_and_say, &keep, DB_COMMITTED);
	assert_int_equal(store_int(store, "SELECT COUNT(*) FROM t"), 1);
	assert_int_equal(db_health(store->db).faults, 1);
	assert_true(db_health(store->db).up);
	assert_string_equal(db_health(store->db).engine, store->engine);
}

static void works_run_before_the_threads_start(void **state)
{
	struct store *store = store_of(state);

	store_open_unstarted(store, &store_table, 1);
	assert_int_equal(store_exec(store, "INSERT INTO t(id, n) VALUES(CAST('x' AS BLOB), 9)"), DB_COMMITTED);
	assert_int_equal(store_int(store, "SELECT n FROM t"), 9);
	assert_int_equal(db_start(store->db), 0);
	assert_int_equal(store_int(store, "SELECT n FROM t"), 9);
}

static enum db_verdict add_and_keep(void *context, struct db_tx *tx)
{
	static struct db_stmt add = DB_STMT("INSERT INTO t(id, n) VALUES($1, 9)");
	const bool *keep = context;

	return db_exec(tx, &add, ARGS(ARG_BYTES(*keep))) == 1 && *keep ? DB_KEEP : DB_UNDO;
}

static void a_long_work_is_a_transaction_too(void **state)
{
	struct store *store = store_of(state);
	bool keep = false;

	store_open_unstarted(store, &store_table, 1);
	assert_int_equal(db_run_long(store->db, add_and_keep, &keep), DB_UNDONE);
	assert_int_equal(store_int(store, "SELECT COUNT(*) FROM t"), 0);
	keep = true;
	assert_int_equal(db_run_long(store->db, add_and_keep, &keep), DB_COMMITTED);
	assert_int_equal(db_run_long(store->db, add_and_keep, &keep), DB_UNDONE);
	assert_int_equal(store_int(store, "SELECT COUNT(*) FROM t"), 1);
}

struct read {
	struct task task;
	int64_t n;
};

static enum db_verdict read_n(struct db_work *work, struct db_tx *tx)
{
	static struct db_stmt find = DB_STMT("SELECT n FROM t WHERE id=$1");
	struct read *read = CONTAINER(work, struct read, task.work);

	return db_one(tx, &find, ARGS(ARG_BLOB("x", 1)), COLS(COL_INT(read->n))) == DB_ROW ? DB_KEEP : DB_UNDO;
}

static void a_reading_work_sees_what_was_committed(void **state)
{
	struct store *store = store_of(state);
	struct read read = {.task = task_of(read_n)};

	store_with_table(store);
	assert_int_equal(store_exec(store, "INSERT INTO t(id, n) VALUES(CAST('x' AS BLOB), 12)"), DB_COMMITTED);
	assert_int_equal(db_submit_read(store->db, &read.task.work), 0);
	assert_int_equal(task_wait(&read.task), DB_COMMITTED);
	assert_int_equal(read.n, 12);
}

static void an_unknown_kind_of_store_is_refused(void **state)
{
	struct store store = {.url = "mysql://nowhere"};

	assert_non_null(strstr(store_refusal(&store, NULL, 0), "sqlite:"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(what_is_written_is_read_back),
		ON_BOTH(null_is_zero_absent_or_all_zero),
		ON_BOTH(an_argument_may_be_null_at_first_and_a_number_later),
		ON_BOTH(a_column_of_another_type_is_a_fault_of_ours),
		ON_BOTH(after_a_fault_nothing_of_the_work_stays),
		ON_BOTH(a_broken_constraint_undoes_and_the_store_goes_on),
		ON_BOTH(a_foreign_key_is_checked_even_when_a_row_came_back),
		ON_BOTH(each_row_is_seen_until_it_is_enough),
		ON_BOTH(parallel_spenders_never_spend_more_than_there_is),
		ON_BOTH(a_sliding_window_fits_in_one_row),
		ON_BOTH(one_statement_judges_a_one_time_password),
		ON_BOTH(a_kept_work_stays_and_an_undone_one_leaves_nothing),
		ON_BOTH(works_run_before_the_threads_start),
		ON_BOTH(a_long_work_is_a_transaction_too),
		ON_BOTH(a_reading_work_sees_what_was_committed),
		cmocka_unit_test(an_unknown_kind_of_store_is_refused),
	};

	return cmocka_run_group_tests_name("db", tests, NULL, NULL);
}
