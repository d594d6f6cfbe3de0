/* Who may call, and the order in which a request that may not is refused (API section 1). */
#include "../check.h"
#include "basic.h"

#include "api/body.h"
#include "api/gate.h"
#include "core/limit.h"

#define KNOWN "01890a5d-ac96-774b-bcce-b302099a8057"
#define KNOWN_UPPER "01890A5D-AC96-774B-BCCE-B302099A8057"
#define STRICT "01890a5d-ac96-774b-bcce-b302099a8058" /* requires its secret */
#define UNKNOWN "01890a5d-ac96-774b-bcce-b302099a8059"

/* ---- fakes of the rooms above ---- */

struct app {
	const char *id, *origin;
	bool strict;
};
static const struct app APPS[] = {{KNOWN, "https://known.example", false}, {STRICT, "https://strict.example", true}};

static const struct app *find_app(struct uuid id)
{
	char text[UUID_TEXT_SIZE];
	uuid_write(id, text);
	for (size_t i = 0; i < COUNT(APPS); i++)
		if (strcmp(APPS[i].id, text) == 0)
			return &APPS[i];
	return NULL;
}

static bool secret_fits(const struct app *app, struct text secret, int64_t now)
{
	return app && text_equal(secret, TEXT("right"));
}

static bool allows_origin(const struct app *app, struct text origin)
{
	for (size_t i = 0; i < COUNT(APPS); i++)
		if ((!app || app == &APPS[i]) && text_equal(origin, text_of(APPS[i].origin)))
			return true;
	return false;
}

static bool requires_secret(const struct app *app)
{
	return app->strict;
}

static enum err judge_user(struct op *op, struct text bearer)
{
	return text_equal(bearer, TEXT("genuine")) || text_equal(bearer, TEXT("ended")) ? ERR_NONE : ERR_TOKEN_INVALID;
}

static enum err judge_user_live(struct op *op)
{
	return text_equal(http_field(op->request, "Authorization"), TEXT("Bearer ended")) ? ERR_TOKEN_REVOKED
											  : ERR_NONE;
}

/* ---- one endpoint of each kind ---- */

struct app_body {
	struct uuid app_id;
	struct text word;
	int64_t count;
};
static const struct field APP_FIELDS[] = {
	FIELD(struct app_body, app_id, uuid, .required = true),
	FIELD(struct app_body, word, text, .required = true, .min = 1, .max = 9),
	FIELD(struct app_body, count, int, .max = 9),
};
static const struct field FREE_FIELDS[] = {FIELD(struct app_body, word, text, .required = true, .min = 1, .max = 9)};

static void check_word(struct op *op, void *body)
{
	if (text_equal(((const struct app_body *)body)->word, TEXT("bad")))
		schema_bad(op, "word", "Must not be bad.");
}

static const struct action APP_ACTION = {ACTION_FIELDS(struct app_body, APP_FIELDS), .check = check_word};
static const struct action FREE_ACTION = {ACTION_FIELDS(struct app_body, FREE_FIELDS), .form = true};
static const struct endpoint OF_APP = {.caller = CALLER_APP, .limit = LIMIT_sends_per_address, .action = &APP_ACTION};
static const struct endpoint OF_SERVER = {.caller = CALLER_SERVER, .limit = LIMIT_NO_LIMIT, .action = &FREE_ACTION};
static const struct endpoint OF_USER = {.caller = CALLER_USER, .limit = LIMIT_NO_LIMIT, .action = &FREE_ACTION};
static const struct endpoint OF_NONE = {.caller = CALLER_NONE, .limit = LIMIT_NO_LIMIT, .action = &FREE_ACTION};

/* ---- asking ---- */

static struct settings settings;
static const struct house house = {.master = {9}, .public_url = "https://id.example", .public_host = "id.example"};

