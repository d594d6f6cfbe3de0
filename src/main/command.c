#include "main/command.h"

#include <ctype.h>

#include "api/router.h"

const struct command COMMANDS[] = {
#define LOCAL(words, function, arguments, help) {words, function, 0, arguments, help},
#define REMOTE(words, endpoint, arguments, help) {words, NULL, ENDPOINT_##endpoint, arguments, help},
#include "tables/commands.def"
#undef LOCAL
#undef REMOTE
};
const size_t COMMAND_COUNT = COUNT(COMMANDS);

const struct command_example COMMAND_EXAMPLES[] = {
#define EXAMPLE(of, line, help) {of, line, help},
#include "tables/examples.def"
#undef EXAMPLE
};
const size_t COMMAND_EXAMPLE_COUNT = COUNT(COMMAND_EXAMPLES);

static const struct flag {
	const char *of, *name, *value, *help;
	enum command_offers offers;
} FLAGS[] = {
#define FLAG(of, name, value, offers, help) {of, name, value, help, OFFERS_##offers},
#include "tables/flags.def"
#undef FLAG
};

/* ---- words ---- */

size_t command_matches(const struct command *command, const char *const *words, size_t count)
{
	struct text rest = text_of(command->words);
	size_t n = 0;
	for (; !text_absent(rest); n++)
		if (n == count || !text_equal(text_cut(&rest, ' '), text_of(words[n])))
			return 0;
	return n;
}

bool command_begins(const struct command *command, const char *const *words, size_t count)
{
	struct text rest = text_of(command->words);
	for (size_t n = 0; n < count; n++)
		if (text_absent(rest) || !text_equal(text_cut(&rest, ' '), text_of(words[n])))
			return false;
	return true;
}

bool command_begins_any(const char *const *words, size_t count)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (command_begins(&COMMANDS[i], words, count))
			return true;
	return false;
}

/* ---- fields ---- */

enum { CHOICES_SHOWN_MAX = 5 };

static size_t count_choices(const struct field *field)
{
	size_t count = 0;
	while (field->choices && field->choices[count])
		count++;
	return count;
}

static const char *choices_of(struct arena *arena, const struct field *field, const char *separator)
{
	struct buf out;
	buf_init(&out, arena, 64);
	for (size_t i = 0; field->choices[i]; i++)
		buf_printf(&out, "%s%s", i ? separator : "", field->choices[i]);
	return buf_text(&out).p;
}

/* How a word for a field of that type is shown. */
static const char *value_of(struct arena *arena, const struct field *field)
{
	static const struct {
		const struct field_type *type;
		const char *value;
	} VALUES[] = {
		{&field_uuid, "ID"},
		{&field_email, "ADDRESS"},
		{&field_phone, "+NUMBER"},
		{&field_name, "NAME"},
		{&field_time, "TIME"},
		{&field_cursor, "CURSOR"},
		{&field_int, "NUMBER"},
		{&field_flag, "on|off"},
		{&field_list, "LIST"},
	};
	const size_t choices = count_choices(field);
	if (choices && choices <= CHOICES_SHOWN_MAX && field->type != &field_list)
		return choices_of(arena, field, "|");
	for (size_t i = 0; i < COUNT(VALUES); i++)
		if (field->type == VALUES[i].type)
			return VALUES[i].value;
	return strcmp(field->type->json_type, "object") == 0 ? "JSON" : "TEXT";
}

static void add_range(struct buf *out, const struct field *field, const char *unit)
{
	if (field->max && field->min)
		buf_printf(out, "%lld to %lld%s", (long long)field->min, (long long)field->max, unit);
	else if (field->max)
		buf_printf(out, "at most %lld%s", (long long)field->max, unit);
}

static const char *bounds_of(struct arena *arena, const struct field *field)
{
	struct buf out;
	buf_init(&out, arena, 64);
	if (field->choices && field->type == &field_list)
		buf_printf(&out, "of %s, separated by commas", choices_of(arena, field, ", "));
	else if (count_choices(field) > CHOICES_SHOWN_MAX)
		buf_printf(&out, "one of %s", choices_of(arena, field, ", "));
	else if (field->type == &field_int)
		add_range(&out, field, "");
	else if (field->type == &field_list)
		add_range(&out, field, ", separated by commas");
	else if (field->type == &field_text && !field->choices)
		add_range(&out, field, " bytes");
	else if (field->type == &field_secret)
		buf_add(&out, TEXT("- reads a line from stdin, which a terminal does not show"));
	else if (field->type == &field_time)
		buf_add(&out, TEXT("such as 2026-05-25T12:34:56Z"));
	const char *separator = out.n ? "; " : "";
	if (field->standard)
		buf_printf(&out, "%s%s when not said", separator, field->standard);
	else if (field->type == &field_int && field->standard_int)
		buf_printf(&out, "%s%lld when not said", separator, (long long)field->standard_int);
	return buf_text(&out).p;
}

const char *command_argument_name(struct arena *arena, struct text name)
{
	char *upper = arena_string(arena, name);
	for (char *p = upper; *p; p++)
		*p = (char)toupper((unsigned char)*p);
	return upper;
}

/* "grace_seconds" as "--grace-seconds" */
static const char *flag_name(struct arena *arena, const char *name)
{
	char *flag = arena_string(arena, arena_printf(arena, "--%s", name));
	for (char *p = flag; *p; p++)
		*p = *p == '_' ? '-' : *p;
	return flag;
}

