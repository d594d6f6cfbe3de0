#include "deliver/wording.h"

#include "base/clock.h"
#include "template/template.h"

enum { MINUTE_MS = 60 * 1000 };

/* What is left, in whole minutes begun. */
static struct text minutes(struct arena *arena, const struct language *language, int64_t left_ms)
{
	const int64_t count = (left_ms + MINUTE_MS - 1) / MINUTE_MS;
	if (count <= 1)
		return template_words(language, "message_minute");
	return arena_printf(
		arena, "%lld %.*s", (long long)count, TEXT_ARG(template_words(language, "message_minutes")));
}

/* "2026-05-25 12:34 UTC" */
static struct text until(struct arena *arena, int64_t ms)
{
	char time[CLOCK_RFC3339_SIZE];
	clock_rfc3339(ms, time);
	return arena_printf(arena, "%.10s %.5s UTC", time, time + 11);
}

struct values {
	struct arena *arena;
	const struct language *language;
	struct template_value list[8];
	size_t count;
};

static struct text render(const struct values *values, enum template_id id)
{
	return template_render(values->arena, id, values->language, values->list, values->count);
}

/* The first line of a mail's text is "Subject: …", the second is empty; values add no lines. */
static struct wording mail(const struct values *values)
{
	struct text text = render(values, TEMPLATE_mail_otp_text), subject = text_cut(&text, '\n');
	(void)text_cut(&subject, ' ');
	(void)text_cut(&text, '\n');
	return (struct wording){.subject = subject, .text = text, .html = render(values, TEMPLATE_mail_otp_html)};
}

static struct wording text_message(const struct values *values)
{
	struct text text = render(values, TEMPLATE_sms_otp);
	/* a line's end behind "@host #code" would make it another line than the last */
	while (text.n > 0 && text.p[text.n - 1] == '\n')
		text.n--;
	return (struct wording){.text = arena_copy(values->arena, text)};
}

struct wording wording_of(struct arena *arena, const struct message *message, const char *host, int64_t now)
{
	const bool is_mail = message->to.kind == CONTACT_EMAIL;
	const struct language *language = template_spoken(
		is_mail ? TEMPLATE_mail_otp_text : TEMPLATE_sms_otp, template_language(message->locale));
	const struct text code = message->code;
	const struct values values = {arena, language,
		{
			{"app", message->app_name},
			{"code", code},
			{"code_begins", text_bytes(code.p, code.n / 2)},
			{"code_ends", text_bytes(code.p + code.n / 2, code.n - code.n / 2)},
			{"minutes", minutes(arena, language, message->expires_at - now)},
			{"until", until(arena, message->expires_at)},
			{"host", text_of(host)},
		},
		7};
	return is_mail ? mail(&values) : text_message(&values);
}