static int start(void **state)
{
	static const struct gate_callers callers = {
		find_app, NULL, secret_fits, allows_origin, requires_secret, judge_user, judge_user_live};
	settings = (struct settings){.server_trusted_proxies = "",
		.server_hosts = "",
		.limit_sends_per_address = {2, 60000},
		.limit_wrong_secrets = {3, 60000},
		.limit_sms_per_address = {2, 60000},
		.limit_sms_per_app = {2, 60000}};
	settings_publish(&settings);
	limit_start(&house);
	gate_start(&house, &callers);
	*state = arena_new();
	return 0;
}

static int stop(void **state)
{
	limit_stop();
	arena_free(*state);
	return 0;
}
#define WITH_GATE(test) cmocka_unit_test_setup_teardown(test, start, stop)

/* What a request says; absent members are not sent. */
struct said {
	const char *type, *body, *origin, *site, *authorization, *basic, *key, *peer;
};

static void add_field(struct http_request *request, const char *name, const char *value)
{
	struct http_field *fields = (struct http_field *)request->fields;
	if (value)
		fields[request->field_count++] = (struct http_field){text_of(name), text_of(value)};
}

static struct op *op_that_says(struct arena *arena, const struct endpoint *endpoint, const struct said *said)
{
	struct http_request *request = ARENA_NEW(arena, struct http_request);
	request->arena = arena;
	request->fields = arena_alloc(arena, 8 * sizeof(struct http_field));
	request->host = TEXT("id.example");
	request->body = text_of(said->body);
	assert_int_equal(ip_read(text_of(said->peer ? said->peer : "192.0.2.1"), &request->peer), 0);
	add_field(request, "Content-Type", said->type ? said->type : said->body ? "application/json" : NULL);
	add_field(request, "Origin", said->origin);
	add_field(request, "Sec-Fetch-Site", said->site);
	add_field(request, "Authorization", said->basic ? basic(arena, said->basic) : said->authorization);
	add_field(request, "Idempotency-Key", said->key);
	struct op *op = op_new(arena);
	op->now = 1000000;
	op->request = request;
	op->endpoint = endpoint;
	gate_client(op);
	return op;
}

static enum err ask(struct arena *arena, const struct endpoint *endpoint, const struct said *said, struct op **op_r)
{
	struct op *op = op_that_says(arena, endpoint, said);
	enum err err = gate_pass(op, NULL);
	if (op_r)
		*op_r = op;
	return err;
}

#define ASK(endpoint, ...) ask(*state, &(endpoint), &(const struct said){__VA_ARGS__}, NULL)
#define ASK_OP(op, endpoint, ...) ask(*state, &(endpoint), &(const struct said){__VA_ARGS__}, &(op))
#define GOOD "{\"app_id\":\"" KNOWN "\",\"word\":\"hi\"}"
#define WITH_SECRET(id, secret) "{\"app_id\":\"" id "\",\"app_secret\":\"" secret "\",\"word\":\"hi\"}"

/* ---- the tests ---- */

static void a_good_call_of_an_app_passes_and_its_body_is_read(void **state)
{
	struct op *op;
	assert_int_equal(ASK_OP(op, OF_APP, .body = GOOD), ERR_NONE);
	assert_ptr_equal(op->app, &APPS[0]);
	assert_false(op->app_proven);
	assert_true(op->client_known);
	const struct app_body *body = op->body;
	CHECK_STRING(body->word, "hi");
	assert_true(text_absent(op->cors_origin));
}

