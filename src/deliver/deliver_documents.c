#include "api/body.h"
#include "api/frame.h"
#include "base/clock.h"
#include "base/enc.h"
#include "deliver/carrier.h"
#include "deliver/inbox.h"

enum { LIMIT_MAX = 100, LIMIT_STANDARD = 20, REFRESH_SECONDS = 3 };

struct inbox_query {
	struct text to;
	int64_t limit;
};
static const struct field QUERY_FIELDS[] = {
	FIELD(struct inbox_query, to, text, .place = IN_QUERY, .max = 320, .help = "one contact's messages only"),
	FIELD(struct inbox_query, limit, int, .place = IN_QUERY, .standard_int = LIMIT_STANDARD, .min = 1,
		.max = LIMIT_MAX, .help = "how many at most"),
};

/* A contact as identity compares it; a "+" that a URL turned into a blank is put back. */
static struct text canonical(struct op *op, struct text to)
{
	struct contact contact;
	if (to.n > 0 && to.p[0] == ' ')
		to = arena_printf(op->arena, "+%.*s", (int)to.n - 1, to.p + 1);
	if (contact_email(op->arena, to, &contact) == 0 || contact_phone(op->arena, to, &contact) == 0)
		return contact.canonical;
	return to;
}

struct selection {
	struct text to; /* absent: all */
	const struct letter *letters[LIMIT_MAX];
	size_t count;
};

static enum err select_letters(struct op *op, struct selection *selection)
{
	struct inbox_query query = {.limit = LIMIT_STANDARD};
	body_enter(op->arena);
	schema_read(op, QUERY_FIELDS, COUNT(QUERY_FIELDS), NULL, NULL, &query);
	body_leave();
	if (op->bad_count > 0)
		return ERR_VALIDATION_ERROR;
	selection->to = text_absent(query.to) ? TEXT_NONE : canonical(op, query.to);
	selection->count = inbox_read(op->arena, selection->to, (size_t)query.limit, selection->letters);
	return ERR_NONE;
}

static const char *channel(const struct letter *letter)
{
	return letter->message.to.kind == CONTACT_EMAIL ? "email" : "sms";
}

static struct wording wording(struct op *op, const struct letter *letter)
{
	return carrier_wording(op->arena, letter, letter_queued_at(letter));
}

/* ---- JSON ---- */

static void emit_letter(struct op *op, struct emit *json, const struct letter *letter)
{
	const struct wording words = wording(op, letter);
	emit_object(json, NULL);
	uuid_emit(json, "id", letter->message_id);
	emit_string(json, "channel", channel(letter));
	emit_text(json, "to", letter->message.to.spelling);
	emit_text(json, "subject", words.subject);
	emit_text(json, "text", words.text);
	emit_text(json, "html", words.html);
	emit_text(json, "code", letter->message.code);
	emit_text(json, "link", letter->message.link);
	emit_time(json, "created_at", letter_queued_at(letter));
	emit_end_object(json);
}

enum err deliver_messages_document(struct op *op, struct document *document)
{
	struct selection selection;
	const enum err err = select_letters(op, &selection);
	if (err != ERR_NONE)
		return err;
	struct buf out;
	buf_init(&out, op->arena, 4096);
	struct emit json = emit_to(&out);
	emit_object(&json, NULL);
	emit_array(&json, "messages");
	for (size_t i = 0; i < selection.count; i++)
		emit_letter(op, &json, selection.letters[i]);
	emit_end_array(&json);
	emit_end_object(&json);
	document->content_type = "application/json";
	document->body = buf_text(&out);
	return ERR_NONE;
}

/* ---- the page ---- */

static void add_code(struct buf *out, struct text code)
{
	if (code.n == 0)
		return;
	buf_add(out, TEXT("<p class=\"code\">"));
	enc_html_add(out, code);
	buf_add(out, TEXT("</p>\n"));
}

static void add_link(struct buf *out, struct text link)
{
	if (link.n == 0)
		return;
	buf_add(out, TEXT("<p class=\"link\"><a href=\""));
	enc_html_add(out, link);
	buf_add(out, TEXT("\">"));
	enc_html_add(out, link);
	buf_add(out, TEXT("</a></p>\n"));
}

static void add_letter(struct op *op, struct buf *out, const struct letter *letter)
{
	const struct wording words = wording(op, letter);
	char time[CLOCK_RFC3339_SIZE];
	clock_rfc3339(letter_queued_at(letter), time);
	buf_printf(
		out, "<article class=\"card\">\n<p class=\"soft\"><span class=\"status\">%s</span> ", channel(letter));
	enc_html_add(out, letter->message.to.spelling);
	buf_printf(out, " · <time>%.8s UTC</time></p>\n", time + 11);
	add_code(out, letter->message.code);
	add_link(out, letter->message.link);
	buf_add(out, TEXT("<pre>"));
	if (!text_absent(words.subject)) {
		enc_html_add(out, words.subject);
		buf_add(out, TEXT("\n\n"));
	}
	enc_html_add(out, words.text);
	buf_add(out, TEXT("</pre>\n</article>\n"));
}

static void add_head(struct buf *out, const struct selection *selection)
{
	buf_add(out, TEXT("<h1>Inbox</h1>\n<p class=\"lead\">Messages of this dev server, newest first. "
			  "A click on a code selects it.</p>\n"));
	if (!text_absent(selection->to)) {
		buf_add(out, TEXT("<p>Only those to <strong>"));
		enc_html_add(out, selection->to);
		buf_add(out, TEXT("</strong>. <a href=\"/dev/inbox\">Show all</a></p>\n"));
	}
	if (selection->count == 0)
		buf_add(out, TEXT("<p class=\"card\">Nothing here yet. Ask for a code with <code>POST "
				  "/v1/auth/send-otp</code>; it appears by itself.</p>\n"));
}

enum err deliver_inbox_document(struct op *op, struct document *document)
{
	struct selection selection;
	const enum err err = select_letters(op, &selection);
	if (err != ERR_NONE)
		return err;
	struct buf out;
	buf_init(&out, op->arena, 16384);
	add_head(&out, &selection);
	for (size_t i = 0; i < selection.count; i++)
		add_letter(op, &out, selection.letters[i]);
	document->content_type = "text/html; charset=utf-8";
	document->body = frame_page(op, TEXT("Inbox · Keywright"), buf_text(&out), REFRESH_SECONDS);
	return ERR_NONE;
}
