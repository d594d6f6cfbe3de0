#include "main/backup.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "db/db.h"

enum state { NONE, RUNNING, DONE, FAILED };

/* What is known of the latest one. */
struct job {
	enum state state;
	char file[PATH_MAX];
	bool replace;
	int64_t began, ended; /* clock_steady() */
	struct db_backup backup;
};

static struct {
	struct db *db;
	pthread_mutex_t lock; /* over job, but for what its maker fills in */
	struct job job;
	pthread_t thread; /* of a job that is not NONE */
} room = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- the making ---- */

static void tell(const struct job *job)
{
	const struct db_backup *backup = &job->backup;
	if (job->state == DONE)
		log_say(LOG_INFO, "backup.made", "%lld bytes in %lld ms", (long long)backup->bytes,
			(long long)(job->ended - job->began));
	else
		log_say(LOG_ERROR, "backup.failed", "%s", backup->why);
}

static void *make(void *context)
{
	pthread_setname_np(pthread_self(), "backup");
	struct job *job = &room.job;
	const int failed = db_backup(room.db, job->file, job->replace, &job->backup);
	pthread_mutex_lock(&room.lock);
	job->state = failed ? FAILED : DONE;
	job->ended = clock_steady();
	tell(job);
	pthread_mutex_unlock(&room.lock);
	return NULL;
}

void backup_start(const struct house *house)
{
	room.db = house->db;
}

void backup_stop(void)
{
	room.job.backup.stop = true;
	pthread_mutex_lock(&room.lock);
	const bool any = room.job.state != NONE;
	pthread_mutex_unlock(&room.lock);
	if (any)
		pthread_join(room.thread, NULL);
	room.job.state = NONE;
}

/* ---- what became of it ---- */

static const char *const STATES[] = {[NONE] = "none", [RUNNING] = "running", [DONE] = "done", [FAILED] = "failed"};

static void reply_job(struct op *op, struct emit *json)
{
	pthread_mutex_lock(&room.lock);
	const struct job *job = &room.job;
	const struct db_backup *backup = &job->backup;
	const bool done = job->state == DONE;
	emit_string(json, "state", STATES[job->state]);
	emit_string(json, "file", job->file);
	emit_int(json, "bytes", done ? backup->bytes : backup->done);
	emit_int(json, "bytes_expected", done ? backup->bytes : backup->whole);
	emit_int(json, "pages", done ? backup->pages : 0);
	emit_int(json, "milliseconds", job->state == RUNNING ? clock_steady() - job->began : job->ended - job->began);
	emit_text(json, "why", job->state == FAILED ? text_of(backup->why) : TEXT_NONE);
	pthread_mutex_unlock(&room.lock);
}

static const struct answer_field ANSWER[] = {
	{"state", "string", "none, running, done or failed"},
	{"file", "string", "where it is written, or was"},
	{"bytes", "integer", "so far; when done its size"},
	{"bytes_expected", "integer", "what they will come to; 0 where that is not known"},
	{"pages", "integer", "pages of the database (SQLite), once it is done"},
	{"milliseconds", "integer", "that it has taken"},
	{"why", "string", "why it failed; else null"},
};

static enum err show(struct op *op, void *body)
{
	return ERR_NONE;
}

const struct action backup_show_action = {
	.summary = "Tell how far the latest backup is",
	.run = show,
	.reply = reply_job,
	ACTION_ANSWER(ANSWER),
};

/* ---- begin ---- */

struct begin_body {
	struct text file;
	bool force;
};
static const struct field BEGIN_FIELDS[] = {
	FIELD(struct begin_body, file, text, .required = true, .min = 2, .max = PATH_MAX - 8,
		.help = "absolute path, in a folder where the server may write"),
	FIELD(struct begin_body, force, flag, .help = "take the place of a file of that name"),
};

static void check_begin(struct op *op, void *body)
{
	const struct begin_body *in = body;
	if (!text_absent(in->file) && in->file.p[0] != '/')
		schema_bad(op, "file", "Must be an absolute path.");
}

/* Under the lock. */
static enum err begin_job(const struct begin_body *in)
{
	struct job *job = &room.job;
	if (job->state == RUNNING)
		return ERR_ALREADY_EXISTS;
	if (job->state != NONE)
		pthread_join(room.thread, NULL);
	*job = (struct job){.replace = in->force, .began = clock_steady()};
	snprintf(job->file, sizeof job->file, "%.*s", TEXT_ARG(in->file));
	if (pthread_create(&room.thread, NULL, make, NULL) != 0)
		return ERR_SERVICE_UNAVAILABLE;
	job->state = RUNNING;
	return ERR_NONE;
}

static enum err begin(struct op *op, void *body)
{
	pthread_mutex_lock(&room.lock);
	const enum err err = begin_job(body);
	pthread_mutex_unlock(&room.lock);
	return err;
}

static const enum err BEGIN_ERRORS[] = {ERR_ALREADY_EXISTS, ERR_NONE};

const struct action backup_begin_action = {
	.summary = "Begin a backup of the store into a file on the server's machine",
	ACTION_FIELDS(struct begin_body, BEGIN_FIELDS),
	.check = check_begin,
	.run = begin,
	.reply = reply_job,
	.status = 201,
	ACTION_ANSWER(ANSWER),
	.errors = BEGIN_ERRORS,
};
