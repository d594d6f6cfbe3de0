/*
 * What the page behind a link shows to the browser that opened it. Pure.
 */
#ifndef KW_PAGE_SHOWS_H
#define KW_PAGE_SHOWS_H

#include "magic/magic.h"

enum shows {
	SHOWS_FAILED,   /* err says why */
	SHOWS_SAME,     /* a button: this browser asked */
	SHOWS_ON,       /* a button that leads to the app, in any browser: only who asked can redeem what it brings */
	SHOWS_CODE,     /* the code, to be typed where the sign-in was asked for */
	SHOWS_APPROVE,  /* a question: whose screen was it? */
	SHOWS_APPROVED, /* it was answered already */
};

struct shows_question {
	enum magic_way way;
	enum err judged; /* magic_judge */
	bool asked_here; /* by this browser */
	bool approved;
	bool challenged; /* bound to a code_verifier */
	bool redirects;  /* the app has a place for it to go */
	bool spent;      /* magic_code_is_spent */
};
/* err_r: of SHOWS_FAILED, else ERR_NONE. */
enum shows shows_of(const struct shows_question *question, enum err *err_r);

#endif
