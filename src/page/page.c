#include "page/page.h"

#include "page/ask.h"
#include "page/ticket.h"

int page_start(const struct house *house)
{
	ticket_start(house);
	ask_start(house);
	return 0;
}

void page_stop(void)
{
	ticket_stop();
}
