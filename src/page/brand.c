#include "page/brand.h"

#include "app/app.h"
#include "app/color.h"
#include "app/logo.h"

static const char MAX_AGE[] = "public, max-age=300";

static struct text path_of(struct arena *arena, const struct app *app, const char *rest)
{
	char id[UUID_TEXT_SIZE];
	uuid_write(app->id, id);
	return arena_printf(arena, "/brand/%s%s", id, rest);
}

struct text brand_style_path(struct arena *arena, const struct app *app)
{
	return app && app->color.n ? path_of(arena, app, "") : TEXT_NONE;
}

struct text brand_logo_path(struct arena *arena, const struct app *app)
{
	return app && app->logo.n ? path_of(arena, app, "/logo") : TEXT_NONE;
}

/* The app of /brand/{app_id}…; NULL when there is none. */
static const struct app *app_of(const struct op *op)
{
	struct text rest = op->request->path;
	struct uuid id;
	for (int i = 0; i < 2; i++)
		(void)text_cut(&rest, '/');
	return uuid_read(text_cut(&rest, '/'), &id) == 0 ? app_find(id) : NULL;
}

/* ---- color ---- */

/* The grounds that an accent must be readable on (4.5 : 1, WCAG 2.2 1.4.3): a little darker than our light pages and a
 * little lighter than our dark ones. Against them it ends on one side of the middle, so that white in light pages and black
 * in dark ones are readable on it. */
#define READABLE 4.5
static const struct color LIGHT_GROUND = {0xf2, 0xf3, 0xf5}, DARK_GROUND = {0x26, 0x2b, 0x31};

static void add_colors(struct buf *css, struct color accent, const char *on_accent)
{
	buf_printf(css, ":root{--accent:#%02x%02x%02x;--on-accent:%s}", accent.r, accent.g, accent.b, on_accent);
}

enum err page_brand_document(struct op *op, struct document *document)
{
	const struct app *app = app_of(op);
	struct color color;
	struct buf css;
	if (!app || color_read(app->color, &color) != 0)
		return ERR_NOT_FOUND;
	buf_init(&css, op->arena, 256);
	add_colors(&css, color_readable(color, LIGHT_GROUND, READABLE), "#fff");
	buf_add(&css, TEXT("\n@media (prefers-color-scheme:dark){"));
	add_colors(&css, color_readable(color, DARK_GROUND, READABLE), "#000");
	buf_add(&css, TEXT("}\n"));
	document->content_type = "text/css; charset=utf-8";
	document->cache_control = MAX_AGE;
	document->body = buf_text(&css);
	return ERR_NONE;
}

/* ---- logo ---- */

enum err page_logo_document(struct op *op, struct document *document)
{
	const struct app *app = app_of(op);
	struct logo logo;
	if (!app || logo_read(op->arena, app->logo, &logo) != 0)
		return ERR_NOT_FOUND;
	document->content_type = logo.type;
	document->cache_control = MAX_AGE;
	document->body = logo.bytes;
	return ERR_NONE;
}
