/*
 * Flow tokens are read as they were written, byte for byte; a link's URL carries token and state back whole, whatever they
 * hold, and nothing of them leaves the query.
 */
#include "base/enc.h"
#include "magic/magic_rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_flow_token(struct arena *arena, struct text input)
{
	struct uuid app_id, link_id;
	uint8_t flow[MAGIC_FLOW_SIZE];
	if (magic_read_flow_token(input, &app_id, &link_id, flow) == 0)
		MUST(text_equal(magic_rules_write_flow_token(arena, app_id, link_id, flow), input));
}

/* The input as the bytes of a flow token: no single other character passes for it. */
static void check_round_trip(struct arena *arena, struct text input)
{
	uint8_t flow[MAGIC_FLOW_SIZE] = {0}, read[MAGIC_FLOW_SIZE];
	struct uuid ids[2] = {{{0}}}, app_id, link_id;
	memcpy(flow, input.p, input.n < sizeof flow ? input.n : sizeof flow);
	memcpy(ids, input.p, input.n < sizeof ids ? input.n : sizeof ids);
	const struct text token = magic_rules_write_flow_token(arena, ids[0], ids[1], flow);
	MUST(magic_read_flow_token(token, &app_id, &link_id, read) == 0);
	MUST(uuid_equal(app_id, ids[0]) && uuid_equal(link_id, ids[1]) && memcmp(read, flow, sizeof flow) == 0);
	char *other = arena_string(arena, token);
	const size_t at = input.n % token.n;
	other[at] = other[at] == 'A' ? 'Q' : 'A';
	MUST(magic_read_flow_token(text_of(other), &app_id, &link_id, read) != 0 || !uuid_equal(app_id, ids[0]) ||
		!uuid_equal(link_id, ids[1]) || memcmp(read, flow, sizeof flow) != 0);
}

/* The value of the last parameter of that name, decoded; absent without one. */
static struct text parameter(struct arena *arena, struct text url, const char *name)
{
	struct text rest = url, found = TEXT_NONE;
	(void)text_cut(&rest, '?');
	while (!text_absent(rest)) {
		struct text value = text_cut(&rest, '&');
		if (text_equal(text_cut(&value, '='), text_of(name)))
			MUST(enc_form_read(arena, value, &found) == 0);
	}
	return found;
}

static void check_url(struct arena *arena, struct text input)
{
	static const char *const HOMES[] = {"https://a.example/", "https://a.example/cb?x=y", "app:/?"};
	const char *home = HOMES[input.n % COUNT(HOMES)];
	if (memchr(input.p, '\0', input.n)) /* enc_form_read takes none; the field's type lets none in */
		return;
	const struct magic_link link = {.way = MAGIC_APP, .redirect_uri = text_of(home), .state = input};
	const struct text url = magic_rules_url(arena, "https://id.example", &link, TEXT("TOKEN"));
	MUST(text_starts(url, text_of(home)) && text_is_printable(url));
	for (size_t i = strlen(home); i < url.n; i++)
		MUST(url.p[i] != '#' && url.p[i] != ' ' && url.p[i] != '"' && url.p[i] != '<' && url.p[i] != '/');
	MUST(text_equal(parameter(arena, url, "token"), TEXT("TOKEN")));
	MUST(text_equal(parameter(arena, url, "state"), input));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	const struct text input = arena_copy(arena, text_bytes(data, size));
	check_flow_token(arena, input);
	check_round_trip(arena, input);
	check_url(arena, input);
	arena_free(arena);
	return 0;
}