/* Each row is wrong in what its own column says and in everything later; the first decides. */
static void the_first_thing_wrong_decides(void **state)
{
#define LATER "\"word\":\"bad\",\"count\":\"x\""
	assert_int_equal(ASK(OF_APP, .type = "text/plain", .body = "{", .site = "cross-site", .basic = "x"),
		ERR_UNSUPPORTED_MEDIA_TYPE);
	assert_int_equal(ASK(OF_APP, .body = "{", .site = "cross-site", .basic = "x"), ERR_VALIDATION_ERROR);
	assert_int_equal(ASK(OF_APP, .body = "{" LATER "}", .site = "cross-site", .basic = "x"), ERR_FORBIDDEN);
	assert_int_equal(ASK(OF_APP, .body = "{" LATER "}", .basic = UNKNOWN ":right"), ERR_TOKEN_INVALID);
	assert_int_equal(ASK(OF_APP, .body = "{\"app_id\":\"" UNKNOWN "\"," LATER "}"), ERR_VALIDATION_ERROR);
	assert_int_equal(ASK(OF_APP, .body = "{\"app_id\":\"" UNKNOWN "\",\"word\":\"hi\"}"), ERR_APP_NOT_FOUND);
	assert_int_equal(ASK(OF_APP, .body = "{\"app_id\":\"" STRICT "\",\"word\":\"hi\"}"), ERR_TOKEN_INVALID);
	for (int i = 0; i < 2; i++)
		assert_int_equal(ASK(OF_APP, .body = GOOD), ERR_NONE);
	assert_int_equal(ASK(OF_APP, .body = GOOD), ERR_RATE_LIMITED);
}

static void a_body_is_json_and_says_so(void **state)
{
	static const char *const TYPES[] = {
		"application/json", "Application/JSON", "application/json; charset=utf-8", "application/json;x=y"};
	static const char *const OTHERS[] = {"text/plain", "", "application/jsonx", "application/x-www-form-urlencoded",
		"multipart/form-data", "application/json, text/plain", "text/plain;application/json"};
	for (size_t i = 0; i < COUNT(TYPES); i++)
		assert_int_equal(ASK(OF_NONE, .type = TYPES[i], .body = "{\"word\":\"hi\"}"), ERR_NONE);
	for (size_t i = 0; i < COUNT(OTHERS); i++)
		assert_int_equal(ASK(OF_APP, .type = OTHERS[i], .body = GOOD), ERR_UNSUPPORTED_MEDIA_TYPE);
	assert_int_equal(ASK(OF_APP, .type = "text/plain"), ERR_UNSUPPORTED_MEDIA_TYPE);
	assert_int_equal(ASK(OF_NONE, .type = "application/x-www-form-urlencoded", .body = "word=hi"), ERR_NONE);
}

static void no_body_is_an_empty_object(void **state)
{
	struct op *op;
	assert_int_equal(ASK_OP(op, OF_APP, .peer = NULL), ERR_VALIDATION_ERROR);
	assert_int_equal(op->bad_count, 2);
	assert_string_equal(op->bad[0].field, "app_id");
	assert_int_equal(ASK_OP(op, OF_APP, .basic = KNOWN ":right"), ERR_VALIDATION_ERROR);
	assert_int_equal(op->bad_count, 1);
	assert_string_equal(op->bad[0].field, "word");
}

static void an_unreadable_body_is_the_one_bad_field(void **state)
{
	struct op *op;
	assert_int_equal(ASK_OP(op, OF_APP, .body = "{\"a\":1,\"a\":2}", .key = "\x01"), ERR_VALIDATION_ERROR);
	assert_int_equal(op->bad_count, 1);
	assert_string_equal(op->bad[0].field, "body");
	assert_string_equal(op->bad[0].message, "Must not name a key twice.");
}

/* ---- browsers ---- */

static void a_page_may_call_when_it_is_ours_or_listed_by_the_app_it_names(void **state)
{
	static const struct {
		const char *origin, *site, *app;
		bool good;
	} ROWS[] = {
		{NULL, NULL, KNOWN, true},
		{NULL, "same-origin", KNOWN, true},
		{NULL, "none", KNOWN, true},
		{NULL, "cross-site", KNOWN, false},
		{NULL, "same-site", KNOWN, false},
		{"https://known.example", "cross-site", KNOWN, true},
		{"https://known.example", NULL, KNOWN, true},
		{"https://id.example", "same-origin", KNOWN, true},
		{"https://strict.example", "cross-site", KNOWN, false},
		{"https://known.example", "cross-site", UNKNOWN, false},
		{"https://known.example.evil.org", NULL, KNOWN, false},
		{"http://known.example", NULL, KNOWN, false},
		{"https://known.example/", NULL, KNOWN, false},
		{"https://known.example:443", NULL, KNOWN, false},
		{"null", NULL, KNOWN, false},
		{"", NULL, KNOWN, false},
	};
	settings.limit_sends_per_address.count = 100;
	for (size_t i = 0; i < COUNT(ROWS); i++) {
		struct op *op;
		const char *body = arena_printf(*state, "{\"app_id\":\"%s\",\"word\":\"hi\"}", ROWS[i].app).p;
		enum err err = ASK_OP(op, OF_APP, .body = body, .origin = ROWS[i].origin, .site = ROWS[i].site);
		if (err != (ROWS[i].good ? ERR_NONE : ERR_FORBIDDEN))
			fail_msg("row %zu: %d", i, err);
		/* what passes may be read, what does not may not */
		assert_int_equal(!text_absent(op->cors_origin), ROWS[i].good && ROWS[i].origin);
	}
}

