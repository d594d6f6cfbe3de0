#include "api/body.h"

#include <stdlib.h>

#include "base/enc.h"

static _Thread_local struct arena *current;

static void *allocate(size_t n)
{
	return current ? arena_alloc(current, n) : malloc(n);
}

static void release(void *p)
{
	if (!current)
		free(p);
}

void body_start(void)
{
	json_object_seed(0);
	json_set_alloc_funcs(allocate, release);
}

void body_enter(struct arena *arena)
{
	MUST(!current);
	current = arena;
}

void body_leave(void)
{
	current = NULL;
}

/* Before the parser recurses: how deep brackets nest outside strings. Most bodies have too few of them to ask. */
static bool is_too_deep(struct text t)
{
	size_t brackets = 0, depth = 0;
	for (size_t i = 0; i < t.n; i++)
		brackets += (t.p[i] == '{') | (t.p[i] == '[');
	if (brackets <= BODY_DEPTH_MAX)
		return false;
	bool in_string = false;
	for (size_t i = 0; i < t.n; i++) {
		char c = t.p[i];
		if (in_string) {
			i += c == '\\';
			in_string = c != '"';
		} else if (c == '"') {
			in_string = true;
		} else if (c == '{' || c == '[') {
			if (++depth > BODY_DEPTH_MAX)
				return true;
		} else if ((c == '}' || c == ']') && depth > 0) {
			depth--;
		}
	}
	return false;
}

static int fail(const char **why_r, const char *why)
{
	*why_r = why;
	return -1;
}

int body_parse(struct text body, json_t **json_r, const char **why_r)
{
	json_error_t error;
	if (is_too_deep(body))
		return fail(why_r, "Must not nest deeper than 16 levels.");
	json_t *json = json_loadb(body.p, body.n, JSON_REJECT_DUPLICATES, &error);
	if (!json && json_error_code(&error) == json_error_duplicate_key)
		return fail(why_r, "Must not name a key twice.");
	if (!json)
		return fail(why_r, "Must be one well-formed JSON object in UTF-8.");
	if (!json_is_object(json))
		return fail(why_r, "Must be a JSON object.");
	*json_r = json;
	return 0;
}

int body_parse_form(struct arena *arena, struct text body, json_t **json_r, const char **why_r)
{
	json_t *json = json_object();
	struct text rest = body.n ? body : TEXT_NONE;
	while (!text_absent(rest)) {
		struct text value = text_cut(&rest, '&'), key = text_cut(&value, '=');
		if (enc_form_read(arena, key, &key) != 0 ||
			enc_form_read(arena, text_absent(value) ? TEXT("") : value, &value) != 0 ||
			!text_is_utf8(key) || !text_is_utf8(value))
			return fail(why_r, "Must be a well-formed form in UTF-8.");
		if (json_object_get(json, key.p))
			return fail(why_r, "Must not name a key twice.");
		json_object_set_new_nocheck(json, key.p, json_stringn_nocheck(value.p, value.n));
	}
	*json_r = json;
	return 0;
}
