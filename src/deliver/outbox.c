#include "deliver/outbox.h"

#include <stdlib.h>
#include <unistd.h>
#include <utlist.h>

#include "base/clock.h"
#include "base/log.h"
#include "crypto/seal.h"
#include "deliver/outbox_sql.h"

enum { ERRANDS_PER_WORK = 250, RETRY_MS = 1000, NAP_US = 1000 };

/* What is to be done to a row. */
struct errand {
	struct outbox_row row; /* without what was sealed */
	bool erase;
	int64_t free_at; /* else */
};

static struct {
	struct db *db;
	struct outbox_doings doings;
	struct seal_key *key;
	/* noted, oldest first; the delivery thread's */
	struct errand *noted;
	size_t noted_count, noted_room;
	/* a work in the store's hands, or one that failed and is to be tried again */
	struct {
		struct db_work work;
		struct errand errands[ERRANDS_PER_WORK];
		size_t count;
		int64_t not_before; /* clock_steady() */
		_Atomic bool under_way, failed;
	} running;
	_Atomic unsigned claims_under_way;
} room;

void outbox_start(const struct house *house, const struct outbox_doings *doings)
{
	room.db = house->db;
	room.doings = *doings;
	room.key = seal_key_new(house->master, "outbox");
	room.running.work.arena = arena_new();
}

void outbox_stop(void)
{
	/* the store decides every work within seconds, whatever becomes of its server */
	while (room.running.under_way || room.claims_under_way)
		usleep(NAP_US);
	arena_free(room.running.work.arena);
	seal_key_free(room.key);
	free(room.noted);
	room.noted = NULL;
	room.noted_count = room.noted_room = 0;
	room.running.failed = false;
}

/* ---- in ---- */

static struct text about(const struct uuid *message_id)
{
	return text_bytes(message_id->b, sizeof message_id->b);
}

enum err outbox_add(struct op *op, struct uuid app_id, const struct message *message, struct uuid *id_r)
{
	const struct uuid id = uuid_new(op->now);
	const struct text plain = letter_write(op->arena, message);
	const struct outbox_row row = {.app_id = app_id,
		.message_id = id,
		.expires_at = message->expires_at,
		.claimed_until = op->now + OUTBOX_CLAIM_MS,
		.sealed = seal(room.key, op->arena, about(&id), plain)};
	OP_STORE(op, outbox_sql_insert(op->tx, &row));
	*id_r = id;
	return ERR_NONE;
}

/* ---- claims ---- */

struct claiming {
	struct db_work work;
	size_t at_most;
	int64_t now, free_before;
	struct arena *arena;
	struct outbox_row row; /* of each */
	struct letter *letters;
	int expired;
};

static void drop_letters(struct letter **letters)
{
	struct letter *letter, *next;
	DL_FOREACH_SAFE(*letters, letter, next)
	{
		DL_DELETE(*letters, letter);
		letter_free(letter);
	}
}

static void log_unreadable(struct uuid message_id)
{
	struct log_line line;
	char id[UUID_TEXT_SIZE];
	uuid_write(message_id, id);
	log_begin(&line, LOG_ERROR, "message.unreadable");
	log_string(&line, "message_id", id);
	log_string(&line, "why", "the outbox row does not open under this master key; it is left until it expires");
	log_end(&line);
}

static int take_row(void *context)
{
	struct claiming *claiming = context;
	const struct outbox_row *row = &claiming->row;
	struct text plain;
	struct message message;
	if (seal_open(room.key, claiming->arena, about(&row->message_id), row->sealed, &plain) != 0 ||
		letter_read(claiming->arena, plain, &message) != 0) {
		log_unreadable(row->message_id);
		return 0;
	}
	struct letter *letter = letter_new(row->app_id, row->message_id, &message);
	letter->claimed_until = row->claimed_until;
	letter->tries = row->tries;
	DL_APPEND(claiming->letters, letter);
	return 0;
}

static enum db_verdict claim(struct claiming *claiming, struct db_tx *tx)
{
	drop_letters(&claiming->letters);
	claiming->arena = db_tx_arena(tx);
	claiming->expired = outbox_sql_expire(tx, claiming->now, claiming->free_before);
	if (claiming->expired < 0)
		return DB_UNDO;
	const int count = outbox_sql_claim(tx, claiming->free_before, claiming->now + OUTBOX_CLAIM_MS,
		(int64_t)claiming->at_most, &claiming->row, take_row, claiming);
	return count < 0 ? DB_UNDO : DB_KEEP;
}