static void where_no_app_is_named_any_app_may_list_the_page(void **state)
{
	assert_int_equal(ASK(OF_NONE, .body = "{\"word\":\"hi\"}", .origin = "https://strict.example"), ERR_NONE);
	assert_int_equal(ASK(OF_USER, .body = "{\"word\":\"hi\"}", .origin = "https://known.example",
				 .authorization = "Bearer genuine"),
		ERR_NONE);
	assert_int_equal(ASK(OF_NONE, .body = "{\"word\":\"hi\"}", .origin = "https://evil.example"), ERR_FORBIDDEN);
}

static void a_listed_page_may_read_why_it_was_refused(void **state)
{
	struct op *op;
	assert_int_equal(ASK_OP(op, OF_APP, .body = "{", .origin = "https://known.example"), ERR_VALIDATION_ERROR);
	CHECK_STRING(op->cors_origin, "https://known.example");
	assert_int_equal(ASK_OP(op, OF_APP, .body = "{", .origin = "https://evil.example"), ERR_VALIDATION_ERROR);
	assert_true(text_absent(op->cors_origin));
	assert_int_equal(ASK_OP(op, OF_APP, .body = GOOD, .origin = "https://strict.example"), ERR_FORBIDDEN);
	assert_true(text_absent(op->cors_origin));
}

static void a_foreign_page_spends_no_budget(void **state)
{
	for (int i = 0; i < 20; i++) {
		assert_int_equal(ASK(OF_APP, .body = GOOD, .site = "cross-site"), ERR_FORBIDDEN);
		assert_int_equal(ASK(OF_APP, .body = WITH_SECRET(KNOWN, "wrong"), .site = "cross-site"), ERR_FORBIDDEN);
	}
	assert_int_equal(ASK(OF_APP, .body = WITH_SECRET(KNOWN, "right")), ERR_NONE);
	assert_int_equal(ASK(OF_APP, .body = GOOD), ERR_NONE);
}

static void a_preflight_passes_for_any_listed_page(void **state)
{
	struct op *op = op_that_says(*state, NULL, &(const struct said){.origin = "https://strict.example"});
	assert_int_equal(gate_preflight(op), ERR_NONE);
	CHECK_STRING(op->cors_origin, "https://strict.example");
	op = op_that_says(*state, NULL, &(const struct said){.origin = "https://evil.example"});
	assert_int_equal(gate_preflight(op), ERR_FORBIDDEN);
	assert_true(text_absent(op->cors_origin));
	assert_int_equal(gate_preflight(op_that_says(*state, NULL, &(const struct said){.peer = NULL})), ERR_NONE);
}

/* ---- proof ---- */

