#include "page/page.h"

#include "page/ask.h"
#include "page/ticket.h"

/* ---- the first page, and its form ---- */

struct signin_body {
	struct uuid app_id;
	struct text redirect_uri, state, code_challenge, lang, contact, form;
};
/* What /signin is called with, and what its form brings again. */
#define SIGNIN_FIELDS(where)                                                                                           \
	FIELD(struct signin_body, app_id, uuid, .place = (where), .required = true, .help = "the app to sign in to"),  \
		FIELD(struct signin_body, redirect_uri, text, .place = (where), .max = 512,                            \
			.help = "where to go with the code: one that the app registered, character by character"),     \
		FIELD(struct signin_body, state, state, .place = (where),                                              \
			.help = "comes back to redirect_uri as it is"),                                                \
		FIELD(struct signin_body, code_challenge, text, .place = (where), .max = 43,                           \
			.help = "RFC 7636, S256; its code_verifier redeems the code"),                                 \
		FIELD(struct signin_body, lang, text, .place = (where), .max = 35,                                     \
			.help = "language of the pages (BCP 47); default what the browser prefers"),                   \
		FIELD(struct signin_body, contact, text, .place = (where), .max = 320,                                 \
			.help = "e-mail address or phone number, to be filled in")

static const struct field SIGNIN_QUERY[] = {SIGNIN_FIELDS(IN_QUERY)};
static const struct field SIGNIN_FORM[] = {
	SIGNIN_FIELDS(IN_BODY),
	FIELD(struct signin_body, form, text, .max = 128, .help = "the form token"),
};

static struct start start_of_body(const struct signin_body *in)
{
	return (struct start){app_find(in->app_id), in->redirect_uri, in->state, in->code_challenge, in->lang, {{0}}};
}

static void check_start(struct op *op, void *body)
{
	const struct start start = start_of_body(body);
	switch (start.app ? start_judge(&start) : START_GOOD) {
	case START_GOOD: break;
	case START_REDIRECT:
		schema_bad(op, "redirect_uri", "Must be one that the app registered, to the letter.");
		break;
	case START_CHALLENGE: schema_bad(op, "code_challenge", "Must be base64url of a SHA-256, 43 characters."); break;
	case START_UNCHALLENGED: schema_bad(op, "code_challenge", "Is required by the app (require_pkce)."); break;
	}
}

/* bad: key of the words that say what is wrong with the contact. */
static enum err show_signin(struct view *view, const struct signin_body *in, enum err err, const char *bad)
{
	(void)view_show(view, TEMPLATE_page_signin, err);
	view_put(view, "app_id", view_id(view->op, in->app_id));
	view_put(view, "redirect_uri", in->redirect_uri);
	view_put(view, "state", in->state);
	view_put(view, "code_challenge", in->code_challenge);
	view_put(view, "lang", in->lang);
	view_put(view, "contact", in->contact);
	view_put(view, "bad", bad ? view_words(view, bad) : TEXT_NONE);
	view_put_flag(view, "phones", ask_takes_phones());
	return err;
}

static enum err run_signin(struct op *op, void *body)
{
	const struct signin_body *in = body;
	const struct start start = start_of_body(in);
	struct view *view = view_new(op);
	if (!start.app)
		return ERR_APP_NOT_FOUND;
	view_of_start(view, &start);
	return show_signin(view, in, ERR_NONE, NULL);
}

static enum err run_ask(struct op *op, void *body)
{
	const struct signin_body *in = body;
	const struct start start = start_of_body(in);
	struct view *view = view_new(op);
	struct contact contact;
	if (!start.app)
		return ERR_APP_NOT_FOUND;
	view_of_start(view, &start);
	TRY(view_judge_form(view, in->form));
	view->start = start_path(op->arena, &start, in->contact);
	const char *bad = ask_read(op->arena, in->contact, &contact);
	if (bad)
		return show_signin(view, in, ERR_VALIDATION_ERROR, bad);
	return ask_send(view, &start, &contact);
}

