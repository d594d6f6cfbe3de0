/*
 * A connection to PostgreSQL that never waits past its deadline: non-blocking libpq in pipeline mode, and poll.
 * (The one exception is libpq's look-up of host names, which only delays the thread that connects.)
 *
 * Rule of failure: enum link_end. After LINK_LOST and LINK_LATE the connection is closed and the reason logged.
 */
#ifndef KW_DB_LINK_H
#define KW_DB_LINK_H

#include "db/pq.h"

enum link_end {
	LINK_OK,
	LINK_ERROR, /* the server refused a statement */
	LINK_LOST,  /* the connection broke */
	LINK_LATE   /* the deadline passed */
};

struct link {
	char *url;        /* the caller's */
	PGconn *pg;       /* NULL: not connected */
	int64_t deadline; /* by clock_steady(); set by the caller */
	bool working;     /* connected and set up: its loss is worth a warning */
	bool late;        /* not connected because of a LINK_LATE */
	char why[256];    /* of the last LINK_LOST or LINK_LATE */
};

/* What the server said to a pipeline. */
struct link_answer {
	PGresult *
		result; /* the error, else the last statement's; the caller clears it. Only on LINK_OK and LINK_ERROR */
	unsigned done;  /* how many statements succeeded */
};

enum link_end link_connect(struct link *link);
void link_close(struct link *link);

/* Sends what was queued with pq.send… and waits for all of it. */
enum link_end link_exchange(struct link *link, struct link_answer *answer_r);
/* The same for statements without arguments or results, separated by semicolons. */
enum link_end link_script(struct link *link, const char *sql, struct link_answer *answer_r);
/* Looks, without waiting, whether the server has closed the connection. */
enum link_end link_check(struct link *link);

#endif
