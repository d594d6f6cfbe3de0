#include "page/page.h"

#include "core/digits.h"
#include "exchange/exchange.h"
#include "otp/otp.h"
#include "page/check.h"
#include "page/finish.h"

/* ---- the page that waits, and what its script asks ---- */

struct wait_query {
	struct text app_id, id;
};
static const struct field WAIT_QUERY[] = {
	FIELD(struct wait_query, app_id, text, .place = IN_QUERY, .required = true, .max = 36, .help = "of the link"),
	FIELD(struct wait_query, id, text, .place = IN_QUERY, .required = true, .max = 36, .help = "of the link"),
};

/* Whoever did not ask learns nothing but the way to the app's first page. */
static void offer_first_page(struct view *view, struct text app_id)
{
	struct uuid id;
	const struct start start = {.app = uuid_read(app_id, &id) == 0 ? app_find(id) : NULL};
	if (start.app)
		view_of_start(view, &start);
}

static enum err find_waiting(
	struct view *view, struct text app_id, struct text link_id, struct magic_link *link_r, struct start *start_r)
{
	TRY(view_find_asked(view, app_id, link_id, link_r));
	return view_of_link(view, link_r, TEXT_NONE, start_r);
}

static enum err run_check(struct op *op, void *body)
{
	const struct wait_query *in = body;
	struct view *view = view_new(op);
	struct magic_link link;
	struct start start;
	offer_first_page(view, in->app_id);
	TRY(find_waiting(view, in->app_id, in->id, &link, &start));
	TRY(magic_judge(&link, op->now));
	return check_mail(view, &link, ERR_NONE, NULL);
}

static const enum err CHECK_ERRORS[] = {
	ERR_APP_NOT_FOUND, ERR_magic_link_not_found, ERR_magic_link_already_used, ERR_magic_link_expired, ERR_NONE};
const struct action page_check_action = {
	.summary = "Show the page that waits for a link",
	ACTION_FIELDS(struct wait_query, WAIT_QUERY),
	.run = run_check,
	.page = view_page,
	.errors = CHECK_ERRORS,
};

static enum err run_status(struct op *op, void *body)
{
	const struct wait_query *in = body;
	struct view *view = view_new(op);
	struct magic_link *link = ARENA_NEW(op->arena, struct magic_link);
	op->result = link;
	return view_find_asked(view, in->app_id, in->id, link);
}

static void reply_status_of_link(struct op *op, struct emit *json)
{
	emit_string(json, "status", magic_status(op->result, op->now));
}

static const struct answer_field STATUS_ANSWER[] = {{"status", "string", "pending, approved, used or expired"}};
static const enum err STATUS_ERRORS[] = {ERR_magic_link_not_found, ERR_NONE};
const struct action page_status_action = {
	.summary = "Ask what became of a link, for the page that waits",
	ACTION_FIELDS(struct wait_query, WAIT_QUERY),
	.run = run_status,
	.reply = reply_status_of_link,
	ACTION_ANSWER(STATUS_ANSWER),
	.errors = STATUS_ERRORS,
};

/* ---- a code is typed ---- */

struct code_body {
	struct text form, app_id, link_id, ticket, code;
};
static const struct field CODE_FORM[] = {
	FIELD(struct code_body, form, text, .max = 128, .help = "the form token"),
	FIELD(struct code_body, app_id, text, .max = 36, .help = "of a link that this browser asked for"),
	FIELD(struct code_body, link_id, text, .max = 36, .help = "of a link that this browser asked for"),
	FIELD(struct code_body, ticket, text, .max = TICKET_MAX, .help = "of a code that went to a phone"),
	FIELD(struct code_body, code, text, .max = 256, .help = "as typed"),
};

/* The lock comes first, so that it tells nothing of the code. */
static enum err judge_lock(struct view *view)
{
	return exchange_look(view->op, &view->wait_ms);
}

static enum err refuse_wrong(struct view *view, const struct magic_link *link)
{
	struct magic_link now;
	TRY(magic_find_asked(view->op, link->app_id, link->link_id, view->flow.secret, &now));
	/* others were faster: the link's own end says more than the code's */
	TRY(magic_judge(&now, view->op->now));
	return check_mail(view, &now, ERR_exchange_code_not_found, "bad_code");
}

