#include "page/page.h"

#include "base/clock.h"
#include "core/device.h"
#include "core/digits.h"
#include "core/place.h"
#include "page/finish.h"
#include "page/shows.h"

struct link_body {
	struct text token, form, action, number;
};

/* A link as its page finds it. */
struct opened {
	struct text token;
	struct magic_link link;
	struct start start;
	enum shows shows;
};

/* The link, and what it shows to this browser. Fails as magic_find does, and with APP_NOT_FOUND. */
static enum err open_link(struct view *view, struct text token, struct opened *opened)
{
	struct op *op = view->op;
	struct magic_link *link = &opened->link;
	enum err err = magic_find(op, token, link);
	opened->token = token;
	if (err == ERR_magic_link_not_found)
		TRY(view_of_last(view));
	TRY(err);
	TRY(view_of_link(view, link, token, &opened->start));
	opened->shows = shows_of(&(struct shows_question){.way = link->way,
					 .judged = magic_judge(link, op->now),
					 .asked_here = !view->flow.is_new && magic_is_asker(link, view->flow.secret),
					 .approved = link->approved_at != 0,
					 .challenged = link->challenge.n != 0,
					 .redirects = start_goes_to(&opened->start).n != 0,
					 .spent = magic_code_is_spent(link)},
		&err);
	return err;
}

/* ---- its pages ---- */

static void put_form(struct view *view, const struct opened *opened)
{
	view_put(view, "action", arena_printf(view->op->arena, "/l/%.*s", TEXT_ARG(opened->token)));
	view_put(view, "to", contact_masked(view->op->arena, &opened->link.contact));
}

static enum err show_button(struct view *view, const struct opened *opened)
{
	(void)view_show(view, TEMPLATE_page_link, ERR_NONE);
	put_form(view, opened);
	view_put_flag(view, "same", opened->shows == SHOWS_SAME);
	return ERR_NONE;
}

static enum err show_code(struct view *view, const struct opened *opened)
{
	struct arena *arena = view->op->arena;
	(void)view_show(view, TEMPLATE_page_code, ERR_NONE);
	view_put_code(view, digits_grouped(arena, magic_code(arena, &opened->link, opened->token)));
	view_put_end(view, opened->link.expires_at);
	view_put_flag(view, "asked", true);
	return ERR_NONE;
}

static struct text place(struct view *view, const struct magic_link *link)
{
	struct ip ip;
	if (ip_read(link->ip, &ip) != 0)
		return TEXT_NONE;
	return place_of(view->op->arena, ip, template_tag(view->language));
}

static enum err show_question(struct view *view, const struct opened *opened, enum err err, const char *bad)
{
	const struct magic_link *link = &opened->link;
	const struct device device = device_of(link->user_agent);
	char asked[CLOCK_RFC3339_SIZE];
	clock_rfc3339(link->created_at, asked);
	(void)view_show(view, TEMPLATE_page_approve, err);
	put_form(view, opened);
	view_put(view, "browser", device.browser);
	view_put(view, "system", device.system);
	view_put(view, "place", place(view, link));
	view_put(view, "asked", arena_printf(view->op->arena, "%.10s %.5s UTC", asked, asked + 11));
	view_put(view, "bad", bad ? view_words(view, bad) : TEXT_NONE);
	return err;
}

static enum err run_link(struct op *op, void *body)
{
	const struct link_body *in = body;
	struct view *view = view_new(op);
	struct opened opened;
	TRY(open_link(view, in->token, &opened));
	switch (opened.shows) {
	case SHOWS_SAME:
	case SHOWS_ON: return show_button(view, &opened);
	case SHOWS_CODE: return show_code(view, &opened);
	case SHOWS_APPROVE: return show_question(view, &opened, ERR_NONE, NULL);
	case SHOWS_APPROVED: return view_show(view, TEMPLATE_page_approved, ERR_NONE);
	case SHOWS_FAILED: break;
	}
	return ERR_INTERNAL_ERROR;
}

