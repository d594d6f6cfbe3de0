/*
 * The frame of the pages we write ourselves (reference, inbox): head, one stylesheet of ours, no script, nothing from
 * elsewhere. What people sign in with are the templates of the page room.
 */
#ifndef KW_API_FRAME_H
#define KW_API_FRAME_H

#include "api/action.h"

/* A whole HTML document in op's arena. title is escaped here; body is HTML already. refresh_seconds 0: none. */
struct text frame_page(struct op *op, struct text title, struct text body, int refresh_seconds);

#endif
