#include "api/schema.h"

#include "api/router.h"
#include "base/clock.h"
#include "base/enc.h"
#include "base/num.h"
#include "core/pkce.h"

/* ---- types ---- */

static struct text text_value(const json_t *value)
{
	return text_bytes(json_string_value(value), json_string_length(value));
}

static bool has_control(struct text t)
{
	for (size_t i = 0; i < t.n; i++)
		if ((unsigned char)t.p[i] < 0x20 || t.p[i] == 0x7f)
			return true;
	return false;
}

/* The nil UUID names nothing; in the rooms it stands for an id that was not sent. */
static const char *read_uuid(struct op *op, const struct field *field, const json_t *value, void *member)
{
	struct uuid id;
	if (!json_is_string(value) || uuid_read(text_value(value), &id) != 0 || uuid_is_nil(id))
		return "Must be a UUID such as 01890a5d-ac96-774b-bcce-b302099a8057.";
	*(struct uuid *)member = id;
	return NULL;
}

static const char *read_email(struct op *op, const struct field *field, const json_t *value, void *member)
{
	if (!json_is_string(value) || contact_email(op->arena, text_value(value), member) != 0)
		return "Must be a plain e-mail address such as ada@example.com, without name, spaces or quotes.";
	return NULL;
}

static const char *read_phone(struct op *op, const struct field *field, const json_t *value, void *member)
{
	if (!json_is_string(value) || contact_phone(op->arena, text_value(value), member) != 0)
		return "Must be an E.164 number: a plus sign, then 7 to 15 digits, such as +919876543210.";
	return NULL;
}

static bool is_choice(const struct field *field, struct text t)
{
	for (size_t i = 0; field->choices[i]; i++)
		if (text_equal(t, text_of(field->choices[i])))
			return true;
	return false;
}

static const char *choices_message(struct op *op, const struct field *field)
{
	struct buf out;
	buf_init(&out, op->arena, 64);
	buf_add(&out, TEXT("Must be one of:"));
	for (size_t i = 0; field->choices[i]; i++)
		buf_printf(&out, "%s %s", i ? "," : "", field->choices[i]);
	buf_add_char(&out, '.');
	return buf_text(&out).p;
}

static const char *judge_text(struct op *op, const struct field *field, struct text t)
{
	if (field->choices && !is_choice(field, t))
		return choices_message(op, field);
	if (has_control(t))
		return "Must not hold control characters.";
	if ((int64_t)t.n < field->min || (field->max && (int64_t)t.n > field->max))
		return arena_printf(
			op->arena, "Must be %lld to %lld bytes long.", (long long)field->min, (long long)(field->max))
			.p;
	return NULL;
}

static const char *read_text(struct op *op, const struct field *field, const json_t *value, void *member)
{
	if (!json_is_string(value))
		return "Must be a string.";
	const char *wrong = judge_text(op, field, text_value(value));
	if (!wrong)
		*(struct text *)member = arena_copy(op->arena, text_value(value));
	return wrong;
}

static size_t characters(struct text t)
{
	size_t count = 0;
	for (size_t i = 0; i < t.n; i++)
		count += (t.p[i] & 0xc0) != 0x80; /* every byte of UTF-8 that is no continuation */
	return count;
}

static const char *read_secret(struct op *op, const struct field *field, const json_t *value, void *member)
{
	if (!json_is_string(value) || json_string_length(value) == 0 || characters(text_value(value)) > 256)
		return "Must be a string of 1 to 256 characters.";
	*(struct text *)member = text_value(value);
	return NULL;
}

static const char *read_token(struct op *op, const struct field *field, const json_t *value, void *member)
{
	if (!json_is_string(value) || json_string_length(value) == 0)
		return "Must be a string of at least 1 character.";
	*(struct text *)member = text_value(value);
	return NULL;
}

static const char *read_challenge(struct op *op, const struct field *field, const json_t *value, void *member)
{
	if (!json_is_string(value) || !pkce_is_challenge(text_value(value)))
		return "Must be an S256 challenge (RFC 7636): 43 base64url characters.";
	*(struct text *)member = text_value(value);
	return NULL;
}

static const char *read_state(struct op *op, const struct field *field, const json_t *value, void *member)
{
	if (!json_is_string(value) || json_string_length(value) > 512 || !text_is_printable(text_value(value)))
		return "Must be a string of at most 512 printable ASCII characters.";
	*(struct text *)member = text_value(value);
	return NULL;
}