static struct command_part part_of(struct arena *arena, const struct field *field)
{
	static const char *const SWITCH[] = {"on", "off", NULL};
	const char *const *choices = field->type == &field_flag ? SWITCH : field->choices;
	return (struct command_part){.name = field->name,
		.value = value_of(arena, field),
		.help = field->help ? field->help : "",
		.bounds = bounds_of(arena, field),
		.required = field->required,
		.choices = choices};
}

/* ---- parts ---- */

struct gathering {
	struct arena *arena;
	struct command_part list[96];
	size_t count;
};

static void take(struct gathering *to, struct command_part part)
{
	MUST(to->count < COUNT(to->list));
	to->list[to->count++] = part;
}

struct text command_argument(struct text *arguments)
{
	const struct text name = arguments->n ? text_cut(arguments, ' ') : TEXT_NONE;
	return text_starts(name, TEXT("[")) ? text_bytes(name.p + 1, name.n - 2) : name;
}

static bool names_field(const char *arguments, const struct field *field)
{
	struct text rest = text_of(arguments), name;
	while (!text_absent(name = command_argument(&rest)))
		if (text_equal(name, text_of(field->name)))
			return true;
	return false;
}

/* What --app says instead. */
static bool is_callers(const struct endpoint *endpoint, const struct field *field)
{
	static const char *const NAMES[] = {"app_id", "app_secret", "end_user_ip"};
	for (size_t i = 0; i < COUNT(NAMES); i++)
		if (endpoint->caller == CALLER_SERVER && field->place == IN_BODY && strcmp(field->name, NAMES[i]) == 0)
			return true;
	return false;
}

static void take_arguments(struct gathering *to, const struct command *command, const struct action *action)
{
	struct text rest = text_of(command->arguments), name;
	while (!text_absent(name = command_argument(&rest)))
		for (size_t i = 0; i < action->field_count; i++) {
			if (!text_equal(name, text_of(action->fields[i].name)))
				continue;
			struct command_part part = part_of(to->arena, &action->fields[i]);
			part.kind = PART_ARGUMENT;
			part.name = command_argument_name(to->arena, name);
			part.value = "";
			part.required = name.p == command->arguments || name.p[-1] != '[';
			take(to, part);
		}
}

/* The fields that are no arguments: keys, where the command takes KEY VALUE pairs, and flags. */
static void take_fields(struct gathering *to, const struct command *command, const struct endpoint *endpoint)
{
	const bool pairs = strstr(command->arguments, "KEY VALUE...") != NULL;
	for (size_t i = 0; i < endpoint->action->field_count; i++) {
		const struct field *field = &endpoint->action->fields[i];
		if (names_field(command->arguments, field) || is_callers(endpoint, field))
			continue;
		struct command_part part = part_of(to->arena, field);
		part.kind = pairs && field->place == IN_BODY ? PART_KEY : PART_FLAG;
		if (part.kind == PART_FLAG)
			part.name = flag_name(to->arena, field->name);
		/* what is off by itself is on by its name alone */
		if (part.kind == PART_FLAG && field->type == &field_flag && !field->standard_int)
			part.value = "";
		take(to, part);
	}
}

static void take_flags(struct gathering *to, const char *of)
{
	for (size_t i = 0; i < COUNT(FLAGS); i++) {
		const struct flag *flag = &FLAGS[i];
		if (strcmp(flag->of, of) != 0)
			continue;
		const bool is_argument = *flag->name != '-';
		take(to, (struct command_part){.kind = is_argument ? PART_ARGUMENT
						       : *of       ? PART_FLAG
								   : PART_COMMON,
				 .name = flag->name,
				 .value = flag->value,
				 .help = flag->help,
				 .bounds = "",
				 .offers = flag->offers});
	}
}

struct command_parts command_parts(struct arena *arena, const struct command *command)
{
	struct gathering to = {.arena = arena};
	const struct endpoint *endpoint = command->local ? NULL : router_endpoint(command->endpoint);
	if (endpoint) {
		take_arguments(&to, command, endpoint->action);
		take_fields(&to, command, endpoint);
	}
	if (endpoint && endpoint->caller == CALLER_SERVER)
		take_flags(&to, "*");
	if (command->local)
		take_flags(&to, command->words);
	take_flags(&to, "");
	struct command_part *list = arena_alloc(arena, to.count * sizeof *list);
	memcpy(list, to.list, to.count * sizeof *list);
	return (struct command_parts){list, to.count};
}

struct text command_usage(struct arena *arena, const struct command *command)
{
	struct buf out;
	buf_init(&out, arena, 128);
	buf_printf(&out, "keywright %s", command->words);
	if (command->local) {
		buf_printf(&out, "%s%s", *command->arguments ? " " : "", command->arguments);
		return buf_text(&out);
	}
	const struct command_parts parts = command_parts(arena, command);
	for (size_t i = 0; i < parts.count; i++)
		if (parts.list[i].kind == PART_ARGUMENT)
			buf_printf(&out, parts.list[i].required ? " %s" : " [%s]", parts.list[i].name);
	if (strstr(command->arguments, "KEY VALUE..."))
		buf_add(&out, TEXT(" KEY VALUE..."));
	for (size_t i = 0; i < parts.count; i++) {
		const struct command_part *part = &parts.list[i];
		if (part->kind == PART_FLAG)
			buf_printf(&out, part->required ? " %s%s%s" : " [%s%s%s]", part->name, *part->value ? " " : "",
				part->value);
	}
	return buf_text(&out);
}