static enum err code_of_mail(struct view *view, const struct code_body *in)
{
	struct op *op = view->op;
	struct magic_link link;
	struct start start;
	struct proof proof;
	enum err found = find_waiting(view, in->app_id, in->link_id, &link, &start);
	TRY(judge_lock(view));
	TRY(found);
	TRY(magic_judge(&link, op->now));
	const struct text digits = digits_typed(op->arena, in->code);
	if (text_absent(digits))
		return check_mail(view, &link, ERR_VALIDATION_ERROR, "bad_digits");
	enum err err = exchange_use_link_code(op, link.app_id, link.link_id, view->flow.secret, digits, &proof, &link);
	if (err == ERR_exchange_code_not_found)
		return refuse_wrong(view, &link);
	if (err != ERR_NONE)
		return err;
	return finish_signin(view, &start, &proof);
}

static enum err code_of_phone(struct view *view, const struct code_body *in)
{
	struct op *op = view->op;
	struct ticket ticket;
	struct proof proof;
	if (ticket_read(op->arena, &view->flow, in->ticket, &ticket) != 0)
		return ERR_OTP_NOT_FOUND;
	view_of_start(view, &ticket.start);
	view->again = (struct view_again){.ticket = in->ticket, .contact = ticket.contact};
	const struct text digits = digits_typed(op->arena, in->code);
	if (digits.n < OTP_CODE_MIN || digits.n > OTP_CODE_MAX)
		return check_phone(view, &ticket, ERR_VALIDATION_ERROR, "bad_digits");
	const struct otp_answer answer = {
		.app = ticket.start.app, .request_id = ticket.request_id, .code = digits, .purpose = TEXT("login")};
	enum err err = otp_prove(op, &answer, &proof);
	if (err == ERR_OTP_INVALID)
		return check_phone(view, &ticket, err, "bad_code");
	if (err != ERR_NONE)
		return err;
	return finish_signin(view, &ticket.start, &proof);
}

static enum err run_code(struct op *op, void *body)
{
	const struct code_body *in = body;
	struct view *view = view_new(op);
	offer_first_page(view, in->app_id);
	TRY(view_judge_form(view, in->form));
	return in->ticket.n ? code_of_phone(view, in) : code_of_mail(view, in);
}

static const enum err CODE_ERRORS[] = {ERR_FORBIDDEN, ERR_exchange_code_attempt_limit_exceeded, ERR_APP_NOT_FOUND,
	ERR_magic_link_not_found, ERR_magic_link_already_used, ERR_magic_link_expired, ERR_exchange_code_not_found,
	ERR_OTP_NOT_FOUND, ERR_OTP_ALREADY_USED, ERR_OTP_LOCKED, ERR_OTP_EXPIRED, ERR_OTP_INVALID, ERR_TENANT_NOT_FOUND,
	ERR_USER_NOT_FOUND, ERR_USER_DELETED, ERR_NONE};
const struct action page_code_action = {
	.summary = "Sign in by the code of a mail or a text message",
	ACTION_FIELDS(struct code_body, CODE_FORM),
	.run = run_code,
	.page = view_page,
	.errors = CODE_ERRORS,
};

/* ---- the other screen said yes ---- */

struct continue_body {
	struct text form, app_id, link_id;
};
static const struct field CONTINUE_FORM[] = {
	FIELD(struct continue_body, form, text, .max = 128, .help = "the form token"),
	FIELD(struct continue_body, app_id, text, .max = 36, .help = "of a link that this browser asked for"),
	FIELD(struct continue_body, link_id, text, .max = 36, .help = "of a link that this browser asked for"),
};

static enum err run_continue(struct op *op, void *body)
{
	const struct continue_body *in = body;
	struct view *view = view_new(op);
	struct magic_link link;
	struct start start;
	struct proof proof;
	offer_first_page(view, in->app_id);
	TRY(view_judge_form(view, in->form));
	TRY(find_waiting(view, in->app_id, in->link_id, &link, &start));
	TRY(magic_judge(&link, op->now));
	if (!link.approved_at)
		return check_mail(view, &link, ERR_FORBIDDEN, "bad_unapproved");
	TRY(magic_use(op, &link, &proof));
	return finish_signin(view, &start, &proof);
}

static const enum err CONTINUE_ERRORS[] = {ERR_FORBIDDEN, ERR_APP_NOT_FOUND, ERR_magic_link_not_found,
	ERR_magic_link_already_used, ERR_magic_link_expired, ERR_TENANT_NOT_FOUND, ERR_USER_NOT_FOUND, ERR_USER_DELETED,
	ERR_NONE};
const struct action page_continue_action = {
	.summary = "Sign in by a link that was approved on another screen",
	ACTION_FIELDS(struct continue_body, CONTINUE_FORM),
	.run = run_continue,
	.page = view_page,
	.errors = CONTINUE_ERRORS,
};