bool schema_is_name(struct text t)
{
	if (t.n < 1 || t.n > 32 || t.p[0] < 'a' || t.p[0] > 'z')
		return false;
	for (size_t i = 0; i < t.n; i++)
		if (!((t.p[i] >= 'a' && t.p[i] <= 'z') || (t.p[i] >= '0' && t.p[i] <= '9') || t.p[i] == '_'))
			return false;
	return true;
}

static const char *read_name(struct op *op, const struct field *field, const json_t *value, void *member)
{
	if (!json_is_string(value) || !schema_is_name(text_value(value)))
		return "Must be 1 to 32 of a-z, 0-9 and _, beginning with a letter.";
	*(struct text *)member = arena_copy(op->arena, text_value(value));
	return NULL;
}

static const char *read_object(struct op *op, const struct field *field, const json_t *value, void *member)
{
	if (!json_is_object(value))
		return "Must be a JSON object.";
	const int64_t max = field->max ? field->max : SCHEMA_OBJECT_MAX;
	char *dumped = json_dumps(value, JSON_COMPACT);
	const size_t n = strlen(dumped);
	if (n > (size_t)max)
		return arena_printf(op->arena, "Must be at most %lld bytes as compact JSON.", (long long)max).p;
	*(struct text *)member = text_bytes(dumped, n);
	return NULL;
}

static const char *read_time(struct op *op, const struct field *field, const json_t *value, void *member)
{
	int64_t ms;
	const struct text t = json_is_string(value) ? text_value(value) : TEXT_NONE;
	if (text_absent(t) || clock_rfc3339_read(t.p, t.n, &ms) != 0)
		return "Must be a time in UTC such as 2026-05-25T12:34:56Z.";
	*(int64_t *)member = ms;
	return NULL;
}

static const char *read_cursor(struct op *op, const struct field *field, const json_t *value, void *member)
{
	struct uuid id;
	size_t n;
	if (!json_is_string(value) || enc_base64url_read(text_value(value), &id, sizeof id, &n) != 0 || n != sizeof id)
		return "Must be the next_cursor of the page before.";
	*(struct uuid *)member = id;
	return NULL;
}

/* From JSON, or from the digits of a path or query parameter. */
static const char *read_int(struct op *op, const struct field *field, const json_t *value, void *member)
{
	int64_t number = 0;
	bool good = field->place == IN_BODY
			    ? json_is_integer(value)
			    : json_is_string(value) && num_read(text_value(value), 0, INT64_MAX, &number) == 0;
	if (good && field->place == IN_BODY)
		number = json_integer_value(value);
	if (!good || number < field->min || (field->max && number > field->max))
		return arena_printf(op->arena, "Must be a whole number from %lld to %lld.", (long long)field->min,
			(long long)field->max)
			.p;
	*(int64_t *)member = number;
	return NULL;
}

static const char *read_flag(struct op *op, const struct field *field, const json_t *value, void *member)
{
	if (!json_is_boolean(value))
		return "Must be true or false.";
	*(bool *)member = json_is_true(value);
	return NULL;
}

static const char *read_list(struct op *op, const struct field *field, const json_t *value, void *member)
{
	size_t count = json_array_size(value);
	if (!json_is_array(value) || (int64_t)count < field->min || (field->max && (int64_t)count > field->max))
		return arena_printf(op->arena, "Must be an array of %lld to %lld strings.", (long long)field->min,
			(long long)field->max)
			.p;
	struct text *items = arena_alloc(op->arena, count * sizeof *items);
	for (size_t i = 0; i < count; i++) {
		const json_t *item = json_array_get(value, i);
		if (!json_is_string(item) || json_string_length(item) == 0 || json_string_length(item) > 512 ||
			has_control(text_value(item)))
			return "Must hold strings of 1 to 512 bytes without control characters.";
		if (field->choices && !is_choice(field, text_value(item)))
			return choices_message(op, field);
		items[i] = arena_copy(op->arena, text_value(item));
	}
	*(struct text_list *)member = (struct text_list){items, count};
	return NULL;
}

