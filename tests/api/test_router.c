/* From a path to its row; one spelling each (THREATS F9, F10). */
#include "../check.h"

#include "api/router.h"

static const struct action ACTION = {.summary = "Test"};

static enum err document(struct op *op, struct document *document_r)
{
	return ERR_NONE;
}

static int bind(void **state)
{
	static const struct action *actions[ENDPOINT_COUNT];
	static document_fn *documents[DOCUMENT_COUNT];
	for (size_t i = 0; i < COUNT(actions); i++)
		actions[i] = &ACTION;
	for (size_t i = 0; i < COUNT(documents); i++)
		documents[i] = document;
	router_bind(actions, documents);
	return 0;
}

/* ---- asking ---- */

struct asked {
	enum err err;
	struct route route;
};

static struct asked ask(struct arena *arena, struct http_request request)
{
	struct asked asked;
	asked.err = router_find(arena, &request, &asked.route);
	return asked;
}

static struct asked ask_path(struct arena *arena, enum http_method method, const char *path)
{
	return ask(arena, (struct http_request){.method = method, .path = text_of(path)});
}

static struct asked ask_locally(struct arena *arena, enum http_method method, const char *path)
{
	return ask(arena, (struct http_request){.method = method, .path = text_of(path), .local = true});
}

static void check_endpoint(struct asked asked, enum endpoint_id id)
{
	assert_int_equal(asked.err, ERR_NONE);
	assert_ptr_equal(asked.route.endpoint, router_endpoint(id));
	assert_null(asked.route.document);
	assert_string_equal(asked.route.pattern, router_endpoint(id)->path);
}

/* ---- the tests ---- */

static void every_public_endpoint_is_found_under_v1_and_its_family_without(void **state)
{
	router_start(false);
	for (enum endpoint_id id = 0; id < ENDPOINT_COUNT; id++) {
		const struct endpoint *endpoint = router_endpoint(id);
		if (endpoint->caller == CALLER_OPERATOR || endpoint->caller == CALLER_PAGE)
			continue;
		check_endpoint(ask_path(*state, endpoint->method, arena_printf(*state, "/v1%s", endpoint->path).p), id);
		if (router_without_v1(endpoint->path))
			check_endpoint(ask_path(*state, endpoint->method, endpoint->path), id);
		else
			assert_int_equal(ask_path(*state, endpoint->method, endpoint->path).err, ERR_NOT_FOUND);
	}
	assert_true(router_without_v1("/users") && router_without_v1("/users/{user_id}"));
	assert_true(router_without_v1("/auth/refresh"));
	assert_false(router_without_v1("/me/licenses"));
	assert_false(router_without_v1("/authx/send-otp"));
}

static void pages_are_found_at_their_path_alone_and_by_their_methods(void **state)
{
	router_start(false);
	for (enum endpoint_id id = 0; id < ENDPOINT_COUNT; id++) {
		const struct endpoint *page = router_endpoint(id);
		if (page->caller != CALLER_PAGE)
			continue;
		check_endpoint(ask_path(*state, page->method, page->path), id);
		assert_int_equal(
			ask_path(*state, page->method, arena_printf(*state, "/v1%s", page->path).p).err, ERR_NOT_FOUND);
		struct asked asked = ask_path(*state, HTTP_OPTIONS, page->path);
		assert_int_equal(asked.err, ERR_METHOD_NOT_ALLOWED);
		assert_true(asked.route.is_page);
		assert_non_null(strstr(asked.route.allow.p, router_method_name(page->method)));
		assert_null(strstr(asked.route.allow.p, "OPTIONS"));
	}
}

