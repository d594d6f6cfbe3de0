/*
 * The frame of every page we serve: head, one stylesheet of ours, no script, nothing from elsewhere.
 */
#ifndef KW_API_PAGE_H
#define KW_API_PAGE_H

#include "api/action.h"

/* A whole HTML document in op's arena. title is escaped here; body is HTML already. refresh_seconds 0: none. */
struct text page_frame(struct op *op, struct text title, struct text body, int refresh_seconds);

/* Files of assets/ that pages link to. */
document_fn page_asset_document;

#endif