const struct field_type field_uuid = {"string", "uuid", NULL, read_uuid};
const struct field_type field_email = {"string", "email", NULL, read_email};
const struct field_type field_phone = {"string", NULL, "^\\+[1-9][0-9]{6,14}$", read_phone};
const struct field_type field_text = {"string", NULL, NULL, read_text};
const struct field_type field_secret = {"string", NULL, NULL, read_secret};
const struct field_type field_token = {"string", NULL, NULL, read_token};
const struct field_type field_challenge = {"string", NULL, "^[A-Za-z0-9_-]{43}$", read_challenge};
const struct field_type field_state = {"string", NULL, "^[ -~]{0,512}$", read_state};
const struct field_type field_name = {"string", NULL, "^[a-z][a-z0-9_]{0,31}$", read_name};
const struct field_type field_object = {"object", NULL, NULL, read_object};
const struct field_type field_time = {"string", "date-time", NULL, read_time};
const struct field_type field_cursor = {"string", NULL, NULL, read_cursor};
const struct field_type field_int = {"integer", "int64", NULL, read_int};
const struct field_type field_flag = {"boolean", NULL, NULL, read_flag};
const struct field_type field_list = {"array", NULL, NULL, read_list};

/* ---- a whole table ---- */

static void set_standard(const struct field *field, void *member)
{
	if (field->standard)
		*(struct text *)member = text_of(field->standard);
	else if (field->standard_int && field->type == &field_flag)
		*(bool *)member = true;
	else if (field->standard_int)
		*(int64_t *)member = field->standard_int;
}

/* The decoded value of name in a query string; absent without one. The last one counts. */
static struct text query_value(struct op *op, const char *name)
{
	struct text rest = op->request ? op->request->query : TEXT_NONE, found = TEXT_NONE;
	while (!text_absent(rest)) {
		struct text value = text_cut(&rest, '&'), key = text_cut(&value, '=');
		struct text decoded;
		if (!text_equal(key, text_of(name)))
			continue;
		if (enc_form_read(op->arena, value, &decoded) != 0 || !text_is_utf8(decoded))
			decoded = TEXT("\x01"); /* refused by the field's type, with its message */
		found = text_absent(value) ? TEXT("") : decoded;
	}
	return found;
}

/* A parameter as a JSON string (in the operation's arena, see body.h), so that one reader serves all three places. */
static const json_t *parameter(struct text t)
{
	return text_absent(t) ? NULL : json_stringn_nocheck(t.p, t.n);
}

static const json_t *value_of(struct op *op, const struct field *field, const json_t *json, const struct text **path)
{
	switch (field->place) {
	case IN_PATH: return parameter(*(*path)++);
	case IN_QUERY: return parameter(query_value(op, field->name));
	case IN_BODY: break;
	}
	return json_object_get(json, field->name);
}

void schema_read(struct op *op, const struct field *fields, size_t count, const json_t *json,
	const struct text *path_params, void *body)
{
	for (size_t i = 0; i < count; i++) {
		const struct field *field = &fields[i];
		void *member = (char *)body + field->offset;
		set_standard(field, member);
		const json_t *value = value_of(op, field, json, &path_params);
		if (value)
			op->fields_set |= UINT64_C(1) << i;
		if (json_is_null(value))
			op->fields_null |= UINT64_C(1) << i;
		const char *wrong = NULL;
		if (value && !json_is_null(value))
			wrong = field->type->read(op, field, value, member);
		else if (field->required)
			wrong = "Is required.";
		if (wrong)
			op_bad_field(op, field->name, i, wrong);
	}
}

static size_t rank_of(const struct op *op, const char *name)
{
	const struct action *action = op->endpoint->action;
	for (size_t i = 0; i < action->field_count; i++)
		if (strcmp(action->fields[i].name, name) == 0)
			return i;
	MUST(!"a field of the table");
	return 0;
}

bool schema_sent(const struct op *op, const char *field)
{
	return op->fields_set >> rank_of(op, field) & 1;
}

bool schema_sent_null(const struct op *op, const char *field)
{
	return op->fields_null >> rank_of(op, field) & 1;
}

bool schema_given(const struct op *op, const char *field)
{
	return schema_sent(op, field) && !schema_sent_null(op, field);
}

void schema_bad(struct op *op, const char *field, const char *message)
{
	op_bad_field(op, field, rank_of(op, field), message);
}
