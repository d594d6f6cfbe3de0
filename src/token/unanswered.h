/*
 * Refreshes whose COMMIT got no answer: if it held, the client has never seen the successor, and asking again with the
 * parent is no theft. Remembered by request id for ten minutes, the latest of them, in this process. From any thread.
 */
#ifndef KW_TOKEN_UNANSWERED_H
#define KW_TOKEN_UNANSWERED_H

#include "base/text.h"

void unanswered_add(const char *request_id, int64_t now);
bool unanswered_has(struct text request_id, int64_t now);

#endif
