#include "app/app_settings.h"

#include <ctype.h>
#include <jansson.h>

static const struct text STANDARD_PURPOSES[] = {{"login", 5}, {"signup", 6}};
const struct app_settings APP_SETTINGS_STANDARD = {.require_pkce = true,
	.link_target = {"hosted", 6},
	.signup = {"open", 4},
	.session_purposes = {STANDARD_PURPOSES, COUNT(STANDARD_PURPOSES)},
	.license_prefix = {"KEY", 3}};

bool app_settings_is_origin(struct text origin)
{
	size_t scheme = text_starts(origin, TEXT("https://")) ? 8 : text_starts(origin, TEXT("http://")) ? 7 : 0;
	if (!scheme || origin.n == scheme)
		return false;
	for (size_t i = scheme; i < origin.n; i++) {
		char c = origin.p[i];
		if (!(islower((unsigned char)c) || isdigit((unsigned char)c) || strchr(".-:[]", c)) || c == '\0')
			return false;
	}
	return true;
}

/* ---- out ---- */

static void emit_list(struct emit *json, const char *key, struct text_list list)
{
	emit_array(json, key);
	for (size_t i = 0; i < list.count; i++)
		emit_text(json, NULL, list.items[i]);
	emit_end_array(json);
}

static void emit_flag(struct emit *json, const char *key, bool flag)
{
	emit_bool(json, key, flag);
}

void app_settings_emit(struct emit *json, const struct app_settings *settings)
{
#define APP_SETTING(name, kind, ...) emit_##kind(json, #name, settings->name);
#include "app/app_settings.def"
#undef APP_SETTING
}

struct text app_settings_write(struct arena *arena, const struct app_settings *settings)
{
	struct buf out;
	buf_init(&out, arena, 256);
	struct emit json = emit_to(&out);
	emit_object(&json, NULL);
	app_settings_emit(&json, settings);
	emit_end_object(&json);
	return buf_text(&out);
}

/* ---- in: what has another type stays as it is ---- */

static void read_text(struct arena *arena, const json_t *value, struct text *text)
{
	if (json_is_string(value))
		*text = arena_copy(arena, text_bytes(json_string_value(value), json_string_length(value)));
}

static void read_list(struct arena *arena, const json_t *array, struct text_list *list)
{
	if (!json_is_array(array))
		return;
	size_t count = json_array_size(array);
	struct text *items = arena_alloc(arena, count * sizeof *items);
	for (size_t i = 0; i < count; i++)
		read_text(arena, json_array_get(array, i), &items[i]);
	*list = (struct text_list){items, count};
}

static void read_flag(struct arena *arena, const json_t *value, bool *flag)
{
	if (json_is_boolean(value))
		*flag = json_is_true(value);
}

int app_settings_read(struct arena *arena, struct text json, struct app_settings *settings_r)
{
	json_t *root = json_loadb(json.p, json.n, 0, NULL);
	if (!json_is_object(root)) {
		json_decref(root);
		return -1;
	}
	*settings_r = APP_SETTINGS_STANDARD;
#define APP_SETTING(name, kind, ...) read_##kind(arena, json_object_get(root, #name), &settings_r->name);
#include "app/app_settings.def"
#undef APP_SETTING
	json_decref(root);
	return 0;
}