static void a_secret_that_was_sent_must_be_right_whoever_may_call(void **state)
{
	static const struct said WRONG[] = {
		{.body = WITH_SECRET(KNOWN, "wrong")},
		{.body = WITH_SECRET(UNKNOWN, "right")},
		{.body = WITH_SECRET("x", "right")},
		{.body = "{\"app_secret\":\"right\",\"word\":\"hi\"}"},
		{.body = "{\"app_id\":\"" KNOWN "\",\"app_secret\":5,\"word\":\"hi\"}"},
		{.body = GOOD, .basic = KNOWN ":wrong"},
		{.body = GOOD, .basic = STRICT ":right"},
		{.body = GOOD, .basic = KNOWN},
		{.body = GOOD, .authorization = "Basic"},
		{.body = WITH_SECRET(KNOWN, "right"), .basic = KNOWN ":other"},
		{.body = WITH_SECRET(KNOWN, "right"), .authorization = "Basic ?"},
	};
	const struct endpoint *const endpoints[] = {&OF_APP, &OF_SERVER, &OF_NONE};
	settings.limit_wrong_secrets.count = 1000;
	for (size_t i = 0; i < COUNT(WRONG); i++)
		for (size_t e = 0; e < COUNT(endpoints); e++)
			if (ask(*state, endpoints[e], &WRONG[i], NULL) != ERR_TOKEN_INVALID)
				fail_msg("row %zu, endpoint %zu", i, e);
}

static void a_server_needs_a_right_secret(void **state)
{
	struct op *op;
	assert_int_equal(ASK(OF_SERVER, .body = GOOD), ERR_TOKEN_INVALID);
	assert_int_equal(ASK(OF_SERVER, .body = "{\"word\":\"hi\"}"), ERR_TOKEN_INVALID);
	assert_int_equal(
		ASK(OF_SERVER, .body = "{\"word\":\"hi\"}", .authorization = "Bearer genuine"), ERR_TOKEN_INVALID);
	assert_int_equal(ASK_OP(op, OF_SERVER, .body = "{\"word\":\"hi\"}", .basic = KNOWN ":right"), ERR_NONE);
	assert_ptr_equal(op->app, &APPS[0]);
	assert_true(op->app_proven);
	assert_int_equal(ASK(OF_SERVER, .body = WITH_SECRET(KNOWN, "right")), ERR_NONE);
}

static void an_app_that_requires_its_secret_passes_with_it(void **state)
{
	assert_int_equal(ASK(OF_APP, .body = WITH_SECRET(STRICT, "right")), ERR_NONE);
	assert_int_equal(ASK(OF_APP, .body = "{\"word\":\"hi\"}", .basic = STRICT ":right"), ERR_NONE);
}

/* THREATS B13: wrong secrets are throttled per app and address, however the app's id is spelt. */
static void wrong_secrets_are_throttled_per_app_and_address(void **state)
{
	assert_int_equal(ASK(OF_SERVER, .body = WITH_SECRET(KNOWN, "wrong")), ERR_TOKEN_INVALID);
	assert_int_equal(ASK(OF_SERVER, .body = WITH_SECRET(KNOWN_UPPER, "wrong")), ERR_TOKEN_INVALID);
	assert_int_equal(ASK(OF_SERVER, .body = "{\"word\":\"hi\"}", .basic = KNOWN ":wrong"), ERR_TOKEN_INVALID);
	struct op *op;
	assert_int_equal(ASK_OP(op, OF_SERVER, .body = WITH_SECRET(KNOWN_UPPER, "wrong")), ERR_RATE_LIMITED);
	assert_int_equal(op->retry_ms, 20000);
	assert_int_equal(ASK(OF_SERVER, .body = WITH_SECRET(KNOWN, "right")), ERR_RATE_LIMITED);
	assert_int_equal(ASK(OF_SERVER, .body = WITH_SECRET(STRICT, "right")), ERR_NONE);
	assert_int_equal(ASK(OF_SERVER, .body = WITH_SECRET(KNOWN, "right"), .peer = "192.0.2.2"), ERR_NONE);
}

static void basic_means_nothing_to_a_users_endpoint_and_bearer_nothing_to_others(void **state)
{
	assert_int_equal(ASK(OF_USER, .body = "{\"word\":\"hi\"}", .basic = KNOWN ":right"), ERR_TOKEN_INVALID);
	assert_int_equal(ASK(OF_USER, .body = "{\"word\":\"hi\"}"), ERR_TOKEN_INVALID);
	assert_int_equal(ASK(OF_NONE, .body = "{\"word\":\"hi\"}", .authorization = "Bearer nonsense"), ERR_NONE);
}

