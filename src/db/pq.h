/*
 * libpq, loaded when the first PostgreSQL store is opened: who stays on SQLite does not pay for its memory. Called as
 * pq.finish(…) for PQfinish(…).
 */
#ifndef KW_DB_PQ_H
#define KW_DB_PQ_H

#include <libpq-fe.h>

#include "base/def.h"

/* Each function's name behind its PQ. */
#define PQ_FUNCTIONS(X)                                                                                                \
	X(clear)                                                                                                       \
	X(cmdStatus)                                                                                                   \
	X(cmdTuples)                                                                                                   \
	X(conninfoFree)                                                                                                \
	X(conninfoParse)                                                                                               \
	X(connectPoll)                                                                                                 \
	X(connectStart)                                                                                                \
	X(consumeInput)                                                                                                \
	X(enterPipelineMode)                                                                                           \
	X(errorMessage)                                                                                                \
	X(exitPipelineMode)                                                                                            \
	X(finish)                                                                                                      \
	X(flush)                                                                                                       \
	X(ftype)                                                                                                       \
	X(getResult)                                                                                                   \
	X(getisnull)                                                                                                   \
	X(getlength)                                                                                                   \
	X(getvalue)                                                                                                    \
	X(isBusy)                                                                                                      \
	X(nfields)                                                                                                     \
	X(ntuples)                                                                                                     \
	X(pipelineSync)                                                                                                \
	X(resultErrorField)                                                                                            \
	X(resultStatus)                                                                                                \
	X(sendPrepare)                                                                                                 \
	X(sendQuery)                                                                                                   \
	X(sendQueryParams)                                                                                             \
	X(sendQueryPrepared)                                                                                           \
	X(setNoticeProcessor)                                                                                          \
	X(setnonblocking)                                                                                              \
	X(socket)                                                                                                      \
	X(status)

#define PQ_MEMBER(name) __typeof__(PQ##name) *name;
struct pq {
	PQ_FUNCTIONS(PQ_MEMBER)
};
#undef PQ_MEMBER

extern struct pq pq;

/* Fills pq, once. On failure *why_r says what to install. */
MUST_USE int pq_load(const char **why_r);

#endif
