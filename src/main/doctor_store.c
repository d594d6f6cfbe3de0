/* The store, and who has it. */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "db/db.h"
#include "main/doctor.h"
#include "main/doctor_sql.h"

enum { CHECK_MS = 30 * 1000, LOG_MAX = 64 * 1024 * 1024, AHEAD_MS = 5 * 60 * 1000 };

/* Why the store is not looked at here; NULL: it is. */
static const char *why_not(const struct doctor *doctor)
{
	if (doctor->server)
		return "a server has the store; to have this looked at, stop it";
	return doctor->hands_off ? "root leaves the store to the account that the folder belongs to" : NULL;
}

/* ---- who has it ---- */

struct comparison {
	struct doctor *doctor;
	const json_t *theirs;
	const char *differ; /* names so far */
};

static void compare_setting(void *context, const struct settings_row *row)
{
	struct comparison *comparison = context;
	const char *theirs = json_string_value(json_object_get(comparison->theirs, row->name));
	if (theirs && strcmp(theirs, row->value) != 0)
		comparison->differ = arena_printf(comparison->doctor->arena, "%s%s%s", comparison->differ,
			*comparison->differ ? ", " : "", row->name)
					     .p;
}

static void compare_settings(struct doctor *doctor)
{
	struct comparison comparison = {doctor, json_object_get(doctor->server, "settings"), ""};
	settings_each(doctor->settings, compare_setting, &comparison);
	if (*comparison.differ)
		doctor_warn(doctor,
			"give doctor what serve was given (--config, --listen, …, and the environment); or the server "
			"has "
			"not been restarted since they were changed",
			"the server goes by other settings than doctor: %s", comparison.differ);
}

void doctor_server(struct doctor *doctor)
{
	const char *version = doctor_told(doctor, "version");
	if (!doctor->server)
		doctor_fine(doctor, "none runs on %s: the store is looked at directly", doctor->data);
	else if (!*version)
		doctor_blame(doctor, "look at its log: the database may be down",
			"one runs on %s, and does not say what it knows", doctor->data);
	else if (strcmp(version, KW_VERSION) != 0)
		doctor_warn(doctor, "restart the server", "it is version %s, this program is %s", version, KW_VERSION);
	else
		doctor_fine(
			doctor, "version %s runs, process %lld", version, (long long)doctor_told_int(doctor, "pid"));
	compare_settings(doctor);
}

/* ---- the engine ---- */

static enum db_verdict ask_version(void *context, struct db_tx *tx)
{
	struct text *version = context;
	return doctor_sql_version(tx, version) == DB_ROW ? DB_KEEP : DB_UNDO;
}

static void say_postgres(struct doctor *doctor)
{
	struct text version = TEXT_NONE;
	if (doctor->db && db_run_in(doctor->db, doctor->arena, ask_version, &version) == DB_COMMITTED)
		doctor_fine(doctor, "PostgreSQL %.*s", TEXT_ARG(version));
	else
		doctor_fine(doctor, "PostgreSQL, which the server uses");
}

/* The bug and its fix: sqlite.org/wal.html, section 11. */
static void say_sqlite(struct doctor *doctor)
{
	struct stat status;
	if (stat(doctor_store_file(doctor), &status) == 0 && (status.st_mode & 077))
		doctor_blame(doctor, "chmod 600 it", "%s is open to others (mode %03o)", doctor_store_file(doctor),
			status.st_mode & 0777);
	doctor_fine(doctor,
		"SQLite %s. 3.7.0 to 3.51.2 can spoil a log that one connection checkpoints while another writes: here "
		"one "
		"connection does both, and %s owns the file",
		db_sqlite_version(), doctor->server ? "the server" : "one process at a time");
}

void doctor_engine(struct doctor *doctor)
{
	if (!doctor->server && doctor->hands_off)
		doctor_warn(doctor,
			"run doctor as that account (runuser -u ACCOUNT -- keywright doctor …), or while its server "
			"runs",
			"not looked at: %s", why_not(doctor));
	else if (!doctor->server && !doctor->db)
		doctor_blame(doctor, "keywright restore puts a backup in its place; a first start makes a store",
			"it cannot be opened: %s", doctor->no_store);
	else if (doctor_store_file(doctor))
		say_sqlite(doctor);
	else
		say_postgres(doctor);
}

