#include "page/page.h"

#include "page/ask.h"
#include "page/ticket.h"
#include "page/view.h"

void page_start(const struct house *house)
{
	ticket_start(house);
	view_start();
}

void page_stop(void)
{
	ticket_stop();
}
