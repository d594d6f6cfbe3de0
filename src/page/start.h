/*
 * Where a sign-in on our pages comes from and where it goes: what /signin was called with. It travels through the pages as
 * hidden inputs, in a ticket, or in the row of a link; whoever gets it back judges it anew. No store.
 */
#ifndef KW_PAGE_START_H
#define KW_PAGE_START_H

#include "magic/magic.h"

struct start {
	const struct app *app;
	struct text redirect_uri;     /* as named; absent or empty: none was */
	struct text state, challenge; /* absent or empty: none */
	struct text lang;             /* as asked for; absent or empty: what the browser prefers */
	struct uuid tenant_id;        /* nil: none */
};

/* What is wrong with a start; its app is not NULL. */
enum start_fault {
	START_GOOD,
	START_REDIRECT,    /* the app did not register that redirect_uri */
	START_CHALLENGE,   /* not an S256 code_challenge (RFC 7636 section 4.2) */
	START_UNCHALLENGED /* the app demands one of every sign-in that ends in a redirect */
};
enum start_fault start_judge(const struct start *start);

/* Where the sign-in ends: its redirect_uri, else the app's first. Absent: it ends on our page, with a code to type; so does
 * one that must not be redirected, whatever it asked for. */
struct text start_goes_to(const struct start *start);

/* Of a link: app may have changed since. */
struct start start_of_link(const struct app *app, const struct magic_link *link);

/* "/signin?app_id=…": the first page again, with the contact filled in unless it is absent. */
struct text start_path(struct arena *arena, const struct start *start, struct text contact);
/* Where the browser takes the code: "<uri>?code=…&state=…", without a state if there is none. */
struct text start_return(struct arena *arena, struct text uri, struct text code, struct text state);

#endif
