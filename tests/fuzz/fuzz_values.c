/*
 * The small readers of the base floor: times, numbers, durations, hex, base64. What is read is written
 * again as it was, or as its one canonical form, which reads the same.
 */
#include "base/clock.h"
#include "base/enc.h"
#include "base/num.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_time(struct text input)
{
	int64_t ms, again;
	char written[CLOCK_RFC3339_SIZE];
	if (clock_rfc3339_read(input.p, input.n, &ms) != 0)
		return;
	clock_rfc3339(ms, written);
	MUST(memcmp(written, input.p, 19) == 0);
	MUST(clock_rfc3339_read(written, strlen(written), &again) == 0 && again == ms);
}

static void check_number(struct text input)
{
	int64_t value, ms;
	char written[NUM_SIZE];
	if (num_read(input, 0, INT64_MAX, &value) == 0)
		MUST(text_equal(text_bytes(written, num_write(value, written)), input));
	if (num_read_duration(input, &ms) == 0)
		MUST(ms >= 0 && ms % 1000 == 0);
}

static void check_encodings(struct arena *arena, struct text input)
{
	uint8_t *bytes = arena_alloc(arena, input.n + 1);
	size_t n;
	struct buf out;
	buf_init(&out, arena, 2 * input.n + 8);
	if (enc_base64url_read(input, bytes, input.n, &n) == 0) {
		enc_base64url_add(&out, bytes, n);
		MUST(text_equal(buf_text(&out), input));
	}
	buf_init(&out, arena, 2 * input.n + 8);
	if (enc_base64_read(input, bytes, input.n, &n) == 0) {
		enc_base64_add(&out, bytes, n);
		MUST(text_equal(buf_text(&out), input));
	}
	char *hex = arena_alloc(arena, input.n + 2);
	if (input.n % 2 == 0 && enc_hex_read(input, bytes, input.n / 2) == 0) {
		enc_hex(bytes, input.n / 2, hex);
		MUST(text_equal_nocase(text_of(hex), input));
	}
}

/* HTML never holds what it escapes; a form's text never a NUL. */
static void check_escapes(struct arena *arena, struct text input)
{
	struct buf out;
	struct text decoded;
	buf_init(&out, arena, input.n + 8);
	enc_html_add(&out, input);
	for (size_t i = 0; i < out.n; i++)
		MUST(!strchr("<>\"'", out.p[i]) || out.p[i] == '\0');
	if (enc_form_read(arena, input, &decoded) == 0)
		MUST(decoded.n <= input.n && !memchr(decoded.p, '\0', decoded.n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct text input = arena_copy(arena, text_bytes(data, size));
	check_time(input);
	check_number(input);
	check_encodings(arena, input);
	check_escapes(arena, input);
	arena_free(arena);
	return 0;
}
