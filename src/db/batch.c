#include "db/batch.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"

#define REST_MS 500
#define PROBE_MS 200

struct worker {
	struct batch *batch;
	struct conn *conn;
	pthread_t thread;
};

struct batch {
	const struct engine *engine;
	struct group_tally tally;
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t work;  /* something is queued, or stopping */
	pthread_cond_t turn;  /* the server is back, the probing thread gives up its turn, or stopping */
	struct db_work *head, **tail;
	unsigned queued, room;
	bool stopping, down, probing;
	unsigned connected; /* how often a connection was made: a failure from before the last is old news */
	unsigned started, count;
	struct worker workers[];
};

/* ---- the queue ---- */

int batch_submit(struct batch *batch, struct db_work *work)
{
	work->next = NULL;
	pthread_mutex_lock(&batch->lock);
	const bool full = batch->stopping || batch->down || batch->queued >= batch->room;
	if (!full) {
		*batch->tail = work;
		batch->tail = &work->next;
		batch->queued++;
		pthread_cond_signal(&batch->work);
	}
	pthread_mutex_unlock(&batch->lock);
	return full ? -1 : 0;
}

static void wait_for(struct batch *batch, pthread_cond_t *condition, int ms)
{
	const int64_t end = clock_steady() + ms;
	const struct timespec until = {.tv_sec = end / 1000, .tv_nsec = end % 1000 * 1000000};

	pthread_cond_timedwait(condition, &batch->lock, &until);
}

/* Takes what waits, at most a group, in order; none after REST_MS of quiet. False: stopping, and nothing is left. */
static bool take(struct batch *batch, struct db_work **works, size_t *count_r, unsigned *connected_r)
{
	size_t count = 0;

	pthread_mutex_lock(&batch->lock);
	if (!batch->head && !batch->stopping)
		wait_for(batch, &batch->work, REST_MS);
	while (batch->head && count < batch->engine->group) {
		works[count++] = batch->head;
		batch->head = batch->head->next;
	}
	if (!batch->head)
		batch->tail = &batch->head;
	batch->queued -= (unsigned)count;
	*connected_r = batch->connected;
	const bool more = count > 0 || !batch->stopping;
	pthread_mutex_unlock(&batch->lock);
	*count_r = count;
	return more;
}

/* ---- when the server is gone ---- */

/* From here on nothing is queued until the server is back; what waits fails now. connected: the count when the try began
 * that failed. */
static void go_down(struct batch *batch, unsigned connected)
{
	pthread_mutex_lock(&batch->lock);
	if (connected != batch->connected) {
		pthread_mutex_unlock(&batch->lock);
		return;
	}
	const bool news = !batch->down;
	struct db_work *work = batch->head;
	batch->down = true;
	batch->head = NULL;
	batch->tail = &batch->head;
	batch->queued = 0;
	pthread_mutex_unlock(&batch->lock);

	if (news)
		log_say(LOG_ERROR, "store_down", "the database does not answer; requests are refused until it does");
	while (work) {
		struct db_work *next = work->next;
		batch->tally.actions++;
		batch->tally.faults++;
		work->after(work, DB_FAILED);
		work = next;
	}
}

static void go_up(struct batch *batch)
{
	pthread_mutex_lock(&batch->lock);
	const bool news = batch->down;
	batch->down = false;
	batch->connected++;
	pthread_cond_broadcast(&batch->turn);
	pthread_mutex_unlock(&batch->lock);
	if (news)
		log_say(LOG_INFO, "store_up", "the database answers again");
}

/* Waits until it is this thread's turn to connect: at once when the server is up, else one thread at a time. False:
 * stopping. */
static bool take_turn(struct batch *batch, bool *probing_r, unsigned *connected_r)
{
	pthread_mutex_lock(&batch->lock);
	while (batch->down && batch->probing && !batch->stopping)
		pthread_cond_wait(&batch->turn, &batch->lock);
	*probing_r = batch->down;
	if (*probing_r)
		batch->probing = true;
	*connected_r = batch->connected;
	const bool go = !batch->stopping;
	pthread_mutex_unlock(&batch->lock);
	return go;
}

