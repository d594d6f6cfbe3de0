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

/* "Firefox on Windows, Weimar, Germany": of these what is known. */
static struct text asked(struct arena *arena, const struct language *language, const struct message *message)
{
	struct buf out;
	buf_init(&out, arena, 128);
	buf_add(&out, message->browser);
	if (message->browser.n > 0 && message->system.n > 0) {
		buf_add_char(&out, ' ');
		buf_add(&out, template_words(language, "message_on"));
		buf_add_char(&out, ' ');
	}
	buf_add(&out, message->system);
	if (out.n > 0 && message->place.n > 0)
		buf_add(&out, TEXT(", "));
	buf_add(&out, message->place);
	return buf_text(&out);
}

/* The templates of each kind of message. */
static const struct kind {
	enum template_id text, html, sms;
} KINDS[] = {
	[MESSAGE_OTP] = {TEMPLATE_mail_otp_text, TEMPLATE_mail_otp_html, TEMPLATE_sms_otp},
	[MESSAGE_LINK] = {TEMPLATE_mail_link_text, TEMPLATE_mail_link_html, TEMPLATE_COUNT},
	[MESSAGE_HANDOVER] = {TEMPLATE_mail_handover_text, TEMPLATE_mail_handover_html, TEMPLATE_sms_handover},
	[MESSAGE_CONTACT] = {TEMPLATE_mail_contact_text, TEMPLATE_mail_contact_html, TEMPLATE_sms_contact},
};

struct values {
	struct arena *arena;
	const struct language *language;
	struct template_value list[12];
	size_t count;
};

static void put(struct values *values, const char *name, struct text value)
{
	MUST(values->count < COUNT(values->list));
	values->list[values->count++] = (struct template_value){name, value};
}

static struct text render(const struct values *values, enum template_id id)
{
	return template_render(values->arena, id, values->language, values->list, values->count);
}

/* The first line of a mail's text is "Subject: …", the second is empty; values add no lines. */
static struct wording mail(const struct values *values, const struct kind *kind)
{
	struct text text = render(values, kind->text), subject = text_cut(&text, '\n');
	(void)text_cut(&subject, ' ');
	(void)text_cut(&text, '\n');
	return (struct wording){.subject = subject, .text = text, .html = render(values, kind->html)};
}

static struct wording text_message(const struct values *values, const struct kind *kind)
{
	struct text text = render(values, kind->sms);
	/* a line's end behind "@host #code" would make it another line than the last */
	while (text.n > 0 && text.p[text.n - 1] == '\n')
		text.n--;
	return (struct wording){.text = arena_copy(values->arena, text)};
}

struct wording wording_of(struct arena *arena, const struct message *message, const char *host, int64_t now)
{
	const struct kind *kind = &KINDS[message->kind];
	const bool is_mail = message->to.kind == CONTACT_EMAIL;
	MUST(is_mail || kind->sms != TEMPLATE_COUNT);
	struct values values = {
		.arena = arena,
		.language = template_spoken(is_mail ? kind->text : kind->sms, template_language(message->locale)),
	};
	const struct text code = message->code;
	put(&values, "app", message->app_name);
	if (message->kind == MESSAGE_LINK)
		put(&values, "link", message->link);
	if (message->kind == MESSAGE_CONTACT)
		put(&values, "contact", message->contact);
	if (message->kind == MESSAGE_OTP || message->kind == MESSAGE_LINK) {
		put(&values, "code", code);
		put(&values, "code_begins", text_bytes(code.p, code.n / 2));
		put(&values, "code_ends", text_bytes(code.p + code.n / 2, code.n - code.n / 2));
		put(&values, "minutes", minutes(arena, values.language, message->expires_at - now));
		put(&values, "until", until(arena, message->expires_at));
		put(&values, "host", text_of(host));
	}
	if (message->kind != MESSAGE_OTP) {
		put(&values, "asked", asked(arena, values.language, message));
		put(&values, "browser", message->browser);
		put(&values, "system", message->system);
		put(&values, "place", message->place);
	}
	return is_mail ? mail(&values, kind) : text_message(&values, kind);
}
