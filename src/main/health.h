/*
 * How the process is: /healthz, /readyz, /metrics.
 */
#ifndef KW_MAIN_HEALTH_H
#define KW_MAIN_HEALTH_H

#include "api/action.h"
#include "core/house.h"

struct server;

/* server is what /metrics asks; both must live until the server has stopped. */
void health_start(const struct house *house, const struct server *server);
document_fn health_alive_document, health_ready_document, health_metrics_document;

#endif
