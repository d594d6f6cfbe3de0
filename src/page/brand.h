/*
 * What an app's pages bear of its own: its color, as a stylesheet that follows ours, and its logo.
 */
#ifndef KW_PAGE_BRAND_H
#define KW_PAGE_BRAND_H

#include "api/action.h"

struct app;

/* Paths for a page's head, in the arena; absent when the app, which may be NULL, has no color or no logo. */
struct text brand_style_path(struct arena *arena, const struct app *app);
struct text brand_logo_path(struct arena *arena, const struct app *app);

/* --accent for links, focus and buttons, and --on-accent for what stands on it, for light and dark pages: readable by
 * WCAG 2.2 AA whatever color the app chose. */
document_fn page_brand_document;
document_fn page_logo_document;

#endif
