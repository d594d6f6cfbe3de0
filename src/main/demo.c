#include "main/demo.h"

#include "api/assets.h"
#include "app/app.h"
#include "db/db.h"
#include "template/template.h"

static const struct text NAME = {"Demo", 4}, PATH = {"/dev/demo", 9};

/* ---- which app it is ---- */

static bool leads_to_demo(struct text uri)
{
	return uri.n > PATH.n && text_equal(text_bytes(uri.p + uri.n - PATH.n, PATH.n), PATH);
}

/* One whose sign-ins come back to a demo page, on whatever port; one of that name from before there was a page. */
static bool is_demo(const struct app *app)
{
	for (size_t i = 0; i < app->redirect_uris.count; i++)
		if (leads_to_demo(app->redirect_uris.items[i]))
			return true;
	return !app->redirect_uris.count && text_equal(app->name, NAME);
}

struct opening {
	struct demo demo;
	struct op *op; /* of the latest try */
};

static enum err open_app(struct op *op, struct demo *demo)
{
	const struct app *app = app_oldest(is_demo);
	if (app_count() == 0)
		TRY(app_make(op, NAME, &demo->app_id, &demo->secret));
	else if (!app)
		return ERR_NONE;
	else
		demo->app_id = app->id;
	if (app && app_allows_redirect(app, demo->url))
		return ERR_NONE;
	return app_lead_to(op, demo->app_id, demo->url);
}

static enum db_verdict open_in(void *context, struct db_tx *tx)
{
	struct opening *opening = context;
	opening->op = op_new(opening->demo.arena);
	opening->op->tx = tx;
	return open_app(opening->op, &opening->demo) == ERR_NONE ? DB_KEEP : DB_UNDO;
}

int demo_open(const struct boot *boot, struct arena *arena, struct demo *demo_r)
{
	struct opening opening = {.demo = {
					  .arena = arena,
					  .url = arena_printf(arena, "%s%s", boot->house.public_url, PATH.p),
				  }};
	if (db_run_in(boot->house.db, arena, open_in, &opening) != DB_COMMITTED)
		return -1;
	op_committed(opening.op);
	*demo_r = opening.demo;
	return 0;
}

/* ---- its page ---- */

enum err demo_page_document(struct op *op, struct document *document)
{
	const struct app *app = app_oldest(is_demo);
	char id[UUID_TEXT_SIZE];
	if (!app)
		return ERR_NOT_FOUND;
	uuid_write(app->id, id);
	const struct template_value values[] = {
		{"style", assets_path("signin.css")},
		{"own_style", assets_path("demo.css")},
		{"script", assets_path("demo.js")},
		{"app_id", text_of(id)},
	};
	document->content_type = "text/html; charset=utf-8";
	document->runs_script = true;
	document->body =
		template_render(op->arena, TEMPLATE_demo_page, template_language(TEXT("en")), values, COUNT(values));
	return ERR_NONE;
}
