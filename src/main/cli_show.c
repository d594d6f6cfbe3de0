#include "main/cli_show.h"

#include <stdlib.h>

/* kept: a character that stays, whatever it is. */
static void add_safe(struct buf *out, struct text t, char kept)
{
	uint32_t code_point = 0;
	size_t size;
	for (; (size = text_utf8(t, &code_point)) > 0; t = text_bytes(t.p + size, t.n - size))
		if (text_is_order(code_point) && code_point != (uint32_t)kept)
			buf_printf(out, "\\u%04x", code_point);
		else
			buf_add(out, text_bytes(t.p, size));
}

static bool is_empty(const json_t *value)
{
	return !value || json_is_null(value) || (json_is_array(value) && json_array_size(value) == 0) ||
	       (json_is_object(value) && json_object_size(value) == 0);
}

static void add_json(struct buf *out, const json_t *value, size_t flags, char kept)
{
	char *dumped = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(6) | flags);
	add_safe(out, text_of(dumped), kept);
	free(dumped);
}

static void add_value(struct buf *out, const json_t *value)
{
	size_t i;
	json_t *item;
	if (is_empty(value))
		buf_add(out, TEXT("-"));
	else if (json_is_string(value))
		add_safe(out, text_of(json_string_value(value)), ' ');
	else if (!json_is_array(value))
		add_json(out, value, JSON_COMPACT, ' ');
	json_array_foreach(value, i, item)
	{
		buf_add(out, i ? TEXT(", ") : TEXT(""));
		add_value(out, item);
	}
}

/* The first characters of t, which are well-formed. */
static struct text beginning(struct text t, size_t characters)
{
	uint32_t code_point;
	size_t n = 0;
	for (size_t i = 0; i < characters; i++)
		n += text_utf8(text_bytes(t.p + n, t.n - n), &code_point);
	return text_bytes(t.p, n);
}

struct text cli_show(struct arena *arena, const json_t *value, size_t most)
{
	struct buf out;
	buf_init(&out, arena, 64);
	add_value(&out, value);
	const struct text shown = buf_text(&out);
	if (!most || cli_show_width(shown) <= most)
		return shown;
	return arena_printf(arena, "%.*s...", TEXT_ARG(beginning(shown, most - strlen("..."))));
}

struct text cli_show_lines(struct arena *arena, const json_t *object)
{
	struct buf out;
	buf_init(&out, arena, 256);
	add_json(&out, object, JSON_INDENT(2), '\n');
	return buf_text(&out);
}

size_t cli_show_width(struct text shown)
{
	size_t width = 0;
	for (size_t i = 0; i < shown.n; i++)
		width += (shown.p[i] & 0xc0) != 0x80;
	return width;
}