static void an_ended_session_outranks_bad_fields(void **state)
{
	struct op *op;
	assert_int_equal(ASK_OP(op, OF_USER, .body = "{}", .authorization = "Bearer ended"), ERR_NONE);
	assert_int_equal(gate_live(op), ERR_TOKEN_REVOKED);
	assert_int_equal(ASK_OP(op, OF_USER, .body = "{}", .authorization = "Bearer genuine"), ERR_NONE);
	assert_int_equal(gate_live(op), ERR_VALIDATION_ERROR);
	assert_int_equal(ASK_OP(op, OF_USER, .body = "{\"word\":\"hi\"}", .authorization = "Bearer genuine"), ERR_NONE);
	assert_int_equal(gate_live(op), ERR_NONE);
	assert_int_equal(ASK_OP(op, OF_NONE, .body = "{\"word\":\"hi\"}"), ERR_NONE);
	assert_int_equal(gate_live(op), ERR_NONE);
}

/* ---- end_user_ip and Idempotency-Key ---- */

static void a_proven_app_names_whose_address_counts(void **state)
{
	struct op *op;
	char ip[IP_TEXT_SIZE];
#define FOR_USER(value) "{\"app_id\":\"" KNOWN "\",\"app_secret\":\"right\",\"word\":\"hi\",\"end_user_ip\":" value "}"
	assert_int_equal(ASK_OP(op, OF_APP, .body = FOR_USER("\"198.51.100.7\"")), ERR_NONE);
	assert_true(op->client_known);
	ip_write(op->client, ip);
	assert_string_equal(ip, "198.51.100.7");
	assert_int_equal(ASK(OF_APP, .body = FOR_USER("\"198.51.100.7\"")), ERR_NONE);
	assert_int_equal(ASK(OF_APP, .body = FOR_USER("\"198.51.100.7\"")), ERR_RATE_LIMITED);
	assert_int_equal(ASK(OF_APP, .body = FOR_USER("\"198.51.100.8\"")), ERR_NONE);
	/* without one only the app's budgets count */
	for (int i = 0; i < 10; i++) {
		assert_int_equal(ASK_OP(op, OF_APP, .body = FOR_USER("null")), ERR_NONE);
		assert_false(op->client_known);
	}
	assert_int_equal(ASK(OF_APP, .body = GOOD), ERR_NONE);
}

static void a_bad_end_user_ip_is_a_bad_field_of_a_proven_app_and_ignored_from_others(void **state)
{
	static const char *const BAD[] = {FOR_USER("\"x\""), FOR_USER("\"\""), FOR_USER("5"), FOR_USER("[\"1.1.1.1\"]"),
		FOR_USER("\"1.1.1.1:80\"")};
	struct op *op;
	for (size_t i = 0; i < COUNT(BAD); i++) {
		assert_int_equal(ASK_OP(op, OF_APP, .body = BAD[i]), ERR_VALIDATION_ERROR);
		assert_int_equal(op->bad_count, 1);
		assert_string_equal(op->bad[0].field, "end_user_ip");
	}
	assert_int_equal(
		ASK_OP(op, OF_APP, .body = "{\"app_id\":\"" KNOWN "\",\"word\":\"hi\",\"end_user_ip\":\"1.1.1.1\"}"),
		ERR_NONE);
	char ip[IP_TEXT_SIZE];
	ip_write(op->client, ip);
	assert_string_equal(ip, "192.0.2.1");
}

