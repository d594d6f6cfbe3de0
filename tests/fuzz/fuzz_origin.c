/*
 * Host, X-Forwarded-For and paths of any bytes. A Host that is ours names us, a client is the peer or somebody a proxy
 * lists, and a path that leads somewhere is spelt as its row says.
 */
#include "api/origin.h"
#include "api/router.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct action ACTION;
static enum err document(struct op *op, struct document *document_r)
{
	return ERR_NONE;
}

static void start(void)
{
	static struct ip_net proxies[2];
	static const struct settings settings = {
		.proxies = proxies, .proxy_count = COUNT(proxies), .server_hosts = "b.example"};
	static const struct house house = {.public_url = "https://a.example", .public_host = "a.example"};
	static const struct action *actions[ENDPOINT_COUNT];
	static document_fn *documents[DOCUMENT_COUNT];
	for (size_t i = 0; i < COUNT(actions); i++)
		actions[i] = &ACTION;
	for (size_t i = 0; i < COUNT(documents); i++)
		documents[i] = document;
	MUST(ip_net_read(TEXT("10.0.0.0/8"), &proxies[0]) == 0 && ip_net_read(TEXT("::1"), &proxies[1]) == 0);
	settings_publish(&settings);
	router_bind(actions, documents);
	router_start(true);
	origin_start(&house);
}

/* Without a colon or digits at its beginning, a Host is ours by its whole name. */
static void check_host(struct text input)
{
	static const char *const NAMES[] = {"a.example", "b.example", "localhost"};
	bool named = memchr(input.p, ':', input.n) || text_starts(input, TEXT("127."));
	for (size_t i = 0; i < COUNT(NAMES); i++)
		named |= text_equal_nocase(input, text_of(NAMES[i]));
	MUST(named || !origin_host_is_ours(input));
}

static bool is_listed(struct text list, struct ip wanted)
{
	struct ip one;
	while (!text_absent(list))
		if (ip_read(text_trim(text_cut(&list, ',')), &one) == 0 && memcmp(&one, &wanted, sizeof one) == 0)
			return true;
	return false;
}

/* A stranger is who he is; behind a proxy it is the proxy, or somebody the header lists. */
static void check_client(struct text input)
{
	const struct http_field field = {TEXT("X-Forwarded-For"), input};
	struct http_request request = {.fields = &field, .field_count = 1};
	MUST(ip_read(TEXT("192.0.2.1"), &request.peer) == 0);
	struct ip client = origin_client(&request);
	MUST(memcmp(&client, &request.peer, sizeof client) == 0);
	MUST(ip_read(TEXT("10.0.0.1"), &request.peer) == 0);
	client = origin_client(&request);
	MUST(memcmp(&client, &request.peer, sizeof client) == 0 || is_listed(input, client));
}

static void check_path(struct arena *arena, struct text input)
{
	const struct http_request request = {.method = HTTP_GET, .path = input};
	struct route route;
	if (router_find(arena, &request, &route) != ERR_NONE)
		return;
	MUST(!route.endpoint != !route.document);
	struct text fixed = text_bytes(route.pattern, strcspn(route.pattern, "{"));
	MUST(memmem(input.p, input.n, fixed.p, fixed.n));
	MUST(!route.endpoint || route.endpoint->caller != CALLER_OPERATOR);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool started;
	if (!started)
		start();
	started = true;
	struct arena *arena = arena_new();
	struct text input = arena_copy(arena, text_bytes(data, size));
	check_host(input);
	check_client(input);
	check_path(arena, input);
	arena_free(arena);
	return 0;
}
