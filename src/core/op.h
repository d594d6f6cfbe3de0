/*
 * One operation: a request (or a command) on its way through gate, store and reply. It owns an arena; everything it
 * points to lives there.
 */
#ifndef KW_CORE_OP_H
#define KW_CORE_OP_H

#include "base/emit.h"
#include "base/ip.h"
#include "core/id.h"
#include "db/db.h"
#include "net/http.h"
#include "tables/tables.h"

struct app;
struct endpoint;
struct session;
struct user;

enum caller { CALLER_NONE, CALLER_APP, CALLER_SERVER, CALLER_USER, CALLER_OPERATOR, CALLER_PAGE };

/* Who a bearer token speaks for; filled by the gate's caller_user. */
struct op_user {
	struct uuid app_id, user_id, session_id, tenant_id; /* nil tenant: none */
	int64_t auth_time;
	/* as of this transaction; NULL before it */
	const struct user *record;
	const struct session *session;
};

struct bad_field {
	const char *field; /* name, or "body" */
	const char *message;
	size_t rank; /* its place in the endpoint's field table */
};

/* A field that a refusal adds to the envelope: attempts_left and its like. */
struct op_extra {
	const char *key;
	struct text json;
};

/* Something to do when the commit is known to hold: hand a message on, drop a cache. */
struct op_hook {
	void (*fn)(void *context);
	void *context;
	struct op_hook *next;
};

enum { OP_BAD_FIELDS_MAX = 32, OP_EXTRAS_MAX = 4 };

struct op {
	struct arena *arena;
	struct http_request *request; /* commands run without a server make one up */
	const struct endpoint *endpoint;
	int64_t now; /* the one time of this operation, ms */
	char request_id[REQUEST_ID_SIZE];

	/* who calls */
	const struct app *app; /* of app and server callers; of an app_id sent along */
	bool app_proven;       /* with its secret */
	struct op_user user;
	struct ip client;  /* whose budgets count */
	bool client_known; /* false: a proven app that named no end user; only the app's budgets count */
	uint32_t drawn;    /* bit by enum limit_id: what this operation has drawn, however often its run is repeated */
	struct text user_agent;
	struct text idempotency_key;
	struct text cors_origin; /* the Origin to allow, or absent */

	/* what it wants: the struct its field table describes */
	void *body;
	uint64_t fields_set, fields_null; /* bit by place in the field table */
	struct bad_field bad[OP_BAD_FIELDS_MAX];
	size_t bad_count;

	/* how it ends */
	enum err err;
	int status;       /* of a success; 0: the endpoint's usual one */
	int64_t retry_ms; /* for 429 and 503 */
	struct op_extra extras[OP_EXTRAS_MAX];
	size_t extra_count;
	void *result; /* from the action's run to its reply */
	struct op_hook *hooks;
	struct text allow; /* of a 405 */

	/* the road to the store */
	struct db_tx *tx; /* while run is at work */
	struct db_work work;
	struct loop_task task;
};

/* A fresh operation in that arena, with time and id. */
struct op *op_new(struct arena *arena);

/* Notes a bad field; the first message of a field counts. message is static or in the arena. */
void op_bad_field(struct op *op, const char *field, size_t rank, const char *message);

/* Refuse: each returns its err, so that `return op_refuse(…)` reads well. */
enum err op_refuse_later(struct op *op, enum err err, int64_t retry_ms);
void op_extra_int(struct op *op, const char *key, int64_t value);
void op_extra_time(struct op *op, const char *key, int64_t ms);

/* What a statement that could not run means: SERVICE_UNAVAILABLE when the store is at fault, else INTERNAL_ERROR. */
enum err op_store_fault(struct op *op);
/* For the statements of a room: leaves with the fault if found is DB_FAULT or a count is negative. */
#define OP_STORE(op, found)                                                                                            \
	do {                                                                                                           \
		if ((int)(found) < 0)                                                                                  \
			return op_store_fault(op);                                                                     \
	} while (0)

/* Runs fn after the commit, in the order asked, on the thread that replies. A run that is repeated starts with no hooks. */
void op_after_commit(struct op *op, void (*fn)(void *context), void *context);
/* Calls the hooks in order. */
void op_committed(const struct op *op);

#endif
