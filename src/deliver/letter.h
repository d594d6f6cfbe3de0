/*
 * A message on the heap, on its way from the commit to its carrier, in one piece that is wiped when it is freed.
 */
#ifndef KW_DELIVER_LETTER_H
#define KW_DELIVER_LETTER_H

#include "deliver/deliver.h"

struct lane;

struct letter {
	struct letter *prev, *next; /* utlist.h's double lists */
	struct lane *lane;          /* while it is under way */
	struct uuid app_id, message_id;
	struct message message; /* its texts lie behind this struct */
	int64_t claimed_until;  /* nobody else sends it until then; clock_now() */
	int64_t due;            /* not before; clock_steady(), 0: at once */
	int64_t tries;          /* that came to nothing */
	bool shown;             /* in the inbox */
	size_t size;
	char bytes[];
};

/* A copy of the message. */
struct letter *letter_new(struct uuid app_id, struct uuid message_id, const struct message *message);
/* A copy of all of it in the arena. */
struct letter *letter_copy(struct arena *arena, const struct letter *letter);
void letter_free(struct letter *letter); /* NULL is fine */

/* When it was queued, in ms: message ids are UUIDs of version 7. */
int64_t letter_queued_at(const struct letter *letter);

/* A message as JSON, and back; the texts of *message_r live in the arena. */
struct text letter_write(struct arena *arena, const struct message *message);
MUST_USE int letter_read(struct arena *arena, struct text json, struct message *message_r);

#endif
