#include "page/finish.h"

#include "exchange/exchange.h"

enum err finish_signin(struct view *view, const struct start *start, const struct proof *proof)
{
	struct op *op = view->op;
	const struct text uri = start_goes_to(start);
	struct exchange_order order = {.numeric = !uri.n, .challenge = uri.n ? start->challenge : TEXT_NONE};
	struct exchange_issued issued;
	TRY(signin_identify(op, proof, &order.grant, NULL));
	TRY(exchange_issue(op, &order, &issued));
	view->renews_flow = true;
	if (uri.n) {
		(void)view_show(view, TEMPLATE_page_on, ERR_NONE);
		view_put(view, "url", start_return(op->arena, uri, issued.code, start->state));
		return ERR_NONE;
	}
	(void)view_show(view, TEMPLATE_page_code, ERR_NONE);
	view_put_code(view, issued.display);
	view_put_end(view, issued.expires_at);
	return ERR_NONE;
}
