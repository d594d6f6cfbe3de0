#include "page/failed.h"

#include <ctype.h>
#include <stdio.h>

#include "base/num.h"
#include "core/err.h"

/* Codes that have words of their own, failed_<code>_title and failed_<code>_text of assets/language, in lower case; all
 * others share failed_general_title and failed_general_text. */
static const enum err WORDED[] = {ERR_magic_link_not_found, ERR_magic_link_already_used, ERR_magic_link_expired,
	ERR_magic_link_rate_limited, ERR_exchange_code_not_found, ERR_exchange_code_attempt_limit_exceeded,
	ERR_OTP_RATE_LIMITED, ERR_OTP_LOCKED, ERR_OTP_EXPIRED, ERR_OTP_ALREADY_USED, ERR_USER_DELETED,
	ERR_USER_NOT_FOUND, ERR_TENANT_NOT_FOUND, ERR_APP_NOT_FOUND, ERR_VALIDATION_ERROR, ERR_FORBIDDEN,
	ERR_RATE_LIMITED, ERR_SERVICE_UNAVAILABLE};

static const char *subject(const struct view *view)
{
	if (view->why)
		return view->why;
	for (size_t i = 0; i < COUNT(WORDED); i++)
		if (WORDED[i] == view->op->err)
			return err_info(view->op->err)->name;
	return "general";
}

static void put_words(struct view *view, const char *name)
{
	const char *what = subject(view);
	char key[64];
	int n = snprintf(key, sizeof key, "failed_%s_%s", what, name);
	MUST(n < (int)sizeof key);
	for (char *c = key; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	view_put(view, name, view_words(view, key));
}

/* For the developer whose app sent the browser here. */
static struct text detail(const struct op *op)
{
	if (op->err != ERR_VALIDATION_ERROR || !op->bad_count)
		return TEXT_NONE;
	return arena_printf(op->arena, "%s: %s", op->bad[0].field, op->bad[0].message);
}

static void put_wait(struct view *view)
{
	int status = err_info(view->op->err)->status;
	if (status != 429 && status != 503)
		return;
	view_put_seconds(view, num_seconds_up(view->wait_ms ? view->wait_ms : view->op->retry_ms));
}

static void put_again(struct view *view)
{
	const struct view_again *again = &view->again;
	const enum err err = view->op->err;
	/* to whom no link lets in, another is no help */
	if (again->contact.kind == CONTACT_NONE || err == ERR_USER_NOT_FOUND || err == ERR_USER_DELETED ||
		err == ERR_TENANT_NOT_FOUND)
		return;
	view_put(view, "to", contact_masked(view->op->arena, &again->contact));
	view_put_flag(view, "phone", again->contact.kind == CONTACT_PHONE);
	view_put(view, "app_id", again->app_id);
	view_put(view, "link_id", again->link_id);
	view_put(view, "token", again->token);
	view_put(view, "ticket", again->ticket);
}

void failed_show(struct view *view)
{
	const struct op *op = view->op;
	(void)view_show(view, TEMPLATE_page_failed, op->err);
	put_words(view, "title");
	put_words(view, "text");
	view_put(view, "code", text_of(err_info(op->err)->name));
	view_put(view, "detail", detail(op));
	view_put(view, "request_id", text_of(op->request_id));
	put_wait(view);
	put_again(view);
	view_put(view, "start", view->start);
}
