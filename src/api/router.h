/*
 * endpoints.def and documents.def as a table, and the way from a path to its row.
 */
#ifndef KW_API_ROUTER_H
#define KW_API_ROUTER_H

#include "api/action.h"

enum store_use { NO_STORE, READ, WRITE };

struct endpoint {
	enum endpoint_id id;
	const char *name, *path;
	enum http_method method;
	enum caller caller;
	enum store_use store;
	enum limit_id limit;
	const struct action *action;
};

enum document_place { ANYWHERE, ANY_HOST, DEV, METRICS };
enum document_id {
#define DOCUMENT(name, path, where, help) DOCUMENT_##name,
#include "tables/documents.def"
#undef DOCUMENT
	DOCUMENT_COUNT
};

enum { ROUTE_PARAMS_MAX = 3 };

/* Exactly one of endpoint and document is set on success. */
struct route {
	const struct endpoint *endpoint;
	document_fn *document;
	const char *pattern;                  /* "/v1/auth/me" is "/auth/me": what logs and metrics name */
	struct text params[ROUTE_PARAMS_MAX]; /* slices of the path, in order */
	bool any_host;                        /* answers to a Host that is not ours, too */
	bool is_page;                         /* the path is a page's: other origins have no business there */
	struct text allow;                    /* with ERR_METHOD_NOT_ALLOWED: the methods of that path */
};

/* Both tables are indexed by their enum and live as long as the process. */
void router_bind(const struct action *const *actions, document_fn *const *documents);
/* dev: rows of dev mode are found too. */
void router_start(bool dev);

/* ERR_NONE, ERR_NOT_FOUND, or ERR_METHOD_NOT_ALLOWED. Paths match byte for byte: nothing is decoded or tidied, so there is
 * one spelling and no way round a guard. local: the operator's rows and those of servers, and nothing else. */
enum err router_find(struct arena *arena, const struct http_request *request, struct route *route_r);
const struct endpoint *router_endpoint(enum endpoint_id id);
/* Whether the path also answers without /v1. */
bool router_without_v1(const char *path);
const char *router_method_name(enum http_method method);

#endif
