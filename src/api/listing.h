/*
 * Lists in pages, newest first (API section 1): the fields `cursor` and `limit` of a request, and `next_cursor` of its answer.
 *
 * Rows are sorted by a UUID of version 7, descending. A cursor is base64url of the last row's: the next page has the rows
 * below it, whatever was added or removed meanwhile. Where a filter may fit few of very many rows, a page looks at so many of them
 * and no more (down_to): it may then be short, even empty, and still lead on.
 */
#ifndef KW_API_LISTING_H
#define KW_API_LISTING_H

#include "api/schema.h"

enum { LISTING_LIMIT = 50, LISTING_LIMIT_MAX = 100 };

/* For the field table of a body with `struct uuid cursor; int64_t limit;`. */
#define LISTING_FIELDS(body)                                                                                           \
	FIELD(body, cursor, cursor, .place = IN_QUERY, .help = "next_cursor of the page before"),                      \
		FIELD(body, limit, int, .place = IN_QUERY, .standard_int = LISTING_LIMIT, .min = 1,                    \
			.max = LISTING_LIMIT_MAX, .help = "rows a page has at most")
/* Its answer field. */
#define LISTING_ANSWER                                                                                                 \
	{                                                                                                              \
		"next_cursor", "string", "for the next page; null on the last"                                         \
	}

/* A page being read. The room's statement takes LISTING_BEFORE and LISTING_ROWS as arguments, fills row, and calls
 * listing_add for each: `id < $2 … ORDER BY id DESC LIMIT $3`. */
struct listing {
	struct arena *arena;
	const void *row; /* the one being read */
	size_t row_size;
	char *rows;
	size_t count, limit;
	struct uuid before;  /* rows below this id are wanted */
	bool more;           /* there is another page */
	struct uuid down_to; /* the last row looked at when others are left, unless there is more; nil: none are */
};
#define LISTING_BEFORE(listing) ARG_BYTES((listing)->before)
/* One more than fits, which tells whether there is another page. */
#define LISTING_ROWS(listing) ARG_INT((int64_t)(listing)->limit + 1)

/* A page in op's arena of rows like *row. cursor nil: from the newest on. */
struct listing *listing_new(struct op *op, struct uuid cursor, int64_t limit, const void *row, size_t row_size);
/* For db_each, with the listing as context. */
int listing_add(void *listing);
/* Members `noun` and `next_cursor` of an answer; emit writes one row's object under no key; id_offset is where a row has the
 * UUID it is sorted by. */
void listing_emit(struct emit *json, const char *noun, const struct listing *listing,
	void (*emit)(struct emit *json, const void *row), size_t id_offset);

#endif
