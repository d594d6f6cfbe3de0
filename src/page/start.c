#include "page/start.h"

#include "base/enc.h"
#include "core/pkce.h"

/* The redirect it asks for, by name or by naming none. */
static struct text wish(const struct start *start)
{
	const struct text_list *registered = &start->app->redirect_uris;
	if (start->redirect_uri.n)
		return start->redirect_uri;
	return registered->count ? registered->items[0] : TEXT_NONE;
}

enum start_fault start_judge(const struct start *start)
{
	const struct text uri = wish(start);
	if (uri.n && !app_allows_redirect(start->app, uri))
		return START_REDIRECT;
	if (start->challenge.n && !pkce_is_challenge(start->challenge))
		return START_CHALLENGE;
	if (uri.n && !start->challenge.n && start->app->require_pkce)
		return START_UNCHALLENGED;
	return START_GOOD;
}

struct text start_goes_to(const struct start *start)
{
	const struct text uri = wish(start);
	return uri.n && start_judge(start) == START_GOOD ? uri : TEXT_NONE;
}

struct start start_of_link(const struct app *app, const struct magic_link *link)
{
	return (struct start){app, link->redirect_uri, link->state, link->challenge, link->locale, link->tenant_id};
}

/* ---- addresses ---- */

static void add(struct buf *url, const char *name, struct text value)
{
	if (value.n)
		enc_query_add(url, name, value);
}

struct text start_path(struct arena *arena, const struct start *start, struct text contact)
{
	char id[UUID_TEXT_SIZE];
	struct buf url;
	uuid_write(start->app->id, id);
	buf_init(&url, arena, 256);
	buf_add(&url, TEXT("/signin"));
	add(&url, "app_id", text_of(id));
	add(&url, "redirect_uri", start->redirect_uri);
	add(&url, "state", start->state);
	add(&url, "code_challenge", start->challenge);
	add(&url, "lang", start->lang);
	add(&url, "contact", contact);
	return buf_text(&url);
}

struct text start_return(struct arena *arena, struct text uri, struct text code, struct text state)
{
	struct buf url;
	buf_init(&url, arena, uri.n + code.n + state.n + 32);
	buf_add(&url, uri);
	add(&url, "code", code);
	add(&url, "state", state);
	return buf_text(&url);
}
