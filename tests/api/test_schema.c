/* Field tables: what each type takes, and that every bad field is named. */
#include "../check.h"

#include "api/body.h"
#include "api/router.h"

struct body {
	struct uuid id, path_id, other_id;
	struct contact email, phone;
	struct text word, colour, secret, challenge, state, name, object;
	int64_t count, page, plain, time;
	bool flag, on;
	struct text_list list, colours;
};
static const char *const COLOURS[] = {"red", "green", NULL};
static const struct field FIELDS[] = {
	FIELD(struct body, id, uuid, .required = true),
	FIELD(struct body, path_id, uuid, .place = IN_PATH, .required = true),
	FIELD(struct body, email, email),
	FIELD(struct body, phone, phone),
	FIELD(struct body, word, text, .min = 2, .max = 5),
	FIELD(struct body, colour, text, .max = 9, .choices = COLOURS, .standard = "red"),
	FIELD(struct body, secret, secret),
	FIELD(struct body, challenge, challenge),
	FIELD(struct body, state, state),
	FIELD(struct body, name, name, .standard = "login"),
	FIELD(struct body, count, int, .min = -5, .max = 100, .standard_int = 50),
	FIELD(struct body, page, int, .place = IN_QUERY, .min = 1, .max = 9),
	FIELD(struct body, plain, int),
	FIELD(struct body, object, object, .max = 20),
	FIELD(struct body, time, time),
	FIELD(struct body, flag, flag),
	FIELD(struct body, on, flag, .standard_int = 1),
	FIELD(struct body, list, list, .min = 1, .max = 3),
	FIELD(struct body, colours, list, .max = 2, .choices = COLOURS),
	FIELD(struct body, other_id, uuid),
};
static const struct action ACTION = {ACTION_FIELDS(struct body, FIELDS)};
static const struct endpoint ENDPOINT = {.action = &ACTION};

#define ID "01890a5d-ac96-774b-bcce-b302099a8057"

/* ---- reading ---- */

static int enter(void **state)
{
	*state = arena_new();
	body_enter(*state);
	return 0;
}

static int leave(void **state)
{
	body_leave();
	arena_free(*state);
	return 0;
}
#define WITH_BODY(test) cmocka_unit_test_setup_teardown(test, enter, leave)

static struct op *read_with(
	struct arena *arena, const char *json, const char *path_id, const char *query, struct body *body)
{
	json_t *object = NULL;
	const char *why;
	if (json && body_parse(text_of(json), &object, &why) != 0)
		fail_msg("%s: %s", json, why);
	struct http_request *request = ARENA_NEW(arena, struct http_request);
	request->query = text_of(query);
	struct op *op = op_new(arena);
	op->request = request;
	op->endpoint = &ENDPOINT;
	const struct text params[] = {text_of(path_id)};
	*body = (struct body){0};
	schema_read(op, FIELDS, COUNT(FIELDS), object, params, body);
	return op;
}

/* With all that is required, and one member more. */
static struct op *read_member(struct arena *arena, const char *member, struct body *body)
{
	struct text json = arena_printf(arena, "{\"id\":\"" ID "\"%s%s}", *member ? "," : "", member);
	return read_with(arena, json.p, ID, NULL, body);
}

static struct body taken(struct arena *arena, const char *member)
{
	struct body body;
	struct op *op = read_member(arena, member, &body);
	if (op->bad_count)
		fail_msg("%s: %s %s", member, op->bad[0].field, op->bad[0].message);
	return body;
}

static void check_refused(struct arena *arena, const char *member, const char *field, const char *message)
{
	struct body body;
	struct op *op = read_member(arena, member, &body);
	if (op->bad_count != 1)
		fail_msg("%s: %zu bad fields", member, op->bad_count);
	assert_string_equal(op->bad[0].field, field);
	if (strncmp(op->bad[0].message, message, strlen(message)) != 0)
		fail_msg("%s: %s", member, op->bad[0].message);
}

/* ---- the tests ---- */