static void an_idempotency_key_is_1_to_128_visible_characters(void **state)
{
	static const char LONG[] = "0123456789012345678901234567890123456789012345678901234567890123"
				   "0123456789012345678901234567890123456789012345678901234567890123";
	static const char *const BAD[] = {"", "a b", "a\tb", "\xc3\xa9"};
	struct op *op;
	assert_int_equal(ASK_OP(op, OF_NONE, .body = "{\"word\":\"hi\"}", .key = LONG), ERR_NONE);
	CHECK_TEXT(op->idempotency_key, text_of(LONG));
	for (size_t i = 0; i < COUNT(BAD); i++) {
		assert_int_equal(ASK_OP(op, OF_NONE, .body = "{}", .key = BAD[i]), ERR_VALIDATION_ERROR);
		assert_int_equal(op->bad_count, 2);
		assert_string_equal(op->bad[1].field, "Idempotency-Key");
	}
	assert_int_equal(ASK(OF_NONE, .body = "{\"word\":\"hi\"}", .key = arena_printf(*state, "%sx", LONG).p),
		ERR_VALIDATION_ERROR);
	assert_int_equal(ASK_OP(op, OF_NONE, .body = "{\"word\":\"hi\"}"), ERR_NONE);
	assert_true(text_absent(op->idempotency_key));
}

static void a_host_that_is_not_ours_is_misdirected_but_not_on_the_local_socket(void **state)
{
	struct op *op = op_that_says(*state, NULL, &(const struct said){.peer = NULL});
	assert_int_equal(gate_host(op), ERR_NONE);
	op->request->host = TEXT("evil.example");
	assert_int_equal(gate_host(op), ERR_MISDIRECTED_REQUEST);
	op->request->host = TEXT_NONE; /* HTTP/1.0 */
	assert_int_equal(gate_host(op), ERR_MISDIRECTED_REQUEST);
	op->request->local = true;
	assert_int_equal(gate_host(op), ERR_NONE);
}

static void a_user_agent_is_kept_when_printable_up_to_256_bytes(void **state)
{
	struct op *op = op_that_says(*state, NULL, &(const struct said){.peer = NULL});
	struct buf agent;
	buf_init(&agent, *state, 512);
	for (int i = 0; i < 300; i++)
		buf_add_char(&agent, 'a');
	add_field(op->request, "User-Agent", buf_text(&agent).p);
	gate_client(op);
	assert_int_equal(op->user_agent.n, 256);
	op = op_that_says(*state, NULL, &(const struct said){.peer = NULL});
	add_field(op->request, "User-Agent", "x\xff");
	gate_client(op);
	assert_true(text_absent(op->user_agent));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_GATE(a_good_call_of_an_app_passes_and_its_body_is_read),
		WITH_GATE(the_first_thing_wrong_decides),
		WITH_GATE(a_body_is_json_and_says_so),
		WITH_GATE(no_body_is_an_empty_object),
		WITH_GATE(an_unreadable_body_is_the_one_bad_field),
		WITH_GATE(a_page_may_call_when_it_is_ours_or_listed_by_the_app_it_names),
		WITH_GATE(where_no_app_is_named_any_app_may_list_the_page),
		WITH_GATE(a_listed_page_may_read_why_it_was_refused),
		WITH_GATE(a_foreign_page_spends_no_budget),
		WITH_GATE(a_preflight_passes_for_any_listed_page),
		WITH_GATE(a_secret_that_was_sent_must_be_right_whoever_may_call),
		WITH_GATE(a_server_needs_a_right_secret),
		WITH_GATE(an_app_that_requires_its_secret_passes_with_it),
		WITH_GATE(wrong_secrets_are_throttled_per_app_and_address),
		WITH_GATE(basic_means_nothing_to_a_users_endpoint_and_bearer_nothing_to_others),
		WITH_GATE(an_ended_session_outranks_bad_fields),
		WITH_GATE(a_proven_app_names_whose_address_counts),
		WITH_GATE(a_bad_end_user_ip_is_a_bad_field_of_a_proven_app_and_ignored_from_others),
		WITH_GATE(an_idempotency_key_is_1_to_128_visible_characters),
		WITH_GATE(a_host_that_is_not_ours_is_misdirected_but_not_on_the_local_socket),
		WITH_GATE(a_user_agent_is_kept_when_printable_up_to_256_bytes),
	};
	body_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
