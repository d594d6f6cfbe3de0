#include "page/check.h"

static void put_bad(struct view *view, const char *bad)
{
	view_put(view, "bad", bad ? view_words(view, bad) : TEXT_NONE);
}

enum err check_mail(struct view *view, const struct magic_link *link, enum err err, const char *bad)
{
	struct op *op = view->op;
	(void)view_show(view, TEMPLATE_page_check, err);
	view_put_flag(view, "mail", true);
	view_put(view, "app_id", view_id(op, link->app_id));
	view_put(view, "link_id", view_id(op, link->link_id));
	view_put(view, "to", contact_masked(op->arena, &link->contact));
	view_put(view, "number", magic_number(op->arena, link));
	view_put_end(view, link->expires_at);
	put_bad(view, bad);
	view_put_flag(view, "stuck", magic_code_is_spent(link));
	view_put_flag(view, "approved", link->approved_at != 0);
	view_put(view, "start", view->start);
	return err;
}

enum err check_phone(struct view *view, const struct ticket *ticket, enum err err, const char *bad)
{
	struct op *op = view->op;
	(void)view_show(view, TEMPLATE_page_check, err);
	view_put_flag(view, "phone", true);
	view_put(view, "ticket", ticket_write(op->arena, &view->flow, ticket));
	view_put(view, "to", contact_masked(op->arena, &ticket->contact));
	view_put_int(view, "code_length", ticket->code_length);
	view_put_end(view, ticket->expires_at);
	put_bad(view, bad);
	view_put(view, "start", view->start);
	return err;
}
