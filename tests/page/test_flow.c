/* The flow cookie and the form tokens: what is not of our making is nobody's (THREATS D11, E10). */
#include "../check.h"

#include "core/house.h"
#include "page/flow.h"

static const struct house OURS = {.master = {1}}, OTHERS = {.master = {2}};

static int start(void **state)
{
	flow_start(&OURS);
	return check_new_arena(state);
}

static int stop(void **state)
{
	flow_stop();
	return check_free_arena(state);
}
#define WITH_FLOWS(test) cmocka_unit_test_setup_teardown(test, start, stop)

static struct flow drawn(void)
{
	struct flow flow;
	flow_draw(&flow);
	return flow;
}

static bool same(const struct flow *a, const struct flow *b)
{
	return memcmp(a->secret, b->secret, FLOW_SIZE) == 0;
}

/* "name=value" of a flow's cookie. */
static struct text pair_of(struct arena *arena, const struct flow *flow)
{
	struct text cookie = flow_cookie(arena, flow);
	return text_cut(&cookie, ';');
}

static struct flow read_fields(struct arena *arena, const struct http_field *fields, size_t count)
{
	struct http_request request = {.arena = arena, .fields = fields, .field_count = count};
	struct op *op = op_new(arena);
	struct flow flow;
	op->request = &request;
	flow_of(op, &flow);
	return flow;
}

static struct flow read_header(struct arena *arena, struct text header)
{
	return read_fields(arena, &(const struct http_field){TEXT("Cookie"), header}, 1);
}

static struct text format(struct arena *arena, const char *format, struct text value)
{
	struct buf out;
	buf_init(&out, arena, 256);
	for (const char *p = format; *p; p++)
		if (*p == '$')
			buf_add(&out, value);
		else
			buf_add_char(&out, *p);
	return buf_text(&out);
}

/* ---- the tests ---- */

static void a_cookie_has_every_attribute_that_binds_it_to_our_host(void **state)
{
	struct flow flow = drawn();
	struct text cookie = flow_cookie(*state, &flow), value = pair_of(*state, &flow);
	assert_int_equal(value.n, strlen("__Host-kw_flow=") + 128);
	CHECK_TEXT(cookie, format(*state, "$; Path=/; Secure; HttpOnly; SameSite=Lax", value));
}

static void a_flow_comes_back_from_its_cookie(void **state)
{
	static const char *const HEADERS[] = {"$", "a=b; $", "$; a=b", "a=b;$;c=d", "  $  ", "a=\"x; $; y\"",
		"__host-kw_flow=x; $", "$;", ";;$;;", "=; $", "kw_flow=x; $", "__Host-kw_flow2=x; $",
		"a=__Host-kw_flow=x; $"};
	struct flow flow = drawn();
	assert_true(flow.is_new);
	for (size_t i = 0; i < COUNT(HEADERS); i++) {
		struct flow back = read_header(*state, format(*state, HEADERS[i], pair_of(*state, &flow)));
		if (back.is_new || !same(&back, &flow))
			fail_msg("lost: %s", HEADERS[i]);
	}
	const struct http_field two[] = {{TEXT("Cookie"), TEXT("a=b")}, {TEXT("cookie"), pair_of(*state, &flow)}};
	struct flow back = read_fields(*state, two, 2);
	assert_false(back.is_new);
}

static void a_flow_knows_the_link_it_asked_for_last(void **state)
{
	struct flow flow = drawn();
	assert_true(uuid_is_nil(flow.link_id));
	assert_false(flow.is_changed);
	const struct uuid app = uuid_new(1000), link = uuid_new(2000);
	flow_asked(&flow, app, link);
	assert_true(flow.is_changed);
	struct flow back = read_header(*state, pair_of(*state, &flow));
	assert_false(back.is_new || back.is_changed);
	assert_true(same(&back, &flow) && uuid_equal(back.app_id, app) && uuid_equal(back.link_id, link));
	flow_draw(&back);
	assert_true(uuid_is_nil(back.app_id) && uuid_is_nil(back.link_id));
}

static void without_a_cookie_each_flow_is_another(void **state)
{
	struct flow first = read_fields(*state, NULL, 0), second = read_header(*state, TEXT("a=b"));
	assert_true(first.is_new && second.is_new);
	assert_false(same(&first, &second));
	const struct http_field other = {TEXT("X-Cookie"), pair_of(*state, &first)};
	assert_true(read_fields(*state, &other, 1).is_new);
}

static void a_cookie_that_was_planted_is_nobodys(void **state)
{
	struct flow flow = drawn();
	struct text genuine = pair_of(*state, &flow);
	char *planted = arena_string(*state, genuine);
	memset(planted + strlen("__Host-kw_flow="), 'A', 128);
	assert_true(read_header(*state, text_of(planted)).is_new);
	/* each character counts */
	for (size_t i = strlen("__Host-kw_flow="); i < genuine.n; i++) {
		planted = arena_string(*state, genuine);
		planted[i] = planted[i] == 'A' ? 'B' : 'A';
		assert_true(read_header(*state, text_of(planted)).is_new);
	}
	/* and so does the length */
	for (size_t n = 0; n < genuine.n; n++)
		assert_true(read_header(*state, text_bytes(genuine.p, n)).is_new);
	assert_true(read_header(*state, format(*state, "$A", genuine)).is_new);
	assert_true(read_header(*state, format(*state, "$==", genuine)).is_new);
	assert_true(read_header(*state, format(*state, "$=", genuine)).is_new);
}