/* After a try: the prober waits so that tries begin PROBE_MS apart at least. */
static void give_turn(struct batch *batch, bool probing, bool here)
{
	pthread_mutex_lock(&batch->lock);
	if (!here && !batch->stopping)
		wait_for(batch, &batch->turn, PROBE_MS);
	if (probing)
		batch->probing = false;
	pthread_cond_broadcast(&batch->turn);
	pthread_mutex_unlock(&batch->lock);
}

static void rejoin(struct batch *batch, struct conn *conn)
{
	const struct engine *engine = batch->engine;
	unsigned connected;
	bool probing;

	while (!engine->alive(conn) && take_turn(batch, &probing, &connected)) {
		const bool here = engine->reconnect(conn) == 0;
		if (here)
			go_up(batch);
		else
			go_down(batch, connected);
		give_turn(batch, probing, here);
	}
}

/* ---- threads ---- */

static void *work_on(void *context)
{
	pthread_setname_np(pthread_self(), "store");
	struct worker *worker = context;
	struct batch *batch = worker->batch;
	struct db_work *works[GROUP_MAX];
	unsigned connected;
	size_t count;

	rejoin(batch, worker->conn);
	while (take(batch, works, &count, &connected)) {
		if (count > 0)
			group_run(worker->conn, works, count, &batch->tally);
		batch->engine->rest(worker->conn, count == 0);
		if (!batch->engine->alive(worker->conn)) {
			go_down(batch, connected);
			rejoin(batch, worker->conn);
		}
	}
	return NULL;
}

struct batch *batch_new(struct conn *first, unsigned threads, unsigned room)
{
	struct batch *batch = calloc(1, sizeof *batch + threads * sizeof *batch->workers);
	pthread_condattr_t monotonic;

	MUST(batch != NULL && threads > 0);
	batch->engine = first->engine;
	batch->room = room;
	batch->tail = &batch->head;
	batch->count = threads;
	pthread_mutex_init(&batch->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&batch->work, &monotonic);
	pthread_cond_init(&batch->turn, &monotonic);
	pthread_condattr_destroy(&monotonic);
	for (unsigned i = 0; i < threads; i++) {
		batch->workers[i] = (struct worker){batch, i == 0 ? first : first->engine->open_more(first), 0};
		MUST(batch->workers[i].conn != NULL);
	}
	return batch;
}

int batch_start(struct batch *batch)
{
	for (; batch->started < batch->count; batch->started++) {
		struct worker *worker = &batch->workers[batch->started];
		TRY(pthread_create(&worker->thread, NULL, work_on, worker));
	}
	return 0;
}

void batch_free(struct batch *batch)
{
	if (!batch)
		return;
	pthread_mutex_lock(&batch->lock);
	batch->stopping = true;
	pthread_cond_broadcast(&batch->work);
	pthread_cond_broadcast(&batch->turn);
	pthread_mutex_unlock(&batch->lock);
	for (unsigned i = 0; i < batch->started; i++)
		pthread_join(batch->workers[i].thread, NULL);
	for (unsigned i = batch->count; i-- > 0;)
		batch->engine->close(batch->workers[i].conn);
	pthread_cond_destroy(&batch->turn);
	pthread_cond_destroy(&batch->work);
	pthread_mutex_destroy(&batch->lock);
	free(batch);
}

/* ---- what is known ---- */

bool batch_is_up(struct batch *batch)
{
	pthread_mutex_lock(&batch->lock);
	const bool up = !batch->down;
	pthread_mutex_unlock(&batch->lock);
	return up;
}

unsigned batch_queued(struct batch *batch)
{
	pthread_mutex_lock(&batch->lock);
	const unsigned queued = batch->queued;
	pthread_mutex_unlock(&batch->lock);
	return queued;
}

struct group_tally *batch_tally(struct batch *batch)
{
	return &batch->tally;
}