static void absent_fields_have_their_standard_or_zero(void **state)
{
	struct body body = taken(*state, "");
	CHECK_STRING(body.colour, "red");
	CHECK_STRING(body.name, "login");
	assert_int_equal(body.count, 50);
	assert_int_equal(body.plain, 0);
	assert_true(body.on);
	assert_false(body.flag);
	assert_true(text_absent(body.word));
	assert_int_equal(body.email.kind, CONTACT_NONE);
	assert_int_equal(body.list.count, 0);
}

static void each_type_takes_what_it_says(void **state)
{
	assert_int_equal(taken(*state, "\"email\":\"Ada@Example.com\"").email.kind, CONTACT_EMAIL);
	assert_int_equal(taken(*state, "\"phone\":\"+919876543210\"").phone.kind, CONTACT_PHONE);
	CHECK_STRING(taken(*state, "\"word\":\"\xc3\xa9\xc3\xa9\"").word, "\xc3\xa9\xc3\xa9");
	CHECK_STRING(taken(*state, "\"colour\":\"green\"").colour, "green");
	CHECK_STRING(taken(*state, "\"challenge\":\"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM\"").challenge,
		"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
	CHECK_STRING(taken(*state, "\"state\":\" ~{}\"").state, " ~{}");
	CHECK_STRING(taken(*state, "\"state\":\"\"").state, "");
	CHECK_STRING(taken(*state, "\"secret\":\" any\\n\\u00e9 \"").secret, " any\n\xc3\xa9 ");
	CHECK_STRING(taken(*state, "\"name\":\"a_1\"").name, "a_1");
	CHECK_STRING(taken(*state, "\"object\":{ \"b\" : [1, {}] }").object, "{\"b\":[1,{}]}");
	assert_int_equal(taken(*state, "\"time\":\"2026-05-25T12:34:56Z\"").time, 1779712496000);
	assert_int_equal(taken(*state, "\"count\":-5").count, -5);
	assert_int_equal(taken(*state, "\"count\":100").count, 100);
	assert_int_equal(taken(*state, "\"plain\":9223372036854775807").plain, INT64_MAX);
	assert_true(taken(*state, "\"flag\":true").flag);
	assert_false(taken(*state, "\"on\":false").on);
	struct text_list list = taken(*state, "\"list\":[\"a\",\"b\"]").list;
	assert_int_equal(list.count, 2);
	CHECK_STRING(list.items[1], "b");
	assert_int_equal(taken(*state, "\"colours\":[]").colours.count, 0);
	assert_int_equal(taken(*state, "\"colours\":[\"red\",\"red\"]").colours.count, 2);
}

static void each_type_refuses_what_it_does_not_take_with_a_sentence(void **state)
{
	static const char *const ROWS[][3] = {
		{"\"email\":\"ada\"", "email", "Must be a plain e-mail address"},
		{"\"email\":[\"ada@example.com\"]", "email", "Must be a plain e-mail address"},
		{"\"email\":{\"a\":1}", "email", "Must be a plain e-mail address"},
		{"\"other_id\":\"x\"", "other_id", "Must be a UUID"},
		{"\"other_id\":\"00000000-0000-0000-0000-000000000000\"", "other_id", "Must be a UUID"},
		{"\"other_id\":{}", "other_id", "Must be a UUID"},
		{"\"phone\":919876543210", "phone", "Must be an E.164 number"},
		{"\"phone\":\"0091\"", "phone", "Must be an E.164 number"},
		{"\"word\":\"a\"", "word", "Must be 2 to 5 bytes long."},
		{"\"word\":\"\xc3\xa9\xc3\xa9\xc3\xa9\"", "word", "Must be 2 to 5 bytes long."},
		{"\"word\":\"\"", "word", "Must be 2 to 5 bytes long."},
		{"\"word\":\"a\\nb\"", "word", "Must not hold control characters."},
		{"\"word\":\"a\\u007fb\"", "word", "Must not hold control characters."},
		{"\"word\":1234", "word", "Must be a string."},
		{"\"word\":true", "word", "Must be a string."},
		{"\"colour\":\"blue\"", "colour", "Must be one of: red, green."},
		{"\"colour\":\"RED\"", "colour", "Must be one of: red, green."},
		{"\"secret\":\"\"", "secret", "Must be a string of 1 to 256 characters."},
		{"\"challenge\":\"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c\"", "challenge",
			"Must be an S256 challenge (RFC 7636): 43 base64url characters."},
		{"\"challenge\":[]", "challenge", "Must be an S256 challenge (RFC 7636): 43 base64url characters."},
		{"\"state\":\"\\u00e9\"", "state", "Must be a string of at most 512 printable ASCII characters."},
		{"\"state\":\"a\\nb\"", "state", "Must be a string of at most 512 printable ASCII characters."},
		{"\"state\":1", "state", "Must be a string of at most 512 printable ASCII characters."},
		{"\"secret\":5", "secret", "Must be a string of 1 to 256 characters."},
		{"\"name\":\"A\"", "name", "Must be 1 to 32 of a-z"},
		{"\"name\":\"1a\"", "name", "Must be 1 to 32 of a-z"},
		{"\"name\":\"\"", "name", "Must be 1 to 32 of a-z"},
		{"\"name\":\"a-b\"", "name", "Must be 1 to 32 of a-z"},
		{"\"name\":\"abcdefghijklmnopqrstuvwxyz0123456\"", "name", "Must be 1 to 32 of a-z"},
		{"\"count\":-6", "count", "Must be a whole number from -5 to 100."},
		{"\"count\":101", "count", "Must be a whole number from -5 to 100."},
		{"\"count\":1.0", "count", "Must be a whole number"},
		{"\"count\":\"3\"", "count", "Must be a whole number"},
		{"\"count\":true", "count", "Must be a whole number"},
		{"\"plain\":-1", "plain", "Must be a whole number"},
		{"\"object\":[]", "object", "Must be a JSON object."},
		{"\"object\":\"{}\"", "object", "Must be a JSON object."},
		{"\"object\":{\"a\":\"12345678901234\"}", "object", "Must be at most 20 bytes"},
		{"\"time\":1800000000", "time", "Must be a time in UTC"},
		{"\"time\":\"\"", "time", "Must be a time in UTC"},
		{"\"time\":\"2026-05-25T12:34:56+02:00\"", "time", "Must be a time in UTC"},
		{"\"time\":\"2026-02-30T12:34:56Z\"", "time", "Must be a time in UTC"},
		{"\"flag\":1", "flag", "Must be true or false."},
		{"\"flag\":\"true\"", "flag", "Must be true or false."},
		{"\"list\":[]", "list", "Must be an array of 1 to 3 strings."},
		{"\"list\":[\"a\",\"b\",\"c\",\"d\"]", "list", "Must be an array of 1 to 3 strings."},
		{"\"list\":\"a\"", "list", "Must be an array of 1 to 3 strings."},
		{"\"list\":{\"0\":\"a\"}", "list", "Must be an array of 1 to 3 strings."},
		{"\"list\":[1]", "list", "Must hold strings of 1 to 512 bytes"},
		{"\"list\":[\"\"]", "list", "Must hold strings of 1 to 512 bytes"},
		{"\"list\":[\"a\\tb\"]", "list", "Must hold strings of 1 to 512 bytes"},
		{"\"list\":[null]", "list", "Must hold strings of 1 to 512 bytes"},
		{"\"colours\":[\"blue\"]", "colours", "Must be one of: red, green."},
	};
	for (size_t i = 0; i < COUNT(ROWS); i++)
		check_refused(*state, ROWS[i][0], ROWS[i][1], ROWS[i][2]);
}

static void a_secret_is_counted_in_characters_not_bytes(void **state)
{
	struct buf member;
	buf_init(&member, *state, 2048);
	buf_add(&member, TEXT("\"secret\":\""));
	for (int i = 0; i < 256; i++)
		buf_add(&member, TEXT("\xe2\x82\xac"));
	struct text most = arena_printf(*state, "%s\"", buf_text(&member).p);
	assert_int_equal(taken(*state, most.p).secret.n, 3 * 256);
	struct text more = arena_printf(*state, "%sx\"", buf_text(&member).p);
	check_refused(*state, more.p, "secret", "Must be a string of 1 to 256 characters.");
}

static void every_bad_field_is_named_in_the_order_of_the_table(void **state)
{
	static const char *const ORDER[] = {"id", "path_id", "email", "count", "page", "list"};
	struct body body;
	struct op *op =
		read_with(*state, "{\"list\":1,\"count\":\"x\",\"email\":\"x\",\"unknown\":[]}", "x", "page=10", &body);
	assert_int_equal(op->bad_count, COUNT(ORDER));
	for (size_t i = 0; i < COUNT(ORDER); i++)
		assert_string_equal(op->bad[i].field, ORDER[i]);
	assert_string_equal(op->bad[0].message, "Is required.");
}

static void without_a_body_what_is_required_is_missing(void **state)
{
	struct body body;
	struct op *op = read_with(*state, NULL, ID, NULL, &body);
	assert_int_equal(op->bad_count, 1);
	assert_string_equal(op->bad[0].field, "id");
	assert_string_equal(op->bad[0].message, "Is required.");
}

static void null_is_absent_but_can_be_told_apart(void **state)
{
	struct body body;
	struct op *op = read_member(*state, "\"word\":null,\"colour\":\"green\",\"count\":null", &body);
	assert_int_equal(op->bad_count, 0);
	assert_true(schema_sent(op, "word") && schema_sent_null(op, "word"));
	assert_true(schema_sent(op, "colour") && !schema_sent_null(op, "colour"));
	assert_true(!schema_sent(op, "name") && !schema_sent_null(op, "name"));
	assert_int_equal(body.count, 50);
	op = read_with(*state, "{\"id\":null}", ID, NULL, &body);
	assert_int_equal(op->bad_count, 1);
	assert_string_equal(op->bad[0].message, "Is required.");
}

static void path_and_query_parameters_are_read_as_text(void **state)
{
	static const struct {
		const char *query;
		int64_t page; /* -1: refused */
	} ROWS[] = {{"page=3", 3}, {"a=1&page=4&b", 4}, {"page=5&page=6", 6}, {"page=%37", 7}, {"", 0}, {"pages=3", 0},
		{"page=", -1}, {"page", -1}, {"page=0", -1}, {"page=10", -1}, {"page=x", -1}, {"page=03", -1},
		{"page=%", -1}, {"page=%ff", -1}, {"page=%00", -1}, {"page=+3", -1}};
	for (size_t i = 0; i < COUNT(ROWS); i++) {
		struct body body;
		struct op *op = read_with(*state, "{\"id\":\"" ID "\",\"page\":9}", ID, ROWS[i].query, &body);
		if (op->bad_count != (ROWS[i].page < 0))
			fail_msg("%s: %zu bad fields", ROWS[i].query, op->bad_count);
		if (ROWS[i].page >= 0)
			assert_int_equal(body.page, ROWS[i].page);
	}
	struct body body;
	assert_int_equal(read_with(*state, "{\"id\":\"" ID "\"}", ID, NULL, &body)->bad_count, 0);
	assert_true(uuid_equal(body.id, body.path_id));
}

static void a_check_notes_bad_fields_at_their_place_in_the_table(void **state)
{
	struct body body;
	struct op *op = read_member(*state, "\"list\":1", &body);
	schema_bad(op, "email", "Must not come together with phone.");
	assert_int_equal(op->bad_count, 2);
	assert_string_equal(op->bad[0].field, "email");
	assert_string_equal(op->bad[1].field, "list");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_BODY(absent_fields_have_their_standard_or_zero),
		WITH_BODY(each_type_takes_what_it_says),
		WITH_BODY(each_type_refuses_what_it_does_not_take_with_a_sentence),
		WITH_BODY(a_secret_is_counted_in_characters_not_bytes),
		WITH_BODY(every_bad_field_is_named_in_the_order_of_the_table),
		WITH_BODY(without_a_body_what_is_required_is_missing),
		WITH_BODY(null_is_absent_but_can_be_told_apart),
		WITH_BODY(path_and_query_parameters_are_read_as_text),
		WITH_BODY(a_check_notes_bad_fields_at_their_place_in_the_table),
	};
	body_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