static void a_cookie_of_another_house_is_nobodys(void **state)
{
	struct flow flow = drawn();
	flow_stop();
	flow_start(&OTHERS);
	struct text theirs = pair_of(*state, &flow), token = flow_form_token(*state, &flow);
	assert_false(read_header(*state, theirs).is_new);
	flow_stop();
	flow_start(&OURS);
	assert_true(read_header(*state, theirs).is_new);
	assert_false(flow_form_fits(&flow, token));
}

static void of_two_cookies_of_the_name_neither_counts(void **state)
{
	static const char *const HEADERS[] = {"$; __Host-kw_flow=x", "__Host-kw_flow=x; $", "$; $",
		"__Host-kw_flow=; $", "__Host-kw_flow; $", "$; __Host-kw_flow", "$; a=b; __Host-kw_flow=x"};
	struct flow flow = drawn(), other = drawn();
	struct text genuine = pair_of(*state, &flow);
	for (size_t i = 0; i < COUNT(HEADERS); i++) {
		struct flow back = read_header(*state, format(*state, HEADERS[i], genuine));
		if (!back.is_new || same(&back, &flow))
			fail_msg("taken: %s", HEADERS[i]);
	}
	const struct http_field two[] = {{TEXT("Cookie"), genuine}, {TEXT("Cookie"), pair_of(*state, &other)}};
	assert_true(read_fields(*state, two, 2).is_new);
}

static void other_spellings_of_a_cookie_are_not_ours(void **state)
{
	static const char *const NAMES[] = {"__host-kw_flow=$", "__HOST-KW_FLOW=$", "__Host-kw_flow =$",
		"__Host-kw_flow= $", "__Host-kw_flow=\"$\"", "x__Host-kw_flow=$", "__Host-kw_flow%3d$",
		"__Host-kw_flow:$", "__Host-kw_flow,$", "a=b, __Host-kw_flow=$", "__Secure-kw_flow=$", "kw_flow=$",
		"=__Host-kw_flow=$", "\t\v__Host-kw_flow=$"};
	struct flow flow = drawn();
	struct text pair = pair_of(*state, &flow), value = text_bytes(pair.p + 15, pair.n - 15);
	assert_false(read_header(*state, format(*state, "__Host-kw_flow=$", value)).is_new);
	for (size_t i = 0; i < COUNT(NAMES); i++)
		if (!read_header(*state, format(*state, NAMES[i], value)).is_new)
			fail_msg("taken: %s", NAMES[i]);
}

static void a_form_token_fits_its_flow_alone(void **state)
{
	struct flow flow = drawn(), other = drawn();
	struct text token = flow_form_token(*state, &flow);
	assert_int_equal(token.n, 43);
	assert_true(flow_form_fits(&flow, token));
	assert_false(flow_form_fits(&other, token));
	assert_false(flow_form_fits(&flow, TEXT_NONE));
	assert_false(flow_form_fits(&flow, TEXT("")));
	assert_false(flow_form_fits(&flow, text_bytes(token.p, token.n - 1)));
	assert_false(flow_form_fits(&flow, format(*state, "$A", token)));
	for (size_t i = 0; i < token.n; i++) {
		char *bent = arena_string(*state, token);
		bent[i] = bent[i] == 'A' ? 'B' : 'A';
		assert_false(flow_form_fits(&flow, text_of(bent)));
	}
}

/* Who reads a page gets no cookie out of it, and the other way round. */
static void a_form_token_is_no_cookie_and_gives_none_away(void **state)
{
	struct flow flow = drawn();
	struct text pair = pair_of(*state, &flow), token = flow_form_token(*state, &flow);
	assert_null(memmem(pair.p, pair.n, token.p, token.n));
	assert_null(memmem(token.p, token.n, pair.p + 15, 20));
	assert_false(flow_form_fits(&flow, text_bytes(pair.p + 15, 43)));
	assert_false(flow_form_fits(&flow, text_bytes(pair.p + pair.n - 43, 43)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FLOWS(a_cookie_has_every_attribute_that_binds_it_to_our_host),
		WITH_FLOWS(a_flow_comes_back_from_its_cookie),
		WITH_FLOWS(a_flow_knows_the_link_it_asked_for_last),
		WITH_FLOWS(without_a_cookie_each_flow_is_another),
		WITH_FLOWS(a_cookie_that_was_planted_is_nobodys),
		WITH_FLOWS(a_cookie_of_another_house_is_nobodys),
		WITH_FLOWS(of_two_cookies_of_the_name_neither_counts),
		WITH_FLOWS(other_spellings_of_a_cookie_are_not_ours),
		WITH_FLOWS(a_form_token_fits_its_flow_alone),
		WITH_FLOWS(a_form_token_is_no_cookie_and_gives_none_away),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
