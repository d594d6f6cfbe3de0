#include "app/logo.h"

#include "base/enc.h"

static bool is_png(struct text bytes)
{
	return text_starts(bytes, TEXT("\x89PNG\r\n\x1a\n"));
}

static bool is_jpeg(struct text bytes)
{
	return text_starts(bytes, TEXT("\xff\xd8\xff"));
}

static bool is_webp(struct text bytes)
{
	return text_starts(bytes, TEXT("RIFF")) && bytes.n >= 12 && memcmp(bytes.p + 8, "WEBP", 4) == 0;
}

/* It is shown as an image, or alone in a sandbox: what scripts it may hold never run. */
static bool is_svg(struct text bytes)
{
	return text_is_utf8(bytes) && bytes.n && bytes.p[0] == '<' && memmem(bytes.p, bytes.n, "<svg", 4);
}

static const struct {
	const char *type;
	bool (*fits)(struct text bytes);
} TYPES[] = {
	{"image/png", is_png},
	{"image/jpeg", is_jpeg},
	{"image/webp", is_webp},
	{"image/svg+xml", is_svg},
};

int logo_read(struct arena *arena, struct text uri, struct logo *logo_r)
{
	struct text encoded = uri, head = text_cut(&encoded, ',');
	for (size_t i = 0; i < COUNT(TYPES); i++) {
		if (!text_equal(head, arena_printf(arena, "data:%s;base64", TYPES[i].type)))
			continue;
		uint8_t *bytes = arena_alloc(arena, LOGO_MAX);
		size_t n;
		TRY(enc_base64_read(encoded, bytes, LOGO_MAX, &n));
		if (!TYPES[i].fits(text_bytes(bytes, n)))
			return -1;
		*logo_r = (struct logo){TYPES[i].type, text_bytes(bytes, n)};
		return 0;
	}
	return -1;
}
