#include "main/cli_value.h"

#include <stdlib.h>

const struct field *cli_value_field(const struct action *action, struct text name)
{
	for (size_t i = 0; i < action->field_count; i++)
		if (text_equal(text_of(action->fields[i].name), name))
			return &action->fields[i];
	return NULL;
}

/* "a,b" as an array of strings; "" is the empty one */
static json_t *list_of(const char *value)
{
	json_t *list = json_array();
	struct text rest = *value ? text_of(value) : TEXT_NONE;
	while (!text_absent(rest)) {
		struct text one = text_trim(text_cut(&rest, ','));
		json_array_append_new(list, json_stringn(one.p, one.n));
	}
	return list;
}

static bool is_yes(const char *word)
{
	return strcmp(word, "on") == 0 || strcmp(word, "true") == 0;
}

static bool is_no(const char *word)
{
	return strcmp(word, "off") == 0 || strcmp(word, "false") == 0;
}

bool cli_value_is_flag(const struct field *field)
{
	return strcmp(field->type->json_type, "boolean") == 0;
}

bool cli_value_says_flag(const char *word)
{
	return is_yes(word) || is_no(word);
}

json_t *cli_value_of(const struct field *field, const char *word)
{
	char *end;
	long long number = strtoll(word, &end, 10);
	json_t *object = NULL;
	if (strcmp(field->type->json_type, "array") == 0)
		return list_of(word);
	if (!*word && field->type != &field_text)
		return json_null();
	if (strcmp(field->type->json_type, "object") == 0)
		object = json_loads(word, JSON_REJECT_DUPLICATES, NULL);
	if (object)
		return object;
	if (strcmp(field->type->json_type, "integer") == 0 && !*end)
		return json_integer(number);
	if (cli_value_is_flag(field) && cli_value_says_flag(word))
		return json_boolean(is_yes(word));
	return json_string(word);
}
