#include "license/license_seen.h"

#include <pthread.h>
#include <stdlib.h>

/* A device's place is kept when it was written, so that who asks meanwhile is not told less. */
struct place {
	struct activation_seen seen; /* at 0: free */
	bool due;                    /* to be written */
};

/* Sets of four. A device is noted in the set that its MAC names. */
enum { SETS = 4096, WAYS = 4, PIECE_ROWS = 32 * ACTIVATION_SEEN_ROWS };

static struct {
	struct place (*sets)[WAYS];
	size_t due; /* how many are */
	pthread_mutex_t lock;
} room = {.lock = PTHREAD_MUTEX_INITIALIZER};

void license_seen_start(void)
{
	room.sets = calloc(SETS, sizeof *room.sets);
	MUST(room.sets);
	room.due = 0;
}

void license_seen_stop(void)
{
	free(room.sets);
	room.sets = NULL;
}

static bool is_same(const struct slot *a, const struct slot *b)
{
	return memcmp(a, b, sizeof *a) == 0;
}

/* The device's place; where it has none the one that was noted longest ago, which may be free. */
static struct place *place_of(const struct slot *slot)
{
	struct place *set = room.sets[(slot->device[0] | slot->device[1] << 8) % SETS], *oldest = set;
	for (int i = 0; i < WAYS; i++) {
		if (set[i].seen.at && is_same(&set[i].seen.slot, slot))
			return &set[i];
		if (set[i].seen.at < oldest->seen.at)
			oldest = &set[i];
	}
	return oldest;
}

void license_seen_note(const struct slot *slot, int64_t now)
{
	pthread_mutex_lock(&room.lock);
	struct place *place = place_of(slot);
	if (!is_same(&place->seen.slot, slot) || place->seen.at < now) {
		room.due += !place->due;
		*place = (struct place){{*slot, now}, true};
	}
	pthread_mutex_unlock(&room.lock);
}

int64_t license_seen_at(const struct slot *slot, int64_t written)
{
	pthread_mutex_lock(&room.lock);
	const struct activation_seen *seen = &place_of(slot)->seen;
	const int64_t noted = is_same(&seen->slot, slot) ? seen->at : 0;
	pthread_mutex_unlock(&room.lock);
	return noted > written ? noted : written;
}

/* ---- writing ---- */

/* What is to be written, on the heap; NULL: nothing. */
static struct activation_seen *take_due(size_t *count_r)
{
	struct activation_seen *due = NULL;
	size_t count = 0;
	pthread_mutex_lock(&room.lock);
	if (room.due) {
		due = calloc(room.due, sizeof *due);
		MUST(due);
	}
	for (size_t i = 0; i < SETS * WAYS && count < room.due; i++) {
		struct place *place = &room.sets[i / WAYS][i % WAYS];
		if (place->due)
			due[count++] = place->seen;
		place->due = false;
	}
	room.due = 0;
	pthread_mutex_unlock(&room.lock);
	*count_r = count;
	return due;
}

/* In the order of the rows: neighbours lie on one page, and no two nodes take them crosswise. */
static int compare(const void *a, const void *b)
{
	const struct activation_seen *first = a, *second = b;
	return memcmp(&first->slot, &second->slot, sizeof first->slot);
}

struct piece {
	const struct activation_seen *rows;
	size_t count;
};

static enum db_verdict write_piece(void *context, struct db_tx *tx)
{
	const struct piece *piece = context;
	for (size_t i = 0; i < piece->count; i += ACTIVATION_SEEN_ROWS) {
		struct activation_seen rows[ACTIVATION_SEEN_ROWS];
		/* a last statement that has too few repeats one */
		for (size_t j = 0; j < ACTIVATION_SEEN_ROWS; j++)
			rows[j] = piece->rows[i + j < piece->count ? i + j : i];
		if (activation_sql_see(tx, rows) < 0)
			return DB_UNDO;
	}
	return DB_KEEP;
}

void license_seen_write(struct db *db)
{
	size_t count;
	struct activation_seen *due = take_due(&count);
	if (due)
		qsort(due, count, sizeof *due, compare);
	for (size_t i = 0; i < count; i += PIECE_ROWS) {
		struct piece piece = {due + i, count - i < PIECE_ROWS ? count - i : PIECE_ROWS};
		(void)db_run(db, write_piece, &piece);
	}
	free(due);
}
