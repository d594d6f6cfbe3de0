/*
 * Cookie headers and form tokens of any bytes. A flow is one's own only by the cookie that we wrote, standing there once;
 * otherwise it is a new one.
 */
#include "core/house.h"
#include "page/flow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct flow read_header(struct arena *arena, struct text header)
{
	const struct http_field field = {TEXT("Cookie"), header};
	struct http_request request = {.arena = arena, .fields = &field, .field_count = 1};
	struct op *op = op_new(arena);
	struct flow flow;
	op->request = &request;
	flow_of(op, &flow);
	return flow;
}

static bool holds(struct text where, struct text what)
{
	return memmem(where.p, where.n, what.p, what.n) != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct house house = {.master = {7}};
	static struct flow known;
	static bool started;
	if (!started) {
		flow_start(&house);
		flow_draw(&known);
	}
	started = true;
	struct arena *arena = arena_new();
	struct text input = arena_copy(arena, text_bytes(data, size)), cookie = flow_cookie(arena, &known);
	struct text pair = text_cut(&cookie, ';');

	/* nobody guesses a MAC */
	MUST(read_header(arena, input).is_new);
	MUST(!flow_form_fits(&known, input));
	/* what stands before ours in the header does not hide it, unless it is another of the name */
	struct flow flow = read_header(arena, arena_printf(arena, "%.*s; %.*s", TEXT_ARG(input), TEXT_ARG(pair)));
	bool is_ours = !flow.is_new && memcmp(flow.secret, known.secret, FLOW_SIZE) == 0;
	bool is_named_twice = holds(input, TEXT("__Host-kw_flow"));
	MUST(is_ours || is_named_twice || memchr(input.p, '\0', input.n));
	MUST(is_ours || flow.is_new);
	arena_free(arena);
	return 0;
}
