#include "api/router.h"

static struct endpoint endpoints[ENDPOINT_COUNT] = {
#define GET HTTP_GET
#define POST HTTP_POST
#define PUT HTTP_PUT
#define PATCH HTTP_PATCH
#define DELETE HTTP_DELETE
#define ENDPOINT(name_, method_, path_, caller_, store_, limit_)                                                       \
	[ENDPOINT_##name_] = {.id = ENDPOINT_##name_,                                                                  \
		.name = #name_,                                                                                        \
		.path = path_,                                                                                         \
		.method = method_,                                                                                     \
		.caller = CALLER_##caller_,                                                                            \
		.store = store_,                                                                                       \
		.limit = LIMIT_##limit_},
#include "tables/endpoints.def"
#undef ENDPOINT
};

struct document_row {
	const char *path;
	enum document_place place;
	document_fn *fn;
};
static struct document_row documents[DOCUMENT_COUNT] = {
#define DOCUMENT(name, path, where, help) [DOCUMENT_##name] = {path, where, NULL},
#include "tables/documents.def"
#undef DOCUMENT
};
static bool dev_mode;

void router_start(bool dev)
{
	dev_mode = dev;
}

/* ---- the index ---- */

/* Rows by the first segment of their path, which is never a parameter, and the number of segments: a path is compared with
 * the few that it may be. Those of one bucket are chained in the order of their table. */
enum { BUCKETS = 64, NO_ROW = UINT8_MAX };
struct bucket {
	uint8_t endpoint, document;
};
static struct bucket buckets[BUCKETS];
static uint8_t next_endpoint[ENDPOINT_COUNT], next_document[DOCUMENT_COUNT];
_Static_assert((int)ENDPOINT_COUNT < (int)NO_ROW && (int)DOCUMENT_COUNT < (int)NO_ROW, "a row's number fits");

/* FNV-1a of the first segment, and of how many there are. */
static struct bucket *bucket_of(struct text path)
{
	uint32_t hash = 2166136261;
	size_t segments = 0;
	for (size_t i = 0; i < path.n; i++) {
		segments += path.p[i] == '/';
		if (segments < 2)
			hash = (hash ^ (uint8_t)path.p[i]) * 16777619;
	}
	return &buckets[(hash ^ segments) % BUCKETS];
}

static void build_index(void)
{
	memset(buckets, NO_ROW, sizeof buckets);
	for (size_t i = COUNT(endpoints); i-- > 0;) {
		struct bucket *bucket = bucket_of(text_of(endpoints[i].path));
		MUST(endpoints[i].path[1] != '{');
		next_endpoint[i] = bucket->endpoint;
		bucket->endpoint = (uint8_t)i;
	}
	for (size_t i = COUNT(documents); i-- > 0;) {
		struct bucket *bucket = bucket_of(text_of(documents[i].path));
		MUST(documents[i].path[1] != '{');
		next_document[i] = bucket->document;
		bucket->document = (uint8_t)i;
	}
}

void router_bind(const struct action *const *actions, document_fn *const *document_fns)
{
	for (size_t i = 0; i < COUNT(endpoints); i++)
		endpoints[i].action = actions[i];
	for (size_t i = 0; i < COUNT(documents); i++)
		documents[i].fn = document_fns[i];
	build_index();
}

const struct endpoint *router_endpoint(enum endpoint_id id)
{
	return &endpoints[id];
}

const char *router_method_name(enum http_method method)
{
	static const char *const NAMES[] = {[HTTP_GET] = "GET",
		[HTTP_POST] = "POST",
		[HTTP_PUT] = "PUT",
		[HTTP_PATCH] = "PATCH",
		[HTTP_DELETE] = "DELETE"};
	MUST(method < COUNT(NAMES) && NAMES[method]);
	return NAMES[method];
}

bool router_without_v1(const char *path)
{
	static const char *const FAMILIES[] = {"auth", "licenses", "roles", "tenants", "users"};
	struct text rest = text_of(path + 1), family = text_cut(&rest, '/');
	for (size_t i = 0; i < COUNT(FAMILIES); i++)
		if (text_equal(family, text_of(FAMILIES[i])))
			return true;
	return false;
}

/* Segment by segment; {x} takes one that is not empty. */
static bool matches(const char *pattern, struct text path, struct text params[static ROUTE_PARAMS_MAX])
{
	struct text want = text_of(pattern);
	size_t count = 0;
	while (!text_absent(want) && !text_absent(path)) {
		struct text segment = text_cut(&path, '/'), wanted = text_cut(&want, '/');
		bool is_param = wanted.n && wanted.p[0] == '{';
		if (is_param ? segment.n == 0 : !text_equal(segment, wanted))
			return false;
		MUST(!is_param || count < ROUTE_PARAMS_MAX);
		if (is_param)
			params[count++] = segment;
	}
	return text_absent(want) && text_absent(path);
}

/* Of a path that begins with it. */
static struct text without_v1(struct text path)
{
	return text_bytes(path.p + 3, path.n - 3);
}

/* Whether the row is for such a request, whose path began with /v1 or did not. */
static bool is_served(const struct endpoint *endpoint, const struct http_request *request, bool versioned)
{
	if (request->local)
		return endpoint->caller == CALLER_OPERATOR || endpoint->caller == CALLER_SERVER;
	switch (endpoint->caller) {
	case CALLER_OPERATOR: return false;
	case CALLER_PAGE: return !versioned;
	default: return versioned || router_without_v1(endpoint->path);
	}
}

static bool document_is_served(const struct document_row *row, const struct http_request *request)
{
	if (request->local)
		return false;
	if (request->metrics)
		return row->place == METRICS;
	return row->place == ANYWHERE || row->place == ANY_HOST || dev_mode;
}

static enum err find_document(struct arena *arena, const struct http_request *request, struct route *route)
{
	struct text path = request->path;
	if (text_starts(path, TEXT("/v1/.well-known/")))
		path = without_v1(path);
	for (size_t i = bucket_of(path)->document; i != NO_ROW; i = next_document[i]) {
		if (!document_is_served(&documents[i], request) || !matches(documents[i].path, path, route->params))
			continue;
		route->document = documents[i].fn;
		route->pattern = documents[i].path;
		route->any_host = documents[i].place == ANY_HOST || request->metrics;
		route->allow = TEXT("GET, HEAD");
		return request->method == HTTP_GET || request->method == HTTP_HEAD ? ERR_NONE : ERR_METHOD_NOT_ALLOWED;
	}
	return ERR_NOT_FOUND;
}

enum err router_find(struct arena *arena, const struct http_request *request, struct route *route_r)
{
	struct route route = {0};
	struct buf allow;
	const bool versioned = !request->local && text_starts(request->path, TEXT("/v1/"));
	const struct text path = versioned ? without_v1(request->path) : request->path;
	buf_init(&allow, arena, 32);
	for (size_t i = bucket_of(path)->endpoint; i != NO_ROW && !request->metrics; i = next_endpoint[i]) {
		const struct endpoint *endpoint = &endpoints[i];
		if (!is_served(endpoint, request, versioned) || !matches(endpoint->path, path, route.params))
			continue;
		route.pattern = endpoint->path;
		route.is_page = endpoint->caller == CALLER_PAGE;
		if (request->method == endpoint->method ||
			(request->method == HTTP_HEAD && endpoint->method == HTTP_GET)) {
			route.endpoint = endpoint;
			*route_r = route;
			return ERR_NONE;
		}
		buf_printf(&allow, "%s%s%s", allow.n ? ", " : "", router_method_name(endpoint->method),
			endpoint->method == HTTP_GET ? ", HEAD" : "");
	}
	enum err err = ERR_METHOD_NOT_ALLOWED;
	if (allow.n) {
		if (!route.is_page)
			buf_add(&allow, TEXT(", OPTIONS"));
		route.allow = buf_text(&allow);
	} else {
		err = find_document(arena, request, &route);
	}
	*route_r = route;
	return err;
}
