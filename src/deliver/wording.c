#include "deliver/wording.h"

#include "api/assets.h"
#include "base/clock.h"
#include "deliver/render.h"

enum { MINUTE_MS = 60 * 1000 };

static const struct language {
	const char *tag; /* ISO 639-1 */
	const char *one_minute, *minutes;
} LANGUAGES[] = {
	{"en", "1 minute", "minutes"},
	{"de", "1 Minute", "Minuten"},
};

/* By the first part of a language tag: "de", "de-AT", "de_CH". */
static const struct language *language_of(struct text locale)
{
	for (size_t i = 0; i < COUNT(LANGUAGES); i++) {
		const struct text tag = text_of(LANGUAGES[i].tag);
		const bool whole = locale.n == tag.n || (locale.n > tag.n && strchr("-_", locale.p[tag.n]));
		if (whole && text_equal_nocase(text_bytes(locale.p, tag.n), tag))
			return &LANGUAGES[i];
	}
	return &LANGUAGES[0];
}

/* What is left, in whole minutes begun. */
static struct text minutes(struct arena *arena, const struct language *language, int64_t left_ms)
{
	const int64_t count = (left_ms + MINUTE_MS - 1) / MINUTE_MS;
	if (count <= 1)
		return text_of(language->one_minute);
	return arena_printf(arena, "%lld %s", (long long)count, language->minutes);
}

/* "2026-05-25 12:34 UTC" */
static struct text until(struct arena *arena, int64_t ms)
{
	char time[CLOCK_RFC3339_SIZE];
	clock_rfc3339(ms, time);
	return arena_printf(arena, "%.10s %.5s UTC", time, time + 11);
}

static struct text template(struct arena *arena, const char *folder, const struct language *language, const char *form)
{
	const struct asset *asset =
		assets_find(arena_printf(arena, "assets/%s/otp.%s.%s", folder, language->tag, form));
	MUST(asset);
	return asset->bytes;
}

static struct wording mail(
	struct arena *arena, const struct language *language, const struct render_value *values, size_t count)
{
	/* the first line is the subject, the second is empty */
	struct text text = template(arena, "mail", language, "txt"), subject = text_cut(&text, '\n');
	(void)text_cut(&subject, ' ');
	(void)text_cut(&text, '\n');
	return (struct wording){
		.subject = render(arena, subject, RENDER_TEXT, values, count),
		.text = render(arena, text, RENDER_TEXT, values, count),
		.html = render(arena, template(arena, "mail", language, "html"), RENDER_HTML, values, count),
	};
}

static struct wording text_message(
	struct arena *arena, const struct language *language, const struct render_value *values, size_t count)
{
	struct text text = template(arena, "sms", language, "txt");
	/* a line's end behind "@host #code" would make it another line than the last */
	while (text.n > 0 && text.p[text.n - 1] == '\n')
		text.n--;
	return (struct wording){.text = render(arena, text, RENDER_TEXT, values, count)};
}

struct wording wording_of(struct arena *arena, const struct message *message, const char *host, int64_t now)
{
	const struct language *language = language_of(message->locale);
	const struct text code = message->code;
	const struct render_value values[] = {
		{"app", message->app_name},
		{"code", code},
		{"code_begins", text_bytes(code.p, code.n / 2)},
		{"code_ends", text_bytes(code.p + code.n / 2, code.n - code.n / 2)},
		{"minutes", minutes(arena, language, message->expires_at - now)},
		{"until", until(arena, message->expires_at)},
		{"host", text_of(host)},
	};
	if (message->to.kind == CONTACT_PHONE)
		return text_message(arena, language, values, COUNT(values));
	return mail(arena, language, values, COUNT(values));
}