static void the_local_socket_finds_what_operators_and_servers_may_and_nothing_else(void **state)
{
	router_start(true);
	for (enum endpoint_id id = 0; id < ENDPOINT_COUNT; id++) {
		const struct endpoint *endpoint = router_endpoint(id);
		bool is_operator = endpoint->caller == CALLER_OPERATOR;
		if (is_operator || endpoint->caller == CALLER_SERVER)
			check_endpoint(ask_locally(*state, endpoint->method, endpoint->path), id);
		else
			assert_int_not_equal(ask_locally(*state, endpoint->method, endpoint->path).err, ERR_NONE);
		if (!is_operator)
			continue;
		assert_int_equal(ask_path(*state, endpoint->method, endpoint->path).err, ERR_NOT_FOUND);
		assert_int_equal(
			ask_path(*state, endpoint->method, arena_printf(*state, "/v1%s", endpoint->path).p).err,
			ERR_NOT_FOUND);
	}
	assert_int_equal(ask_locally(*state, HTTP_GET, "/healthz").err, ERR_NOT_FOUND);
}

static void parameters_are_the_segments_behind_the_braces(void **state)
{
	struct asked asked = ask_locally(*state, HTTP_POST, "/operator/apps/abc/rotate-secret");
	check_endpoint(asked, ENDPOINT_app_rotate_secret);
	CHECK_STRING(asked.route.params[0], "abc");
	/* two rows share this path; whichever method is asked gets its parameter */
	asked = ask_locally(*state, HTTP_PATCH, "/operator/apps/x%2Fy");
	check_endpoint(asked, ENDPOINT_app_set);
	CHECK_STRING(asked.route.params[0], "x%2Fy");
	asked = ask_locally(*state, HTTP_GET, "/operator/apps/abc");
	check_endpoint(asked, ENDPOINT_app_show);
	CHECK_STRING(asked.route.params[0], "abc");
	assert_int_equal(ask_locally(*state, HTTP_GET, "/operator/apps/").err, ERR_NOT_FOUND);
	assert_int_equal(ask_locally(*state, HTTP_GET, "/operator/apps/a/b").err, ERR_NOT_FOUND);
}

static void another_method_is_refused_with_all_that_are_allowed(void **state)
{
	static const enum http_method OTHERS[] = {
		HTTP_GET, HTTP_HEAD, HTTP_PUT, HTTP_DELETE, HTTP_OPTIONS, HTTP_TRACE, HTTP_OTHER};
	for (size_t i = 0; i < COUNT(OTHERS); i++) {
		struct asked asked = ask_path(*state, OTHERS[i], "/v1/auth/send-otp");
		assert_int_equal(asked.err, ERR_METHOD_NOT_ALLOWED);
		CHECK_STRING(asked.route.allow, "POST, OPTIONS");
		assert_null(asked.route.endpoint);
	}
	CHECK_STRING(ask_path(*state, HTTP_POST, "/auth/me").route.allow, "GET, HEAD, OPTIONS");
	CHECK_STRING(ask_locally(*state, HTTP_PUT, "/operator/apps/x").route.allow, "GET, HEAD, PATCH, OPTIONS");
}

static void head_goes_where_get_goes(void **state)
{
	router_start(false);
	check_endpoint(ask_path(*state, HTTP_HEAD, "/auth/me"), ENDPOINT_token_me);
	assert_ptr_equal(ask_path(*state, HTTP_HEAD, "/healthz").route.document, document);
}

static void documents_are_read_with_get_and_head_alone(void **state)
{
	static const char *const PATHS[] = {"/healthz", "/readyz", "/.well-known/jwks.json",
		"/v1/.well-known/jwks.json", "/.well-known/openid-configuration", "/openapi.json", "/reference/errors",
		"/reference/errors/OTP_INVALID", "/assets/keywright.css"};
	router_start(false);
	for (size_t i = 0; i < COUNT(PATHS); i++) {
		struct asked asked = ask_path(*state, HTTP_GET, PATHS[i]);
		assert_int_equal(asked.err, ERR_NONE);
		assert_ptr_equal(asked.route.document, document);
		asked = ask_path(*state, HTTP_POST, PATHS[i]);
		assert_int_equal(asked.err, ERR_METHOD_NOT_ALLOWED);
		CHECK_STRING(asked.route.allow, "GET, HEAD");
		assert_int_equal(ask_path(*state, HTTP_OPTIONS, PATHS[i]).err, ERR_METHOD_NOT_ALLOWED);
	}
}

