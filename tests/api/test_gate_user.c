/* A call of an app that also needs its user's token, by what it asks for. */
#include "../check.h"

#include "api/body.h"
#include "api/gate.h"
#include "core/limit.h"

#define KNOWN "\"app_id\":\"01890a5d-ac96-774b-bcce-b302099a8057\","
#define UNKNOWN "\"app_id\":\"01890a5d-ac96-774b-bcce-b302099a8059\","
#define MALFORMED "\"app_id\":\"x\","
#define WRONG_SECRET "\"app_secret\":\"wrong\","
#define MINE "\"mine\":1,"
#define BODY(members) "{" members "\"word\":\"hi\"}"

struct app {
	struct uuid id;
};
static struct app app;

static const struct app *find_app(struct uuid id)
{
	return uuid_equal(id, app.id) ? &app : NULL;
}

static bool secret_fits(const struct app *asked, struct text secret, int64_t now)
{
	return text_equal(secret, TEXT("right"));
}

static bool requires_secret(const struct app *asked)
{
	return false;
}

static enum err judge_user(struct op *op, struct text bearer)
{
	if (!text_equal(bearer, TEXT("genuine")) && !text_equal(bearer, TEXT("ended")))
		return ERR_TOKEN_INVALID;
	op->user.session_id = (struct uuid){{1}};
	return ERR_NONE;
}

static enum err judge_user_live(struct op *op)
{
	return text_equal(http_field(op->request, "Authorization"), TEXT("Bearer ended")) ? ERR_TOKEN_REVOKED
											  : ERR_NONE;
}

static int start(void **state)
{
	static const struct house house = {.public_url = "https://id.example", .public_host = "id.example"};
	static const struct gate_callers callers = {.app_find = find_app,
		.app_secret_fits = secret_fits,
		.app_requires_secret = requires_secret,
		.user = judge_user,
		.user_live = judge_user_live};
	static struct settings settings;
	settings = (struct settings){
		.server_trusted_proxies = "", .server_hosts = "", .limit_wrong_secrets = {100, 60000}};
	settings_publish(&settings);
	limit_start(&house);
	gate_start(&house, &callers);
	*state = arena_new();
	return uuid_read(TEXT("01890a5d-ac96-774b-bcce-b302099a8057"), &app.id);
}

static int stop(void **state)
{
	limit_stop();
	arena_free(*state);
	return 0;
}

struct body {
	struct uuid app_id;
	struct text word;
};
static const struct field FIELDS[] = {
	FIELD(struct body, app_id, uuid, .required = true),
	FIELD(struct body, word, text, .required = true),
};

static bool says_mine(const json_t *json)
{
	return json_object_get(json, "mine") != NULL;
}

/* What the gate says, and when it lets pass what it says in the transaction. */
static enum err ask(struct arena *arena, const char *body, const char *authorization)
{
	static const struct action action = {ACTION_FIELDS(struct body, FIELDS), .needs_user = says_mine};
	static const struct endpoint endpoint = {.caller = CALLER_APP, .limit = LIMIT_NO_LIMIT, .action = &action};
	struct http_field *fields = arena_alloc(arena, 2 * sizeof *fields);
	struct http_request *request = ARENA_NEW(arena, struct http_request);
	fields[0] = (struct http_field){TEXT("Content-Type"), TEXT("application/json")};
	fields[1] = (struct http_field){TEXT("Authorization"), text_of(authorization)};
	*request = (struct http_request){.arena = arena,
		.fields = fields,
		.field_count = authorization ? 2 : 1,
		.host = TEXT("id.example"),
		.body = text_of(body)};
	struct op *op = op_new(arena);
	op->request = request;
	op->endpoint = &endpoint;
	gate_client(op);
	const enum err err = gate_pass(op, NULL);
	return err != ERR_NONE ? err : gate_live(op);
}

static const struct {
	const char *body, *authorization;
	enum err err;
} ASKED[] = {
	/* what does not need the user does not look at the token */
	{BODY(KNOWN), NULL, ERR_NONE},
	{BODY(KNOWN), "Bearer ended", ERR_NONE},
	{BODY(KNOWN), "Bearer forged", ERR_NONE},
	{BODY(MALFORMED), "Bearer ended", ERR_VALIDATION_ERROR},
	/* what does is judged like a user's call: the token before fields and the app */
	{BODY(KNOWN MINE), "Bearer genuine", ERR_NONE},
	{BODY(KNOWN MINE), NULL, ERR_TOKEN_INVALID},
	{BODY(KNOWN MINE), "Bearer forged", ERR_TOKEN_INVALID},
	{BODY(KNOWN MINE), "Basic Z2VudWluZTo=", ERR_TOKEN_INVALID},
	{BODY(KNOWN MINE), "Bearer ended", ERR_TOKEN_REVOKED},
	{BODY(MALFORMED MINE), "Bearer forged", ERR_TOKEN_INVALID},
	{BODY(MALFORMED MINE), "Bearer ended", ERR_TOKEN_REVOKED},
	{BODY(MALFORMED MINE), "Bearer genuine", ERR_VALIDATION_ERROR},
	{BODY(UNKNOWN MINE), "Bearer genuine", ERR_APP_NOT_FOUND},
	{BODY(KNOWN MINE WRONG_SECRET), "Bearer genuine", ERR_TOKEN_INVALID},
};

static void the_users_token_is_judged_where_it_is_needed(void **state)
{
	for (size_t i = 0; i < COUNT(ASKED); i++)
		assert_int_equal(ask(*state, ASKED[i].body, ASKED[i].authorization), ASKED[i].err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_users_token_is_judged_where_it_is_needed, start, stop),
	};
	body_start();
	return cmocka_run_group_tests_name("gate_user", tests, NULL, NULL);
}
