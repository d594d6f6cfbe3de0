/*
 * The end of a sign-in on our pages: the proven contact becomes an exchange code, which the browser takes to the app or the
 * person types there.
 */
#ifndef KW_PAGE_FINISH_H
#define KW_PAGE_FINISH_H

#include "page/view.h"

/* Shows the way on, and gives the browser another flow. USER_DELETED, USER_NOT_FOUND, SERVICE_UNAVAILABLE. */
MUST_USE enum err finish_signin(struct view *view, const struct start *start, const struct proof *proof);

#endif
