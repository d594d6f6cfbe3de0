#include "core/setting.h"

#include <stdio.h>

#include "base/num.h"

const struct setting SETTINGS[] = {
#define SETTING(section, key, type, when, standard, min, max, help)                                                    \
	[SETTING_##section##_##key] = {#section, #key, SETTING_IS_##type, SETTING_IS_##when,                           \
		offsetof(struct settings, section##_##key), standard, min, max, help},
#include "tables/settings.def"
#undef SETTING
};

static const void *member_of(const struct setting *row, const struct settings *settings)
{
	return (const char *)settings + row->offset;
}

/* ---- read ---- */

static int read_number(enum setting_type type, const char *value, int64_t *out_r)
{
	if (type == SETTING_IS_DURATION)
		return num_read_duration(text_of(value), out_r);
	return num_read(text_of(value), 0, INT64_MAX, out_r);
}

int64_t setting_longest(const struct setting *row)
{
	int64_t longest = 0;
	MUST(row->type == SETTING_IS_DURATION && read_number(row->type, row->max, &longest) == 0);
	return longest;
}

/* What is wrong, or NULL. */
static const char *take_number(struct arena *arena, const struct setting *row, const char *value, int64_t *member)
{
	int64_t number, min = 0, max = INT64_MAX;
	if (read_number(row->type, value, &number) != 0)
		return row->type == SETTING_IS_DURATION ? "not a duration such as 90s, 5m, 12h or 30d"
							: "not a whole number";
	MUST(!*row->min || read_number(row->type, row->min, &min) == 0);
	MUST(!*row->max || read_number(row->type, row->max, &max) == 0);
	if (number < min || number > max)
		return arena_printf(arena, "must be from %s to %s", row->min, row->max).p;
	*member = number;
	return NULL;
}

static const char *take_budget(const char *value, struct budget *member)
{
	struct text window = text_of(value), count = text_cut(&window, '/');
	struct budget budget;
	if (num_read(count, 1, 1000000, &budget.count) != 0 || num_read_duration(window, &budget.window_ms) != 0 ||
		budget.window_ms < 1000)
		return "not a budget such as 60/1m";
	*member = budget;
	return NULL;
}

int setting_read(const struct setting *row, struct settings *settings, const char *value, const char **why_r)
{
	void *member = (char *)settings + row->offset;
	const char *wrong = NULL;
	switch (row->type) {
	case SETTING_IS_STRING:
	case SETTING_IS_SECRET: *(const char **)member = arena_string(settings->arena, text_of(value)); break;
	case SETTING_IS_COUNT:
	case SETTING_IS_DURATION: wrong = take_number(settings->arena, row, value, member); break;
	case SETTING_IS_BUDGET: wrong = take_budget(value, member); break;
	}
	if (!wrong)
		return 0;
	*why_r = arena_printf(settings->arena, "%s.%s = %.200s: %s", row->section, row->key, value, wrong).p;
	return -1;
}

/* ---- which key is meant ---- */

const char *setting_name(const struct setting *row, char out[static SETTING_TEXT_SIZE])
{
	snprintf(out, SETTING_TEXT_SIZE, "%s.%s", row->section, row->key);
	return out;
}

const struct setting *setting_find(const char *name)
{
	char full[SETTING_TEXT_SIZE];
	for (size_t i = 0; i < COUNT(SETTINGS); i++)
		if (strcmp(setting_name(&SETTINGS[i], full), name) == 0)
			return &SETTINGS[i];
	return NULL;
}

const char *setting_nearest(const char *name, char out[static SETTING_TEXT_SIZE])
{
	char full[SETTING_TEXT_SIZE];
	size_t best = SIZE_MAX;
	for (size_t i = 0; i < COUNT(SETTINGS); i++) {
		size_t d = text_distance(text_of(name), text_of(setting_name(&SETTINGS[i], full)));
		if (d < best) {
			best = d;
			memcpy(out, full, sizeof full);
		}
	}
	return out;
}

/* ---- compared ---- */

bool setting_equal(const struct setting *row, const struct settings *one, const struct settings *other)
{
	const void *a = member_of(row, one), *b = member_of(row, other);
	switch (row->type) {
	case SETTING_IS_STRING:
	case SETTING_IS_SECRET: return strcmp(*(const char *const *)a, *(const char *const *)b) == 0;
	case SETTING_IS_COUNT:
	case SETTING_IS_DURATION: return *(const int64_t *)a == *(const int64_t *)b;
	case SETTING_IS_BUDGET: return memcmp(a, b, sizeof(struct budget)) == 0;
	}
	return false;
}

void setting_copy(const struct setting *row, struct settings *to, const struct settings *from)
{
	const void *member = member_of(row, from);
	void *copy = (char *)to + row->offset;
	switch (row->type) {
	case SETTING_IS_STRING:
	case SETTING_IS_SECRET:
		*(const char **)copy = arena_string(to->arena, text_of(*(const char *const *)member));
		return;
	case SETTING_IS_COUNT:
	case SETTING_IS_DURATION: *(int64_t *)copy = *(const int64_t *)member; return;
	case SETTING_IS_BUDGET: *(struct budget *)copy = *(const struct budget *)member; return;
	}
}

/* ---- shown ---- */

static void write_duration(int64_t ms, char *out, size_t room)
{
	static const struct {
		char unit;
		int64_t ms;
	} UNITS[] = {{'d', 86400000}, {'h', 3600000}, {'m', 60000}};
	for (size_t i = 0; i < COUNT(UNITS); i++)
		if (ms && ms % UNITS[i].ms == 0) {
			snprintf(out, room, "%lld%c", (long long)(ms / UNITS[i].ms), UNITS[i].unit);
			return;
		}
	snprintf(out, room, "%llds", (long long)(ms / 1000));
}

const char *setting_shown(
	const struct setting *row, const struct settings *settings, char out[static SETTING_TEXT_SIZE])
{
	const void *member = member_of(row, settings);
	const struct budget *budget = member;
	switch (row->type) {
	case SETTING_IS_STRING: return *(const char *const *)member;
	case SETTING_IS_SECRET: return **(const char *const *)member ? "(set)" : "";
	case SETTING_IS_COUNT:
		snprintf(out, SETTING_TEXT_SIZE, "%lld", (long long)*(const int64_t *)member);
		return out;
	case SETTING_IS_DURATION: write_duration(*(const int64_t *)member, out, SETTING_TEXT_SIZE); return out;
	case SETTING_IS_BUDGET: {
		int n = snprintf(out, SETTING_TEXT_SIZE, "%lld/", (long long)budget->count);
		write_duration(budget->window_ms, out + n, SETTING_TEXT_SIZE - (size_t)n);
	}
	}
	return out;
}

const char *setting_type_name(const struct setting *row)
{
	static const char *const NAMES[] = {[SETTING_IS_STRING] = "text",
		[SETTING_IS_SECRET] = "secret",
		[SETTING_IS_COUNT] = "number",
		[SETTING_IS_DURATION] = "duration",
		[SETTING_IS_BUDGET] = "budget"};
	return NAMES[row->type];
}
