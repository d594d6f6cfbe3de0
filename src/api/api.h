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
/* An operator's request without a server: runs it here and now in the store. The answer's JSON lives in the arena. Returns
 * its HTTP status. */
int api_run_local(
	struct arena *arena, enum http_method method, struct text path, struct text body, struct text *answer_r);

/* For /metrics. */
struct api_stats {
	uint64_t answers[6];          /* by status / 100 */
	uint64_t refusals[ERR_COUNT]; /* by error code */
};
struct api_stats api_stats(void);

#endif
