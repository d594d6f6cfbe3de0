/* What a browser may send to a page of ours: forms of our own pages, whoever it says it is. */
#include "../check.h"
#include "basic.h"

#include "api/body.h"
#include "api/gate.h"
#include "core/limit.h"

#define APP_ID "01890a5d-ac96-774b-bcce-b302099a8057"

/* ---- a page with a form, and one to look at ---- */

struct form_body {
	struct uuid app_id;
	struct text word;
};
static const struct field FORM_FIELDS[] = {
	FIELD(struct form_body, app_id, uuid, .required = true),
	FIELD(struct form_body, word, text, .required = true, .min = 1, .max = 9),
};

static void check_word(struct op *op, void *body)
{
	if (text_equal(((const struct form_body *)body)->word, TEXT("bad")))
		schema_bad(op, "word", "Must not be bad.");
}

static const struct action FORM_ACTION = {ACTION_FIELDS(struct form_body, FORM_FIELDS), .check = check_word};
static const struct endpoint FORM_ROW = {
	.method = HTTP_POST, .caller = CALLER_PAGE, .limit = LIMIT_sends_per_address, .action = &FORM_ACTION};
static const struct endpoint VIEW_ROW = {
	.method = HTTP_GET, .caller = CALLER_PAGE, .limit = LIMIT_NO_LIMIT, .action = &FORM_ACTION};

/* ---- asking ---- */

static struct settings settings;
static const struct house house = {.master = {9}, .public_url = "https://id.example", .public_host = "id.example"};