static const struct field LINK_PATH[] = {
	FIELD(struct link_body, token, secret, .place = IN_PATH, .required = true, .help = "of the link"),
};
static const enum err LINK_ERRORS[] = {ERR_APP_NOT_FOUND, ERR_magic_link_not_found, ERR_magic_link_already_used,
	ERR_magic_link_expired, ERR_exchange_code_not_found, ERR_NONE};
const struct action page_link_action = {
	.summary = "Show the page behind a link",
	ACTION_FIELDS(struct link_body, LINK_PATH),
	.run = run_link,
	.page = view_page,
	.errors = LINK_ERRORS,
};

/* ---- its buttons ---- */

static enum err answer_continue(struct view *view, const struct opened *opened)
{
	struct proof proof;
	if (opened->shows != SHOWS_SAME && opened->shows != SHOWS_ON)
		return ERR_FORBIDDEN;
	TRY(magic_use(view->op, &opened->link, &proof));
	return finish_signin(view, &opened->start, &proof);
}

enum { NUMBER_DIGITS = 2 };

/* Two digits are the one try; anything else is a slip of the hand. */
static enum err answer_approve(struct view *view, const struct opened *opened, struct text typed)
{
	const struct text number = digits_typed(view->op->arena, typed);
	if (opened->shows == SHOWS_APPROVED)
		return view_show(view, TEMPLATE_page_approved, ERR_NONE);
	if (opened->shows != SHOWS_APPROVE)
		return ERR_FORBIDDEN;
	if (number.n != NUMBER_DIGITS)
		return show_question(view, opened, ERR_VALIDATION_ERROR, "bad_number");
	enum err err = magic_approve(view->op, &opened->link, number);
	if (err == ERR_FORBIDDEN)
		view->why = "number";
	if (err != ERR_NONE)
		return err;
	return view_show(view, TEMPLATE_page_approved, ERR_NONE);
}

static enum err answer_deny(struct view *view, const struct opened *opened)
{
	TRY(magic_deny(view->op, &opened->link));
	return view_show(view, TEMPLATE_page_denied, ERR_NONE);
}

static enum err run_answer(struct op *op, void *body)
{
	const struct link_body *in = body;
	struct view *view = view_new(op);
	struct opened opened;
	view->start = arena_printf(op->arena, "/l/%.*s", TEXT_ARG(in->token));
	TRY(view_judge_form(view, in->form));
	view->start = TEXT_NONE;
	TRY(open_link(view, in->token, &opened));
	if (text_equal(in->action, TEXT("approve")))
		return answer_approve(view, &opened, in->number);
	if (text_equal(in->action, TEXT("deny")))
		return answer_deny(view, &opened);
	return answer_continue(view, &opened);
}

static const char *const ANSWERS[] = {"continue", "approve", "deny", NULL};
static const struct field ANSWER_FORM[] = {
	FIELD(struct link_body, token, secret, .place = IN_PATH, .required = true, .help = "of the link"),
	FIELD(struct link_body, form, text, .max = 128, .help = "the form token"),
	FIELD(struct link_body, action, text, .required = true, .choices = ANSWERS, .help = "which button"),
	FIELD(struct link_body, number, text, .max = 64, .help = "of approve: the two digits of the other screen"),
};
static const enum err ANSWER_ERRORS[] = {ERR_FORBIDDEN, ERR_APP_NOT_FOUND, ERR_magic_link_not_found,
	ERR_magic_link_already_used, ERR_magic_link_expired, ERR_exchange_code_not_found, ERR_TENANT_NOT_FOUND,
	ERR_USER_NOT_FOUND, ERR_USER_DELETED, ERR_NONE};
const struct action page_answer_action = {
	.summary = "Press a button of the page behind a link",
	ACTION_FIELDS(struct link_body, ANSWER_FORM),
	.run = run_answer,
	.page = view_page,
	.errors = ANSWER_ERRORS,
};
