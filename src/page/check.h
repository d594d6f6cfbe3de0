/*
 * "Check your e-mail", or your phone: the page that waits for a link or a code.
 */
#ifndef KW_PAGE_CHECK_H
#define KW_PAGE_CHECK_H

#include "page/ticket.h"
#include "page/view.h"

/* Each shows it at the end err, and returns err. bad: key of the words that say what is wrong with the code; NULL: nothing
 * is. */
enum err check_mail(struct view *view, const struct magic_link *link, enum err err, const char *bad);
enum err check_phone(struct view *view, const struct ticket *ticket, enum err err, const char *bad);

#endif
