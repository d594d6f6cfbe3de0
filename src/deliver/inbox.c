#include "deliver/inbox.h"

#include <pthread.h>
#include <stdlib.h>
#include <utlist.h>

/* uthash's own choice falls from case to case, which clang refuses. */
#define HASH_FUNCTION HASH_FNV
#include <uthash.h>

/* All letters to one contact. */
struct box {
	struct item *items; /* newest first */
	UT_hash_handle hh;
	char contact[];
};

struct item {
	struct letter *letter;
	struct box *box;
	struct item *prev, *next;         /* among all, newest first */
	struct item *box_prev, *box_next; /* in its box */
};

static struct {
	pthread_mutex_t lock; /* guards what follows */
	struct box *boxes;
	struct item *items;
	size_t count;
} inbox = {.lock = PTHREAD_MUTEX_INITIALIZER};

static struct box *find_box(struct text contact)
{
	struct box *box;
	HASH_FIND(hh, inbox.boxes, contact.p, contact.n, box);
	return box;
}

static struct box *make_box(struct text contact)
{
	struct box *box = calloc(1, sizeof *box + contact.n);
	MUST(box);
	memcpy(box->contact, contact.p, contact.n);
	HASH_ADD_KEYPTR(hh, inbox.boxes, box->contact, contact.n, box);
	return box;
}

static void drop(struct item *item)
{
	struct box *box = item->box;
	DL_DELETE2(box->items, item, box_prev, box_next);
	if (!box->items) {
		HASH_DELETE(hh, inbox.boxes, box);
		free(box);
	}
	DL_DELETE(inbox.items, item);
	inbox.count--;
	letter_free(item->letter);
	free(item);
}

void inbox_add(struct letter *letter)
{
	const struct text contact = letter->message.to.canonical;
	struct item *item = calloc(1, sizeof *item);
	MUST(item);
	item->letter = letter;
	pthread_mutex_lock(&inbox.lock);
	item->box = find_box(contact);
	if (!item->box)
		item->box = make_box(contact);
	DL_PREPEND2(item->box->items, item, box_prev, box_next);
	DL_PREPEND(inbox.items, item);
	if (++inbox.count > INBOX_MAX)
		drop(inbox.items->prev); /* a list's first element knows the last */
	pthread_mutex_unlock(&inbox.lock);
}

void inbox_show(struct letter *letter)
{
	if (!letter->shown)
		inbox_add(letter_new(letter->app_id, letter->message_id, &letter->message));
	letter->shown = true;
}

size_t inbox_read(struct arena *arena, struct text to, size_t limit, const struct letter **letters)
{
	size_t count = 0;
	pthread_mutex_lock(&inbox.lock);
	const struct box *box = text_absent(to) ? NULL : find_box(to);
	const struct item *item = text_absent(to) ? inbox.items : box ? box->items : NULL;
	for (; item && count < limit; item = text_absent(to) ? item->next : item->box_next)
		letters[count++] = letter_copy(arena, item->letter);
	pthread_mutex_unlock(&inbox.lock);
	return count;
}

void inbox_clear(void)
{
	pthread_mutex_lock(&inbox.lock);
	while (inbox.items)
		drop(inbox.items);
	pthread_mutex_unlock(&inbox.lock);
}
