/*
 * The inbox of dev mode: the latest messages, in memory alone. From any thread.
 */
#ifndef KW_DELIVER_INBOX_H
#define KW_DELIVER_INBOX_H

#include "deliver/letter.h"

enum { INBOX_MAX = 10000 };

/* Takes the letter over. */
void inbox_add(struct letter *letter);
/* Adds a copy, unless the letter was shown before. */
void inbox_show(struct letter *letter);
/* Copies of the latest letters, newest first, at most limit: to that contact (canonical), or to all if it is absent.
 * Returns how many. */
size_t inbox_read(struct arena *arena, struct text to, size_t limit, const struct letter **letters);
void inbox_clear(void);

#endif
