/*
 * What a room exports for each row of endpoints.def: `const struct action <room>_<name>_action`.
 *
 * Order of a request: fields → check → judge (I/O thread, pure) → run (in a transaction; may be called again after a
 * serialization failure) → commit → after-commit hooks → reply or the error envelope (I/O thread).
 */
#ifndef KW_API_ACTION_H
#define KW_API_ACTION_H

#include "api/schema.h"

/* One field of the answer, for /openapi.json. */
struct answer_field {
	const char *name;
	const char *type; /* string, integer, boolean, object, array */
	const char *help;
};

struct document;

struct action {
	const char *summary; /* one line, imperative */
	const struct field *fields;
	size_t field_count;
	size_t body_size; /* of the struct the fields fill; 0 without fields */
	/* Of APP rows: whether the call also needs its user's bearer token, judged like that of a USER row: op->user is then
	 * who it speaks for. Asked with the JSON as it came, for proof comes before fields. May be NULL. */
	bool (*needs_user)(const json_t *json);
	/* Rules between fields: notes bad fields with schema_bad. May be NULL. */
	void (*check)(struct op *op, void *body);
	/* Refuses before the store is asked, on the I/O thread: what is decided here waits for nobody. Its fields are good and
	 * its app is known; not for USER rows, whose session is asked about later. May be NULL. */
	enum err (*judge)(struct op *op, void *body);
	/* Does it. ERR_NONE or a refusal keeps what was written, a fault undoes it. op->tx is open unless the row says
	 * NO_STORE. */
	enum err (*run)(struct op *op, void *body);
	/* The answer to COMMIT was lost: what run did may hold or not (PostgreSQL only; the client gets 503). May be NULL. */
	void (*lost)(struct op *op);
	/* Writes the members that follow "success": true. May be NULL. */
	void (*reply)(struct op *op, struct emit *json);
	/* Writes the members that a refusal adds to its envelope; op->err says which it is. May be NULL. */
	void (*refusal)(struct op *op, struct emit *json);
	/* Of PAGE rows: the HTML of the answer, a success or a refusal; its status is the answer's. NULL: JSON. A refusal
	 * stands in op->err; VALIDATION_ERROR has its fields in op->bad, and op->body holds those that were good; one that
	 * came before the fields were read (FORBIDDEN, UNSUPPORTED_MEDIA_TYPE, a broken form) leaves op->body zeroed. */
	void (*page)(struct op *op, struct document *document);
	int status; /* of a success: 0 is 200; run may set op->status instead */
	const struct answer_field *answer;
	size_t answer_count;
	const enum err *errors; /* what it may answer beyond the gate's own, ending with ERR_NONE */
	bool form;              /* takes application/x-www-form-urlencoded too */
};

#define ACTION_FIELDS(body, table) .fields = (table), .field_count = COUNT(table), .body_size = sizeof(body)
#define ACTION_ANSWER(table) .answer = (table), .answer_count = COUNT(table)

/* A document: no caller, no store, a representation of its own. Rows of documents.def; <room>_<name>_document. */
struct document {
	int status; /* 200 unless set */
	const char *content_type;
	const char *cache_control; /* NULL: no-store */
	bool vary_accept;          /* another Accept gets another representation */
	bool runs_script;          /* HTML that may run scripts of ours, and these may call us */
	struct text cookie;        /* Set-Cookie (RFC 6265); absent: none */
	struct text body;          /* in op's arena, or living on */
};
typedef enum err document_fn(struct op *op, struct document *document);

#endif
