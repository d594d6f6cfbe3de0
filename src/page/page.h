/*
 * The hosted pages: a person says who they are, proves it by a link or a code, and is led back to the app. This room has no
 * store of its own: links, codes and one-time passwords are their rooms', the rest travels with the browser.
 *
 * GET and HEAD change nothing. Every POST needs the browser's flow cookie and the token of a form made for it (flow.h);
 * without them nothing of it counts.
 */
#ifndef KW_PAGE_PAGE_H
#define KW_PAGE_PAGE_H

#include "api/action.h"
#include "core/house.h"

void page_start(const struct house *house);
void page_stop(void);

/* /signin */
extern const struct action page_signin_action, page_ask_action, page_again_action;
/* /signin/… of a browser that waits */
extern const struct action page_check_action, page_status_action, page_code_action, page_continue_action;
/* /l/{token} */
extern const struct action page_link_action, page_answer_action;

#endif
