#include "page/view.h"

#include "api/assets.h"
#include "base/clock.h"
#include "base/num.h"
#include "page/brand.h"
#include "page/failed.h"

static struct text style, script; /* paths */

void view_start(void)
{
	style = assets_path("signin.css");
	script = assets_path("signin.js");
}

/* ---- filling ---- */

struct view *view_new(struct op *op)
{
	struct view *view = ARENA_NEW(op->arena, struct view);
	view->op = op;
	view->language = template_accept(http_field(op->request, "Accept-Language"));
	flow_of(op, &view->flow);
	op->result = view;
	return view;
}

void view_of_start(struct view *view, const struct start *start)
{
	view->app = start->app;
	view->op->app = start->app;
	if (start->lang.n)
		view->language = template_language(start->lang);
	if (start_judge(start) == START_GOOD)
		view->start = start_path(view->op->arena, start, TEXT_NONE);
}

enum err view_of_link(struct view *view, const struct magic_link *link, struct text token, struct start *start_r)
{
	const struct app *app = app_find(link->app_id);
	if (!app)
		return ERR_APP_NOT_FOUND;
	*start_r = start_of_link(app, link);
	view_of_start(view, start_r);
	view->again.contact = link->contact;
	view->again.token = token;
	if (!token.n) {
		view->again.app_id = view_id(view->op, link->app_id);
		view->again.link_id = view_id(view->op, link->link_id);
	}
	return ERR_NONE;
}

enum err view_of_last(struct view *view)
{
	const struct flow *flow = &view->flow;
	struct magic_link link;
	struct start start;
	if (uuid_is_nil(flow->link_id))
		return ERR_NONE;
	enum err err = magic_find_asked(view->op, flow->app_id, flow->link_id, flow->secret, &link);
	if (err == ERR_NONE)
		err = view_of_link(view, &link, TEXT_NONE, &start);
	return err == ERR_magic_link_not_found || err == ERR_APP_NOT_FOUND ? ERR_NONE : err;
}

enum err view_find_asked(struct view *view, struct text app_id, struct text link_id, struct magic_link *link_r)
{
	struct uuid app, link;
	if (view->flow.is_new || uuid_read(app_id, &app) != 0 || uuid_read(link_id, &link) != 0)
		return ERR_magic_link_not_found;
	return magic_find_asked(view->op, app, link, view->flow.secret, link_r);
}

enum err view_judge_form(const struct view *view, struct text form)
{
	return !view->flow.is_new && flow_form_fits(&view->flow, form) ? ERR_NONE : ERR_FORBIDDEN;
}

enum err view_show(struct view *view, enum template_id id, enum err err)
{
	view->is_set = true;
	view->err = err;
	view->id = id;
	view->count = 0;
	return err;
}

void view_put(struct view *view, const char *name, struct text value)
{
	MUST(view->count < VIEW_VALUES_MAX);
	view->values[view->count++] = (struct template_value){name, value};
}

void view_put_int(struct view *view, const char *name, int64_t value)
{
	char *digits = arena_alloc(view->op->arena, NUM_SIZE);
	view_put(view, name, text_bytes(digits, num_write(value, digits)));
}

void view_put_flag(struct view *view, const char *name, bool flag)
{
	view_put(view, name, flag ? TEXT("1") : TEXT_NONE);
}

/* "1 2 3 4, 5 6 7 8": digit by digit, with a rest between groups. */
static struct text spoken(struct arena *arena, struct text grouped)
{
	struct buf out;
	buf_init(&out, arena, 2 * grouped.n + 1);
	for (size_t i = 0; i < grouped.n; i++) {
		if (i > 0 && grouped.p[i] != ' ')
			buf_add_char(&out, ' ');
		buf_add_char(&out, grouped.p[i] == ' ' ? ',' : grouped.p[i]);
	}
	return buf_text(&out);
}

void view_put_code(struct view *view, struct text grouped)
{
	view_put(view, "display", grouped);
	view_put(view, "spoken", spoken(view->op->arena, grouped));
}

/* In words, as mails have it. */
static struct text minutes(const struct view *view, int64_t count)
{
	if (count <= 1)
		return view_words(view, "message_minute");
	const struct text words = view_words(view, "message_minutes");
	return arena_printf(view->op->arena, "%lld %.*s", (long long)count, TEXT_ARG(words));
}

void view_put_seconds(struct view *view, int64_t seconds)
{
	view_put_int(view, "seconds", seconds);
	view_put(view, "minutes", minutes(view, (seconds + 59) / 60));
}

void view_put_end(struct view *view, int64_t expires_at)
{
	char time[CLOCK_RFC3339_SIZE];
	clock_rfc3339(expires_at, time);
	view_put(view, "until", arena_printf(view->op->arena, "%.5s UTC", time + 11));
	view_put_seconds(view, num_seconds_up(expires_at - view->op->now));
}

struct text view_words(const struct view *view, const char *key)
{
	return template_words(view->language, key);
}

struct text view_id(struct op *op, struct uuid id)
{
	char *text = arena_alloc(op->arena, UUID_TEXT_SIZE);
	uuid_write(id, text);
	return text_of(text);
}

/* ---- showing ---- */

/* What every page may have. */
static void put_common(struct view *view)
{
	struct arena *arena = view->op->arena;
	view_put(view, "language", template_tag(view->language));
	view_put(view, "form", flow_form_token(arena, &view->flow));
	view_put(view, "style", style);
	view_put(view, "script", script);
	view_put(view, "app", view->app ? view->app->name : TEXT_NONE);
	view_put(view, "brand", brand_style_path(arena, view->app));
	view_put(view, "logo", brand_logo_path(arena, view->app));
}

/* Forms need the flow's cookie to come back. */
static bool has_form(const struct view *view)
{
	switch (view->id) {
	case TEMPLATE_page_signin:
	case TEMPLATE_page_check:
	case TEMPLATE_page_link:
	case TEMPLATE_page_approve: return true;
	case TEMPLATE_page_failed: return view->again.contact.kind != CONTACT_NONE;
	default: return false;
	}
}

void view_page(struct op *op, struct document *document)
{
	struct view *view = op->result ? op->result : view_new(op);
	if (!view->is_set || view->err != op->err) {
		view->renews_flow = false;
		failed_show(view);
	}
	if (view->renews_flow)
		flow_draw(&view->flow);
	put_common(view);
	document->body = template_render(op->arena, view->id, view->language, view->values, view->count);
	const bool is_kept = op->err == ERR_NONE && view->flow.is_changed;
	if (is_kept || (view->flow.is_new && (view->renews_flow || has_form(view))))
		document->cookie = flow_cookie(op->arena, &view->flow);
}
