/*
 * Request bodies into a struct by a field table, JSON and (first byte 'f') forms. Every member ends up within what its row
 * promises, and every field that does not is named.
 */
#include "api/body.h"
#include "api/router.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct body {
	struct uuid id;
	struct contact email, phone;
	struct text word, colour, secret, name;
	int64_t count, page;
	bool flag;
	struct text_list list;
};
static const char *const COLOURS[] = {"red", "green", NULL};
static const struct field FIELDS[] = {
	FIELD(struct body, id, uuid, .required = true),
	FIELD(struct body, email, email),
	FIELD(struct body, phone, phone),
	FIELD(struct body, word, text, .min = 2, .max = 5),
	FIELD(struct body, colour, text, .choices = COLOURS, .standard = "red", .max = 9),
	FIELD(struct body, secret, secret),
	FIELD(struct body, name, name, .standard = "login"),
	FIELD(struct body, count, int, .min = -5, .max = 100, .standard_int = 50),
	FIELD(struct body, page, int, .place = IN_QUERY, .min = 1, .max = 9, .standard_int = 1),
	FIELD(struct body, flag, flag),
	FIELD(struct body, list, list, .min = 1, .max = 3),
};
static const struct action ACTION = {ACTION_FIELDS(struct body, FIELDS)};
static const struct endpoint ENDPOINT = {.action = &ACTION};

static void check_body(const struct op *op, const struct body *body)
{
	MUST(op->bad_count > 0 || schema_sent(op, "id"));
	for (size_t i = 1; i < op->bad_count; i++)
		MUST(op->bad[i - 1].rank < op->bad[i].rank);
	MUST(text_absent(body->word) || (body->word.n >= 2 && body->word.n <= 5 && text_is_utf8(body->word)));
	MUST(text_equal(body->colour, TEXT("red")) || text_equal(body->colour, TEXT("green")));
	MUST(text_absent(body->secret) || (body->secret.n >= 1 && body->secret.n <= 4 * 256));
	MUST(schema_is_name(body->name));
	MUST(body->count >= -5 && body->count <= 100 && body->page >= 1 && body->page <= 9);
	MUST(body->list.count <= 3);
	MUST(body->email.kind == CONTACT_NONE || body->email.kind == CONTACT_EMAIL);
	MUST(body->phone.kind == CONTACT_NONE || body->phone.kind == CONTACT_PHONE);
}

static void read_body(struct arena *arena, const json_t *json, struct text query)
{
	struct http_request request = {.query = query};
	struct body body = {0};
	struct op *op = op_new(arena);
	op->request = &request;
	op->endpoint = &ENDPOINT;
	schema_read(op, FIELDS, COUNT(FIELDS), json, NULL, &body);
	check_body(op, &body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool started;
	if (!started)
		body_start();
	started = true;
	const bool is_form = size > 0 && data[0] == 'f';
	struct arena *arena = arena_new();
	struct text input = arena_copy(arena, text_bytes(data + is_form, size - is_form));
	json_t *json = NULL;
	const char *why = NULL;
	body_enter(arena);
	if ((is_form ? body_parse_form(arena, input, &json, &why) : body_parse(input, &json, &why)) == 0) {
		MUST(json_is_object(json));
		read_body(arena, json, input);
	} else {
		MUST(!json && why);
		read_body(arena, NULL, input);
	}
	body_leave();
	arena_free(arena);
	return 0;
}