static void dev_pages_and_metrics_are_where_they_belong(void **state)
{
	router_start(false);
	assert_int_equal(ask_path(*state, HTTP_GET, "/dev/inbox").err, ERR_NOT_FOUND);
	assert_int_equal(ask_path(*state, HTTP_GET, "/metrics").err, ERR_NOT_FOUND);
	const struct http_request metrics = {.method = HTTP_GET, .path = TEXT("/metrics"), .metrics = true};
	struct asked asked = ask(*state, metrics);
	assert_int_equal(asked.err, ERR_NONE);
	assert_true(asked.route.any_host);
	struct http_request elsewhere = metrics;
	elsewhere.path = TEXT("/healthz");
	assert_int_equal(ask(*state, elsewhere).err, ERR_NOT_FOUND);
	elsewhere.path = TEXT("/auth/me");
	assert_int_equal(ask(*state, elsewhere).err, ERR_NOT_FOUND);
	router_start(true);
	assert_int_equal(ask_path(*state, HTTP_GET, "/dev/inbox").err, ERR_NONE);
	asked = ask_path(*state, HTTP_GET, "/metrics");
	assert_int_equal(asked.err, ERR_NONE);
	assert_false(asked.route.any_host);
}

static void other_spellings_of_a_path_lead_nowhere(void **state)
{
	static const char *const PATHS[] = {"", "/", "//", "/v1", "/v1/", "/v", "/auth", "/auth/", "/auth/me/",
		"//auth/me", "/auth//me", "/./auth/me", "/auth/./me", "/x/../auth/me", "/auth/%6de", "/auth%2fme",
		"/auth/me%00", "/auth/me;x", "/auth/me.json", "/AUTH/me", "/auth/Me", "/v1/v1/auth/me", "/V1/auth/me",
		"/v2/auth/me", "/v1//auth/me", "/auth/me/x", "/auth\\me", "auth/me", "/v1/healthz", "/.well-known/",
		"/.well-known/JWKS.json", "/reference/errors/", "/reference/errors/a/b", "/assets/",
		"/assets/../migrations/0001_apps.sql"};
	router_start(true);
	for (size_t i = 0; i < COUNT(PATHS); i++)
		if (ask_path(*state, HTTP_GET, PATHS[i]).err != ERR_NOT_FOUND)
			fail_msg("found: %s", PATHS[i]);
}

/* What the rows promise to those who read them: api.c asks a user's liveness in the transaction. */
static void every_row_of_a_user_opens_the_store(void **state)
{
	for (enum endpoint_id id = 0; id < ENDPOINT_COUNT; id++)
		if (router_endpoint(id)->caller == CALLER_USER)
			assert_int_not_equal(router_endpoint(id)->store, NO_STORE);
}

static void methods_have_names(void **state)
{
	assert_string_equal(router_method_name(HTTP_GET), "GET");
	assert_string_equal(router_method_name(HTTP_DELETE), "DELETE");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CHECK_WITH_ARENA(every_public_endpoint_is_found_under_v1_and_its_family_without),
		CHECK_WITH_ARENA(pages_are_found_at_their_path_alone_and_by_their_methods),
		CHECK_WITH_ARENA(the_local_socket_finds_what_operators_and_servers_may_and_nothing_else),
		CHECK_WITH_ARENA(parameters_are_the_segments_behind_the_braces),
		CHECK_WITH_ARENA(another_method_is_refused_with_all_that_are_allowed),
		CHECK_WITH_ARENA(head_goes_where_get_goes),
		CHECK_WITH_ARENA(documents_are_read_with_get_and_head_alone),
		CHECK_WITH_ARENA(dev_pages_and_metrics_are_where_they_belong),
		CHECK_WITH_ARENA(other_spellings_of_a_path_lead_nowhere),
		cmocka_unit_test(every_row_of_a_user_opens_the_store),
		cmocka_unit_test(methods_have_names),
	};
	return cmocka_run_group_tests(tests, bind, NULL);
}
