/*
 * The demo of dev mode: an app, made at the first start, and /dev/demo, a page that is its client. It has people sign in on
 * the hosted pages, takes them back with a code and redeems it: all that an app in a browser needs to do (assets/demo.js).
 */
#ifndef KW_MAIN_DEMO_H
#define KW_MAIN_DEMO_H

#include "api/action.h"
#include "main/boot.h"

/* The demo app as a start finds it. */
struct demo {
	struct arena *arena;
	struct uuid app_id; /* nil: there are apps, and none of them is the demo */
	struct text secret; /* of one that was made just now, shown this once; else absent */
	struct text url;    /* of its page, which is the first of its redirect_uris */
};

/* Makes the demo app when there is no app at all, and sees to it that sign-ins of an older one come back to this address. */
MUST_USE int demo_open(const struct boot *boot, struct arena *arena, struct demo *demo_r);

document_fn demo_page_document;

#endif
