#include "page/ask.h"

#include "core/limit.h"
#include "otp/otp.h"
#include "page/check.h"

bool ask_takes_phones(void)
{
	const struct settings *settings = settings_now();
	return settings->dev || (*settings->sms_provider && *settings->sms_countries);
}

/* ---- reading ---- */

static struct text without_marks(struct arena *arena, struct text typed)
{
	static const char MARKS[] = " -./()";
	struct buf out;
	buf_init(&out, arena, typed.n + 1);
	for (size_t i = 0; i < typed.n; i++)
		if (!memchr(MARKS, typed.p[i], sizeof MARKS - 1))
			buf_add_char(&out, typed.p[i]);
	return buf_text(&out);
}

const char *ask_read(struct arena *arena, struct text typed, struct contact *contact_r)
{
	struct contact contact;
	typed = text_trim(typed);
	if (!text_starts(typed, TEXT("+")))
		return contact_email(arena, typed, contact_r) == 0 ? NULL : "bad_contact";
	/* "+49 (0)30 …": the nought is dialled at home alone, so this is no number as it stands */
	if (memmem(typed.p, typed.n, "(0)", 3) || contact_phone(arena, without_marks(arena, typed), &contact) != 0)
		return "bad_contact";
	if (!deliver_sms_can_reach(&contact))
		return "bad_phone";
	*contact_r = contact;
	return NULL;
}

/* ---- sending ---- */

/* The page that waits for it has an address of its own, so that reload and back ask for nothing twice. */
static enum err send_link(struct view *view, const struct start *start, const struct contact *contact)
{
	struct op *op = view->op;
	const struct magic_order order = {.app = start->app,
		.contact = *contact,
		.way = MAGIC_PAGE,
		.redirect_uri = start->redirect_uri.n ? start->redirect_uri : TEXT_NONE,
		.state = start->state.n ? start->state : TEXT_NONE,
		.challenge = start->challenge,
		.locale = template_tag(view->language),
		.tenant_id = start->tenant_id,
		.flow = view->flow.secret};
	struct magic_sent sent;
	TRY(magic_send(op, &order, &sent));
	flow_asked(&view->flow, start->app->id, sent.link_id);
	struct text path = arena_printf(
		op->arena, "/signin/check?app_id=%s&id=%s", view_id(op, start->app->id).p, view_id(op, sent.link_id).p);
	(void)view_show(view, TEMPLATE_page_on, ERR_NONE);
	view_put(view, "url", path);
	view_put_flag(view, "here", true);
	return ERR_NONE;
}

static enum err send_code(struct view *view, const struct start *start, const struct contact *contact)
{
	const struct otp_order order = {.app = start->app,
		.contact = *contact,
		.purpose = TEXT("login"),
		.locale = template_tag(view->language)};
	struct otp_sent sent;
	TRY(otp_send(view->op, &order, &sent));
	const struct ticket ticket = {*start, *contact, sent.request_id, sent.code_length, sent.expires_at};
	return check_phone(view, &ticket, ERR_NONE, NULL);
}

enum err ask_send(struct view *view, const struct start *start, const struct contact *contact)
{
	TRY(limit_take(view->op, LIMIT_sends_per_address, TEXT_NONE));
	return contact->kind == CONTACT_PHONE ? send_code(view, start, contact) : send_link(view, start, contact);
}
