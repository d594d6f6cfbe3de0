/* keywright restore: a backup takes the store's place, and a new epoch begins. */
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "api/assets.h"
#include "base/clock.h"
#include "base/enc.h"
#include "core/epoch.h"
#include "core/event_mac.h"
#include "db/owner.h"
#include "db/restore.h"
#include "main/cli.h"
#include "main/cli_print.h"
#include "main/restored.h"
#include "token/token.h"

enum { OTHERS_LOOKS = 20 };

struct restoring {
	struct boot boot;
	struct arena *arena;
	const char *file;
	bool keep_sessions, force;
	const struct db_migration *migrations;
	size_t count;
	bool in_place;    /* the store has the backup's content: what is left to do, every start would do */
	const char *kept; /* where the store that was there is now; NULL: there was none, or it is gone */
};

static int read_words(const struct cli *cli, struct restoring *restoring)
{
	for (size_t i = cli->taken; i < cli->count; i++) {
		const char *word = cli->words[i];
		if (strcmp(word, "--keep-sessions") == 0)
			restoring->keep_sessions = true;
		else if (strcmp(word, "--force") == 0)
			restoring->force = true;
		else
			restoring->file = word;
	}
	return restoring->file ? EXIT_DONE : cli_usage("needs a FILE");
}

/* ---- what both engines need ---- */

static const char WRONG_KEY[] = "the master key %s is not the one that this backup was made under";

struct key_check {
	const uint8_t *master;
	int keys;
};

static enum db_verdict check_keys(void *context, struct db_tx *tx)
{
	struct key_check *check = context;
	check->keys = token_keys_open(tx, check->master);
	return DB_KEEP;
}

static int begin_anew(struct restoring *restoring, struct house *house)
{
	struct key_check check = {.master = house->master};
	if (db_run(house->db, check_keys, &check) != DB_COMMITTED || check.keys == -1)
		return boot_fail("the restored store cannot be read");
	if (check.keys == -2)
		return boot_fail(WRONG_KEY, settings_now()->store_master_key_file);
	if (check.keys == 0)
		return boot_fail("%s holds no signing key: no server ever ran on it", restoring->file);
	return restored_begin_epoch(house) == 0 ? 0 : boot_fail("the new epoch cannot begin");
}

/* Migrates the store at url, which has the backup's content, and begins its new epoch. */
static int make_current(struct restoring *restoring, const char *url)
{
	struct house house = restoring->boot.house;
	const struct db_config config = {.url = url, .connections = 1, .queue = 1};
	const char *why = NULL;
	house.db = db_open(&config, restoring->migrations, restoring->count, &why);
	event_mac_start(&house);
	const int failed = house.db ? begin_anew(restoring, &house) : boot_fail("%s", why);
	event_mac_stop();
	db_close(house.db);
	secret_wipe(house.master, sizeof house.master);
	return failed;
}

/* ---- SQLite ---- */

/* "20260525T123456.789Z" */
static const char *stamp(struct arena *arena)
{
	const int64_t now = clock_now();
	char time[CLOCK_RFC3339_SIZE], *to = time;
	clock_rfc3339(now, time);
	for (const char *from = time; *from && *from != 'Z'; from++)
		if (*from != '-' && *from != ':')
			*to++ = *from;
	return arena_printf(arena, "%.*s.%03dZ", (int)(to - time), time, (int)(now % 1000)).p;
}

static int take_its_place(struct restoring *restoring, const char *copy, const char *path)
{
	const char *why = NULL;
	const char *kept = arena_printf(restoring->arena, "%s.before-restore-%s", path, stamp(restoring->arena)).p;
	const bool was_there = access(path, F_OK) == 0;
	if (restore_settle(path, &why) != 0 && !restoring->force)
		return boot_fail("%s (with --force it is moved away as it is)", why);
	if (restore_swap(copy, path, kept, &why) != 0)
		return boot_fail("%s", why);
	restoring->kept = was_there ? kept : NULL;
	return 0;
}

static int restore_owned(struct restoring *restoring, const char *path)
{
	const char *why = NULL;
	const char *copy = arena_printf(restoring->arena, "%s.restoring", path).p;
	int failed = restore_copy(
		restoring->file, copy, restoring->migrations[0].name, epoch_mark(restoring->keep_sessions), &why);
	if (failed)
		(void)boot_fail("%s", why);
	else
		failed = make_current(restoring, arena_printf(restoring->arena, "sqlite:%s", copy).p) != 0 ||
			 take_its_place(restoring, copy, path) != 0;
	if (failed)
		restore_discard(copy);
	return failed;
}

static int restore_file(struct restoring *restoring, const char *path)
{
	const char *why = NULL;
	const int lock = owner_take(path, &why);
	if (lock < 0)
		return boot_fail("%s", why);
	const int failed = restore_owned(restoring, path);
	owner_release(lock);
	return failed;
}

/* ---- PostgreSQL ---- */

struct contents {
	const struct restoring *restoring;
	struct restore_column columns[2];
	int first, strangers, closed, keys;
};

static int see_migration(void *context)
{
	struct contents *contents = context;
	const struct restoring *restoring = contents->restoring;
	const struct text name = contents->columns[0].value;
	size_t i = 0;
	while (i < restoring->count && !text_equal(name, text_of(restoring->migrations[i].name)))
		i++;
	contents->strangers += i == restoring->count;
	contents->first += i == 0;
	return 0;
}