static int start(void **state)
{
	/* none of these is asked: a page's caller has no credentials */
	static const struct gate_callers nobody;
	settings = (struct settings){.server_trusted_proxies = "",
		.server_hosts = "",
		.limit_sends_per_address = {2, 60000},
		.limit_wrong_secrets = {3, 60000},
		.limit_sms_per_address = {2, 60000},
		.limit_sms_per_app = {2, 60000}};
	settings_publish(&settings);
	limit_start(&house);
	gate_start(&house, &nobody);
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
	const char *type, *body, *origin, *site, *basic, *key;
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
	request->method = endpoint->method;
	request->fields = arena_alloc(arena, 8 * sizeof(struct http_field));
	request->body = text_of(said->body);
	assert_int_equal(ip_read(TEXT("192.0.2.1"), &request->peer), 0);
	add_field(request, "Content-Type", said->type);
	add_field(request, "Origin", said->origin);
	add_field(request, "Sec-Fetch-Site", said->site);
	add_field(request, "Authorization", said->basic ? basic(arena, said->basic) : NULL);
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
#define FORM "application/x-www-form-urlencoded"
#define GOOD "app_id=" APP_ID "&word=hi+there"

/* ---- the tests ---- */

static void a_form_fills_the_fields_of_a_page(void **state)
{
	struct op *op;
	assert_int_equal(ASK_OP(op, FORM_ROW, .type = FORM, .body = GOOD), ERR_NONE);
	const struct form_body *body = op->body;
	CHECK_STRING(body->word, "hi there");
	assert_true(op->client_known);
	assert_int_equal(ASK_OP(op, FORM_ROW, .type = FORM, .body = "app_id=x&word=bad"), ERR_VALIDATION_ERROR);
	assert_int_equal(op->bad_count, 2);
	assert_string_equal(op->bad[0].field, "app_id");
	assert_string_equal(op->bad[1].field, "word");
	assert_int_equal(ASK_OP(op, FORM_ROW, .site = "same-origin"), ERR_VALIDATION_ERROR);
	assert_int_equal(op->bad_count, 2);
}

static void a_page_takes_a_form_alone(void **state)
{
	static const char *const TYPES[] = {
		"application/json", "text/plain", "multipart/form-data; boundary=x", "", ("text/plain;" FORM)};
	struct op *op;
	for (int round = 0; round < 10; round++)
		for (size_t i = 0; i < COUNT(TYPES); i++)
			assert_int_equal(
				ASK_OP(op, FORM_ROW, .type = TYPES[i], .body = GOOD), ERR_UNSUPPORTED_MEDIA_TYPE);
	assert_non_null(op->body);
	assert_int_equal(ASK(FORM_ROW, .type = FORM, .body = "word=%"), ERR_VALIDATION_ERROR);
	assert_int_equal(ASK(FORM_ROW, .type = FORM "; charset=UTF-8", .body = GOOD), ERR_NONE);
}

/* THREATS B11, D11: before anything is read or counted. */
static void a_form_that_another_site_posts_is_refused_and_spends_nothing(void **state)
{
	static const char *const SITES[] = {"cross-site", "same-site", "Same-Origin", "", "anything"};
	struct op *op;
	for (int round = 0; round < 10; round++)
		for (size_t i = 0; i < COUNT(SITES); i++) {
			assert_int_equal(
				ASK_OP(op, FORM_ROW, .type = FORM, .body = GOOD, .site = SITES[i]), ERR_FORBIDDEN);
			assert_non_null(op->body);
			assert_int_equal(
				ASK(FORM_ROW, .type = "text/plain", .body = "{", .site = SITES[i]), ERR_FORBIDDEN);
		}
	assert_int_equal(ASK(FORM_ROW, .type = FORM, .body = GOOD, .site = "same-origin"), ERR_NONE);
	assert_int_equal(ASK(FORM_ROW, .type = FORM, .body = GOOD, .site = "none"), ERR_NONE);
	assert_int_equal(ASK(FORM_ROW, .type = FORM, .body = GOOD, .site = "same-origin"), ERR_RATE_LIMITED);
}

static void a_page_may_be_looked_at_from_anywhere(void **state)
{
	static const char *const SITES[] = {"cross-site", "same-site", "same-origin", "none", NULL};
	for (size_t i = 0; i < COUNT(SITES); i++) {
		struct op *op = op_that_says(*state, &VIEW_ROW, &(const struct said){.site = SITES[i]});
		assert_int_equal(gate_pass(op, NULL), ERR_VALIDATION_ERROR); /* its word is missing, no more */
		op->request->method = HTTP_HEAD;
		op->bad_count = 0;
		assert_int_equal(gate_pass(op, NULL), ERR_VALIDATION_ERROR);
	}
	/* a body means nothing to a GET */
	assert_int_equal(ASK(VIEW_ROW, .type = FORM, .body = GOOD), ERR_VALIDATION_ERROR);
}

static void to_a_page_origin_credentials_and_end_user_ip_mean_nothing(void **state)
{
	struct op *op;
	settings.limit_sends_per_address.count = 100;
	static const char *const ORIGINS[] = {
		"null", "https://evil.example", "https://known.example", "https://id.example"};
	for (size_t i = 0; i < COUNT(ORIGINS); i++) {
		assert_int_equal(ASK_OP(op, FORM_ROW, .type = FORM, .body = GOOD, .origin = ORIGINS[i]), ERR_NONE);
		assert_true(text_absent(op->cors_origin));
	}
	for (int i = 0; i < 10; i++)
		assert_int_equal(
			ASK_OP(op, FORM_ROW, .type = FORM, .body = GOOD, .basic = APP_ID ":wrong", .key = "a b"),
			ERR_NONE);
	assert_int_equal(ASK_OP(op, FORM_ROW, .type = FORM, .body = GOOD "&app_secret=right&end_user_ip=198.51.100.7"),
		ERR_NONE);
	assert_null(op->app);
	assert_false(op->app_proven);
	char ip[IP_TEXT_SIZE];
	ip_write(op->client, ip);
	assert_string_equal(ip, "192.0.2.1");
	assert_int_equal(gate_live(op), ERR_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_GATE(a_form_fills_the_fields_of_a_page),
		WITH_GATE(a_page_takes_a_form_alone),
		WITH_GATE(a_form_that_another_site_posts_is_refused_and_spends_nothing),
		WITH_GATE(a_page_may_be_looked_at_from_anywhere),
		WITH_GATE(to_a_page_origin_credentials_and_end_user_ip_mean_nothing),
	};
	body_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
