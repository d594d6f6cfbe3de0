/* A server's calls over the operator's socket: which app they are for, without its secret. */
#include "../check.h"
#include "basic.h"

#include "api/body.h"
#include "api/gate.h"

#define FIRST "01890a5d-ac96-774b-bcce-b302099a8057"
#define SECOND "01890a5d-ac96-774b-bcce-b302099a8058"
#define UNKNOWN "01890a5d-ac96-774b-bcce-b302099a8059"

struct app {
	const char *id;
};
static const struct app APPS[] = {{FIRST}, {SECOND}};
static size_t app_count; /* of APPS, as the house has them now */

static const struct app *find_app(struct uuid id)
{
	char text[UUID_TEXT_SIZE];
	uuid_write(id, text);
	for (size_t i = 0; i < app_count; i++)
		if (strcmp(APPS[i].id, text) == 0)
			return &APPS[i];
	return NULL;
}

static const struct app *sole_app(void)
{
	return app_count == 1 ? &APPS[0] : NULL;
}

static int start(void **state)
{
	static const struct settings settings = {.server_trusted_proxies = "", .server_hosts = ""};
	static const struct house house = {.public_url = "https://id.example", .public_host = "id.example"};
	static const struct gate_callers callers = {.app_find = find_app, .app_sole = sole_app};
	settings_publish(&settings);
	gate_start(&house, &callers);
	*state = arena_new();
	return 0;
}

static int stop(void **state)
{
	arena_free(*state);
	return 0;
}

/* A call that names that app, or none (NULL). */
static enum err ask(struct arena *arena, const char *app_id, struct op **op_r)
{
	static const struct action ACTION = {0};
	static const struct endpoint OF_SERVER = {.caller = CALLER_SERVER, .limit = LIMIT_NO_LIMIT, .action = &ACTION};
	struct http_field *field = ARENA_NEW(arena, struct http_field);
	struct http_request *request = ARENA_NEW(arena, struct http_request);
	*request = (struct http_request){.arena = arena, .fields = field, .field_count = app_id != NULL, .local = true};
	if (app_id)
		*field = (struct http_field){
			TEXT("Authorization"), text_of(basic(arena, arena_printf(arena, "%s:", app_id).p))};
	struct op *op = op_new(arena);
	op->request = request;
	op->endpoint = &OF_SERVER;
	gate_client(op);
	*op_r = op;
	return gate_pass(op, NULL);
}

static void any_app_can_be_named(void **state)
{
	struct op *op;
	app_count = 2;
	assert_int_equal(ask(*state, SECOND, &op), ERR_NONE);
	assert_ptr_equal(op->app, &APPS[1]);
	assert_true(op->app_proven);
	assert_false(op->client_known);
	assert_int_equal(ask(*state, UNKNOWN, &op), ERR_APP_NOT_FOUND);
	assert_int_equal(ask(*state, "x", &op), ERR_APP_NOT_FOUND);
}

static void the_one_app_there_is_need_not_be_named(void **state)
{
	struct op *op;
	app_count = 1;
	assert_int_equal(ask(*state, NULL, &op), ERR_NONE);
	assert_ptr_equal(op->app, &APPS[0]);
	for (app_count = 0; app_count <= 2; app_count += 2) {
		assert_int_equal(ask(*state, NULL, &op), ERR_VALIDATION_ERROR);
		assert_string_equal(op->bad[0].field, "app_id");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(any_app_can_be_named, start, stop),
		cmocka_unit_test_setup_teardown(the_one_app_there_is_need_not_be_named, start, stop),
	};
	body_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