void doctor_pages(struct doctor *doctor)
{
	struct text verdict = TEXT_NONE;
	bool whole = false;
	if (!doctor_store_file(doctor))
		doctor_fine(doctor, "PostgreSQL sees to its own");
	else if (why_not(doctor))
		doctor_fine(doctor, "not looked at: %s", why_not(doctor));
	else if (!doctor->db || db_check(doctor->db, doctor->arena, CHECK_MS, &whole, &verdict) != 0)
		doctor_blame(doctor, "keywright restore puts a backup in its place", "the store cannot be read");
	else if (!text_equal(verdict, TEXT("ok")))
		doctor_blame(doctor, "keywright restore puts a backup in its place; keep the damaged file",
			"the store is damaged: %.*s", TEXT_ARG(verdict));
	else if (whole)
		doctor_fine(doctor, "all are sound");
	else
		doctor_fine(doctor, "those looked at within %d s are sound; the store is larger", CHECK_MS / 1000);
}

void doctor_log(struct doctor *doctor)
{
	const char *file = doctor_store_file(doctor);
	struct stat status = {0};
	if (file && stat(arena_printf(doctor->arena, "%s-wal", file).p, &status) != 0)
		status.st_size = 0;
	if (!file)
		doctor_fine(doctor, "PostgreSQL sees to its own");
	else if (status.st_size > LOG_MAX)
		doctor_warn(doctor,
			"end whatever reads for so long: a backup, or another program that has the file open",
			"the write-ahead log has %s", doctor_size(doctor, status.st_size));
	else if (status.st_size && !doctor->server)
		doctor_fine(doctor,
			"the write-ahead log has %s of a server that was killed; the next start takes it in",
			doctor_size(doctor, status.st_size));
	else
		doctor_fine(doctor, "the write-ahead log has %s", doctor_size(doctor, status.st_size));
}

/* ---- what is in it ---- */

void doctor_migrations(struct doctor *doctor)
{
	struct db_schema schema;
	if (doctor->server)
		doctor_fine(doctor, "the server ran them when it started");
	else if (doctor->hands_off)
		doctor_fine(doctor, "not looked at: %s", why_not(doctor));
	else if (!doctor->db || db_schema(doctor->db, &schema) != 0)
		doctor_warn(doctor, "a first start makes a store", "there are no records of any");
	else if (schema.newer)
		doctor_blame(doctor, "run the newer keywright, or restore a backup from before it",
			"the schema is newer than this program");
	else if (schema.pending)
		doctor_warn(doctor, "make a backup; the next start runs them", "%d wait for the next start of a server",
			schema.pending);
	else
		doctor_fine(doctor, "none wait (%d ran)", schema.recorded);
}

static enum db_verdict ask_newest(void *context, struct db_tx *tx)
{
	return doctor_sql_newest(tx, context) == DB_FAULT ? DB_UNDO : DB_KEEP;
}

/* A store that was written under a clock that ran ahead: what expires, expires late, and new things seem old. */
void doctor_newest(struct doctor *doctor)
{
	int64_t newest = doctor_told_int(doctor, "newest_ms");
	struct db_schema schema;
	char shown[CLOCK_RFC3339_SIZE];
	if (!doctor->server && (!doctor->db || db_schema(doctor->db, &schema) != 0 || schema.pending))
		doctor_fine(doctor, "not looked at, before the store is as this program wants it");
	else if (!doctor->server && db_run(doctor->db, ask_newest, &newest) != DB_COMMITTED)
		doctor_warn(doctor, "look at the store's own findings", "the latest event cannot be read");
	else if (clock_rfc3339(newest, shown), newest > clock_now() + AHEAD_MS)
		doctor_blame(doctor,
			"set the clock right; if it is, it was ahead once, and a restore of a backup from before "
			"that is the clean way out",
			"the latest event is from %s, which is still to come", shown);
	else if (newest)
		doctor_fine(doctor, "the latest event is from %s", shown);
	else
		doctor_fine(doctor, "there are no events yet");
}

/* ---- PostgreSQL's tools ---- */

static bool is_in_path(struct doctor *doctor, const char *program)
{
	const char *path = getenv("PATH");
	for (struct text rest = text_of(path ? path : "/usr/bin:/bin"); !text_absent(rest);) {
		const struct text folder = text_cut(&rest, ':');
		if (access(arena_printf(doctor->arena, "%.*s/%s", TEXT_ARG(folder), program).p, X_OK) == 0)
			return true;
	}
	return false;
}

void doctor_tools(struct doctor *doctor)
{
	if (doctor_store_file(doctor))
		doctor_fine(doctor, "backup and restore need none on SQLite");
	else if (!is_in_path(doctor, "pg_dump") || !is_in_path(doctor, "pg_restore") || !is_in_path(doctor, "psql"))
		doctor_warn(doctor, "apt install postgresql-client",
			"backup and restore need pg_dump, pg_restore and psql");
	else
		doctor_fine(doctor, "pg_dump, pg_restore and psql are there");
}
