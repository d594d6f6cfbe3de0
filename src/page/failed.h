/*
 * The page of a sign-in that cannot go on: what happened, in the person's words, and what to do now.
 */
#ifndef KW_PAGE_FAILED_H
#define KW_PAGE_FAILED_H

#include "page/view.h"

/* Makes it the page of op's err. */
void failed_show(struct view *view);

#endif