static const enum err SIGNIN_ERRORS[] = {ERR_APP_NOT_FOUND, ERR_NONE};
const struct action page_signin_action = {
	.summary = "Show the sign-in page",
	ACTION_FIELDS(struct signin_body, SIGNIN_QUERY),
	.check = check_start,
	.run = run_signin,
	.page = view_page,
	.errors = SIGNIN_ERRORS,
};

static const enum err ASK_ERRORS[] = {ERR_FORBIDDEN, ERR_APP_NOT_FOUND, ERR_RATE_LIMITED, ERR_magic_link_rate_limited,
	ERR_OTP_RATE_LIMITED, ERR_NONE};
const struct action page_ask_action = {
	.summary = "Send a link or a code to the contact that was typed",
	ACTION_FIELDS(struct signin_body, SIGNIN_FORM),
	.check = check_start,
	.run = run_ask,
	.page = view_page,
	.errors = ASK_ERRORS,
};

/* ---- send a new link ---- */

struct again_body {
	struct text form, app_id, link_id, token, ticket;
};
static const struct field AGAIN_FORM[] = {
	FIELD(struct again_body, form, text, .max = 128, .help = "the form token"),
	FIELD(struct again_body, app_id, text, .max = 36, .help = "of a link that this browser asked for"),
	FIELD(struct again_body, link_id, text, .max = 36, .help = "of a link that this browser asked for"),
	FIELD(struct again_body, token, text, .max = 256, .help = "of a link that is used up or too old"),
	FIELD(struct again_body, ticket, text, .max = TICKET_MAX, .help = "of a code that went to a phone"),
};

static enum err again_by_ticket(struct view *view, struct text written)
{
	struct ticket ticket;
	if (ticket_read(view->op->arena, &view->flow, written, &ticket) != 0)
		return ERR_OTP_NOT_FOUND;
	view_of_start(view, &ticket.start);
	view->again = (struct view_again){.ticket = written, .contact = ticket.contact};
	return ask_send(view, &ticket.start, &ticket.contact);
}

/* Whether its page is a way on. */
static bool works(const struct magic_link *link, int64_t now)
{
	if (link->way == MAGIC_APP || (link->way == MAGIC_HOSTED && magic_code_is_spent(link)))
		return false;
	return magic_judge(link, now) == ERR_NONE;
}

/* One that still works needs no successor. */
static enum err show_living_link(struct view *view, struct text token)
{
	(void)view_show(view, TEMPLATE_page_on, ERR_NONE);
	view_put(view, "url", arena_printf(view->op->arena, "/l/%.*s", TEXT_ARG(token)));
	view_put_flag(view, "here", true);
	return ERR_NONE;
}

static enum err again_by_link(struct view *view, const struct again_body *in)
{
	struct op *op = view->op;
	struct magic_link link;
	struct start start;
	if (in->token.n)
		TRY(magic_find(op, in->token, &link));
	else
		TRY(view_find_asked(view, in->app_id, in->link_id, &link));
	TRY(view_of_link(view, &link, in->token, &start));
	if (in->token.n && works(&link, op->now))
		return show_living_link(view, in->token);
	return ask_send(view, &start, &link.contact);
}

static enum err run_again(struct op *op, void *body)
{
	const struct again_body *in = body;
	struct view *view = view_new(op);
	TRY(view_judge_form(view, in->form));
	return in->ticket.n ? again_by_ticket(view, in->ticket) : again_by_link(view, in);
}

static const enum err AGAIN_ERRORS[] = {ERR_FORBIDDEN, ERR_APP_NOT_FOUND, ERR_RATE_LIMITED, ERR_magic_link_not_found,
	ERR_magic_link_rate_limited, ERR_OTP_NOT_FOUND, ERR_OTP_RATE_LIMITED, ERR_NONE};
const struct action page_again_action = {
	.summary = "Send another link or code to the same contact",
	ACTION_FIELDS(struct again_body, AGAIN_FORM),
	.run = run_again,
	.page = view_page,
	.errors = AGAIN_ERRORS,
};
