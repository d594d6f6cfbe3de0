/*
 * Text of any bytes into JSON and log lines: what is written parses, as one object, and says the same where it was UTF-8.
 */
#include <jansson.h>

#include "base/emit.h"
#include "base/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_emit(struct arena *arena, struct text input)
{
	struct buf out;
	buf_init(&out, arena, 64);
	struct emit json = emit_to(&out);
	emit_object(&json, NULL);
	emit_text(&json, "t", input);
	emit_array(&json, "list");
	emit_text(&json, NULL, input);
	emit_int(&json, NULL, (int64_t)input.n);
	emit_end_array(&json);
	emit_end_object(&json);
	struct text text = buf_text(&out);
	json_t *read = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	const json_t *value = json_object_get(read, "t");
	MUST(json_is_object(read) && json_is_string(value));
	if (text_is_utf8(input))
		MUST(text_equal(text_bytes(json_string_value(value), json_string_length(value)), input));
	json_decref(read);
}

static void check_log(struct text input)
{
	struct log_line line;
	log_begin(&line, LOG_ERROR, "fuzz");
	log_text(&line, "value", input);
	MUST(!line.skip && line.n < sizeof line.p && text_is_printable(text_bytes(line.p, line.n)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct text input = arena_copy(arena, text_bytes(data, size));
	check_emit(arena, input);
	check_log(input);
	arena_free(arena);
	return 0;
}