static void claimed(struct claiming *claiming, enum db_outcome outcome)
{
	if (outcome != DB_COMMITTED) {
		drop_letters(&claiming->letters);
		return;
	}
	if (claiming->expired > 0)
		room.doings.expired((unsigned)claiming->expired);
	if (claiming->letters)
		room.doings.take(claiming->letters);
}

static enum db_verdict run_claiming(struct db_work *work, struct db_tx *tx)
{
	return claim(CONTAINER(work, struct claiming, work), tx);
}

static void after_claiming(struct db_work *work, enum db_outcome outcome)
{
	struct claiming *claiming = CONTAINER(work, struct claiming, work);
	claimed(claiming, outcome);
	arena_free(work->arena);
	free(claiming);
	room.claims_under_way--;
}

void outbox_claim(size_t at_most)
{
	/* Rows that could not be erased yet must not come back as letters. */
	if (at_most == 0 || room.running.failed)
		return;
	struct claiming *claiming = calloc(1, sizeof *claiming);
	MUST(claiming);
	room.claims_under_way++;
	claiming->work = (struct db_work){.run = run_claiming, .after = after_claiming, .arena = arena_new()};
	claiming->at_most = at_most;
	claiming->now = claiming->free_before = clock_now();
	if (db_submit(room.db, &claiming->work) != 0)
		after_claiming(&claiming->work, DB_FAILED);
}

static enum db_verdict run_first_claiming(void *context, struct db_tx *tx)
{
	return claim(context, tx);
}

int outbox_claim_left_behind(size_t at_most)
{
	const bool alone = strcmp(db_health(room.db).engine, "sqlite") == 0;
	struct claiming claiming = {.at_most = at_most, .now = clock_now()};
	claiming.free_before = alone ? INT64_MAX : claiming.now;
	const enum db_outcome outcome = db_run(room.db, run_first_claiming, &claiming);
	claimed(&claiming, outcome);
	return outcome == DB_COMMITTED ? 0 : -1;
}

/* ---- out ---- */

static void note(const struct errand *errand)
{
	if (room.noted_count == room.noted_room) {
		room.noted_room = room.noted_room ? 2 * room.noted_room : 128;
		room.noted = realloc(room.noted, room.noted_room * sizeof *room.noted);
		MUST(room.noted);
	}
	room.noted[room.noted_count++] = *errand;
}

static struct outbox_row row_of(const struct letter *letter)
{
	return (struct outbox_row){.app_id = letter->app_id,
		.message_id = letter->message_id,
		.claimed_until = letter->claimed_until,
		.tries = letter->tries};
}

void outbox_erase(const struct letter *letter)
{
	note(&(struct errand){.row = row_of(letter), .erase = true});
}

void outbox_release(const struct letter *letter, int64_t free_at)
{
	note(&(struct errand){.row = row_of(letter), .free_at = free_at});
}

static enum db_verdict run_errands(struct db_work *work, struct db_tx *tx)
{
	for (size_t i = 0; i < room.running.count; i++) {
		const struct errand *errand = &room.running.errands[i];
		const struct outbox_row *row = &errand->row;
		const int count = errand->erase ? outbox_sql_erase(tx, row->app_id, row->message_id)
						: outbox_sql_release(tx, row, errand->free_at);
		if (count < 0)
			return DB_UNDO;
	}
	return DB_KEEP;
}

static void errands_are_over(bool done)
{
	room.running.failed = !done;
	room.running.not_before = clock_steady() + RETRY_MS;
	room.running.under_way = false;
}

static void after_errands(struct db_work *work, enum db_outcome outcome)
{
	void (*wake)(void) = room.doings.wake;
	errands_are_over(outcome == DB_COMMITTED);
	wake();
}

/* The oldest of what was noted, unless what failed comes first. */
static void pick_errands(void)
{
	if (room.running.failed)
		return;
	const size_t count = room.noted_count < ERRANDS_PER_WORK ? room.noted_count : ERRANDS_PER_WORK;
	memcpy(room.running.errands, room.noted, count * sizeof *room.noted);
	room.noted_count -= count;
	memmove(room.noted, room.noted + count, room.noted_count * sizeof *room.noted);
	room.running.count = count;
}

bool outbox_work(void)
{
	if (room.running.under_way)
		return false;
	const bool failed = room.running.failed;
	if (!failed && room.noted_count == 0)
		return true;
	if (failed && clock_steady() < room.running.not_before)
		return false;
	pick_errands();
	room.running.work.run = run_errands;
	room.running.work.after = after_errands;
	room.running.under_way = true;
	arena_clear(room.running.work.arena);
	if (db_submit(room.db, &room.running.work) != 0)
		errands_are_over(false);
	return false;
}
