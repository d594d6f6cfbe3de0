/*
 * What leaves: success bodies, the one error envelope (API section 1) and pages, with their headers. On the I/O thread, or
 * for commands without a server into a text.
 */
#ifndef KW_API_REPLY_H
#define KW_API_REPLY_H

#include "api/action.h"

/* public_url without a slash at its end; it must live as long as the process. */
void reply_start(const char *public_url);

/* The HTTP status of op's end: of its err, else what run set, else the action's usual one. */
int reply_status(const struct op *op, const struct action *action);
/* The envelope of op->err, or the success body that action writes. */
struct text reply_body(struct op *op, const struct action *action);
/* The whole answer to op's request, for http_respond: JSON, or what the action's page makes of it. */
struct http_answer reply_answer(struct op *op, const struct action *action);
struct http_answer reply_answer_document(struct op *op, const struct document *document);
/* The 204 of a preflight. */
struct http_answer reply_answer_preflight(struct op *op);

#endif
