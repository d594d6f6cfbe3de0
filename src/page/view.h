/*
 * What a page shows: a template and its values, for one browser, in its language, with its app's brand. An action's run
 * fills it; the HTML is made when the end of the operation is known, for what a failed commit took back must not be shown.
 */
#ifndef KW_PAGE_VIEW_H
#define KW_PAGE_VIEW_H

#include "api/action.h"
#include "page/flow.h"
#include "page/start.h"
#include "template/template.h"

enum { VIEW_VALUES_MAX = 24 };

/* What "send a new link" names: one of them is set. */
struct view_again {
	struct text app_id, link_id; /* of a link this browser asked for */
	struct text token;           /* of a dead one */
	struct text ticket;          /* of a code that went to a phone */
	struct contact contact;      /* whose it is, to be shown masked */
};

struct view {
	struct op *op;
	const struct app *app; /* NULL: not known; the page then bears our own name */
	const struct language *language;
	struct flow flow;  /* the browser's */
	bool renews_flow;  /* the sign-in is done: the browser gets another */
	struct text start; /* path of the first page; absent: no way back there */
	struct view_again again;
	int64_t wait_ms; /* what a failed page counts down, if it is not op's retry_ms */
	const char *why; /* a failed page's words, if they are not those of its code: "number" */

	/* what is shown if the operation ends with err; a failed page if it ends otherwise */
	bool is_set;
	enum err err;
	enum template_id id;
	struct template_value values[VIEW_VALUES_MAX];
	size_t count;
};

/* Finds the files that all pages link to. */
void view_start(void);

/* The browser's, in the language it prefers; op->result is it. */
struct view *view_new(struct op *op);
/* Of a sign-in: its app, whose budgets count from now on, its language if it has one, the way back to its beginning. */
void view_of_start(struct view *view, const struct start *start);
/* The same of a link, and "send a new one": to whoever asked for it by its id (token absent), else by its token.
 * APP_NOT_FOUND. */
MUST_USE enum err view_of_link(
	struct view *view, const struct magic_link *link, struct text token, struct start *start_r);
/* The same of the link that this browser asked for last, if it did and the link is still known: of whose page nothing else is
 * known. Other than ERR_NONE it returns faults alone. */
MUST_USE enum err view_of_last(struct view *view);
/* The link of that app and id, as a form or an address brought them, if this very browser asked for it.
 * magic_link_not_found, also for ids that are none. */
MUST_USE enum err view_find_asked(
	struct view *view, struct text app_id, struct text link_id, struct magic_link *link_r);
/* FORBIDDEN unless form is the token of a form we made for this very browser, by its cookie. */
MUST_USE enum err view_judge_form(const struct view *view, struct text form);
/* Shows that template at that end; returns err. The values follow. */
enum err view_show(struct view *view, enum template_id id, enum err err);
/* name lives on; value in op's arena. */
void view_put(struct view *view, const char *name, struct text value);
void view_put_int(struct view *view, const char *name, int64_t value);
/* "1" if flag, else nothing. */
void view_put_flag(struct view *view, const char *name, bool flag);
/* seconds, and minutes: the same in words. */
void view_put_seconds(struct view *view, int64_t seconds);
/* display, spoken: a code in groups, for the eye, and for a screen reader, which would read numbers. */
void view_put_code(struct view *view, struct text grouped);
/* until, seconds, minutes: how long something holds. */
void view_put_end(struct view *view, int64_t expires_at);
/* The words of the view's language. */
struct text view_words(const struct view *view, const char *key);

/* Every action's page: what its run left in op->result, or why there is nothing. */
void view_page(struct op *op, struct document *document);

/* As a value. */
struct text view_id(struct op *op, struct uuid id);

#endif