/* Bytes as PostgreSQL writes them: \x and hex. Absent when they are not. */
static struct text read_bytes(struct arena *arena, struct text value)
{
	if (!text_starts(value, TEXT("\\x")) || value.n % 2)
		return TEXT_NONE;
	const size_t n = value.n / 2 - 1;
	uint8_t *bytes = arena_alloc(arena, n + 1);
	return enc_hex_read(text_bytes(value.p + 2, 2 * n), bytes, n) == 0 ? text_bytes(bytes, n) : TEXT_NONE;
}

static int see_key(void *context)
{
	struct contents *contents = context;
	const struct restoring *restoring = contents->restoring;
	const struct text sealed = read_bytes(restoring->arena, contents->columns[1].value);
	contents->keys++;
	contents->closed += text_absent(sealed) ||
			    !token_key_opens(restoring->boot.house.master, contents->columns[0].value, sealed);
	return 0;
}

/* Before anything is touched: is it ours, does this program know it, does this key open it? */
static int check_dump(struct restoring *restoring)
{
	const char *why = NULL;
	struct contents contents = {.restoring = restoring, .columns = {{"name", TEXT_NONE}}};
	if (restore_rows(restoring->arena, restoring->file, "schema_migration", contents.columns, 1, see_migration,
		    &contents, &why) != 0)
		return boot_fail("%s", why);
	if (!contents.first)
		return boot_fail("%s is no backup of Keywright", restoring->file);
	if (contents.strangers)
		return boot_fail("%s is newer than this program: run the newer keywright", restoring->file);
	contents.columns[0].name = "kid";
	contents.columns[1].name = "sealed_key";
	if (restore_rows(restoring->arena, restoring->file, "signing_keys", contents.columns, 2, see_key, &contents,
		    &why) != 0)
		return boot_fail("%s", why);
	if (contents.closed || !contents.keys)
		return boot_fail(WRONG_KEY, settings_now()->store_master_key_file);
	return 0;
}

/* PostgreSQL takes a moment to see off the connections of a server that has just stopped. */
static int count_others(const char *url, int64_t *others_r, const char **why_r)
{
	const struct timespec moment = {.tv_nsec = 100 * 1000 * 1000};
	TRY(restore_others(url, others_r, why_r));
	for (int i = 0; *others_r && i < OTHERS_LOOKS; i++) {
		nanosleep(&moment, NULL);
		TRY(restore_others(url, others_r, why_r));
	}
	return 0;
}

static int check_nobody_else(const struct restoring *restoring, const char *url)
{
	const char *why = NULL;
	int64_t others = 0;
	if (!restoring->force && count_others(url, &others, &why) != 0)
		return boot_fail("%s", why);
	if (others)
		return boot_fail(
			"%lld connections to this database are keywright's: stop every node first (--force: do not "
			"look)",
			(long long)others);
	return 0;
}

static int restore_database(struct restoring *restoring, const char *url)
{
	const char *why = NULL;
	if (check_nobody_else(restoring, url) != 0 || check_dump(restoring) != 0)
		return -1;
	if (restore_load(url, restoring->file, restoring->migrations, restoring->count,
		    epoch_mark(restoring->keep_sessions), &why) != 0)
		return boot_fail("%s", why);
	restoring->in_place = true;
	return make_current(restoring, url);
}

/* ---- the command ---- */

static int carry_out(struct restoring *restoring, const struct boot_options *options)
{
	/* no doors are opened: what only serving needs is not asked for */
	struct boot_options quiet = *options;
	quiet.dev = true;
	if (boot_settings(&restoring->boot, &quiet) != 0 || boot_key(&restoring->boot) != 0)
		return -1;
	const char *url = settings_now()->store_url;
	restoring->migrations = assets_migrations(restoring->arena, &restoring->count);
	return text_starts(text_of(url), TEXT("sqlite:")) ? restore_file(restoring, url + strlen("sqlite:"))
							  : restore_database(restoring, url);
}

static int print_done(const struct cli *cli, const struct restoring *restoring)
{
	json_t *answer = json_pack("{s:b, s:s, s:s, s:s?}", "success", 1, "file", restoring->file, "sessions",
		restoring->keep_sessions ? "kept" : "ended", "kept", restoring->kept);
	char *text = answer ? json_dumps(answer, JSON_COMPACT) : NULL;
	const int code = text ? cli_print(200, text_of(text), cli->json) : EXIT_DONE;
	free(text);
	json_decref(answer);
	return code;
}

static int say_what_is(const struct restoring *restoring)
{
	fputs(restoring->in_place ? "The backup is in the database; the next start goes on from there.\n"
				  : "Nothing was changed.\n",
		stderr);
	return EXIT_REFUSED;
}

int cli_restore(const struct cli *cli)
{
	struct restoring restoring = {.arena = arena_new()};
	int code = read_words(cli, &restoring);
	signal(SIGPIPE, SIG_IGN);
	if (code == EXIT_DONE) {
		code = carry_out(&restoring, &cli->options) == 0 ? print_done(cli, &restoring)
								 : say_what_is(&restoring);
		boot_stop(&restoring.boot);
	}
	arena_free(restoring.arena);
	return code;
}
