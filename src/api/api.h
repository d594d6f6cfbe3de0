/*
 * From an HTTP request to its answer: route, gate, transaction, reply.
 */
#ifndef KW_API_API_H
#define KW_API_API_H

#include "api/gate.h"
#include "net/http.h"

struct api_config {
	const struct house *house;
	struct gate_callers callers;
};

/* After router_bind. The config must live until the process ends. */
void api_start(const struct api_config *config);
/* What a server is opened with. */
const struct http_handler *api_handler(void);
/* What an operator asks: of a server over its socket, or of the store directly. */
struct api_local {
	enum http_method method;
	struct text path, query; /* query without its question mark; absent: none */
	struct text app_id;      /* whom a SERVER row is asked for; absent: the one app there is */
	struct text body;        /* JSON; absent: none */
};
/* The Authorization header that names the app (RFC 7617, no password); absent without one. */
struct text api_local_authorization(struct arena *arena, const struct api_local *request);
/* Runs it here and now in the store, without a server. The answer's JSON lives in the arena. Returns its HTTP status. */
int api_run_local(struct arena *arena, const struct api_local *request, struct text *answer_r);

/* For /metrics. */
struct api_stats {
	uint64_t answers[6];          /* by status / 100 */
	uint64_t refusals[ERR_COUNT]; /* by error code */
};
struct api_stats api_stats(void);

#endif
