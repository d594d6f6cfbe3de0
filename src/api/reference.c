#include "api/reference.h"

#include "api/assets.h"
#include "api/frame.h"
#include "base/enc.h"
#include "core/err.h"

/* The sections of docs/errors/<code>.md, in their order. */
static const struct {
	const char *name, *title;
} SECTIONS[] = {
	{"what_it_means", "What it means"},
	{"when_you_see_it", "When you see it"},
	{"what_to_do_first", "What to do first"},
	{"in_production", "In production"},
	{"how_to_avoid_it", "How to avoid it"},
};

static const char *public_url;

void reference_start(const char *url)
{
	public_url = url;
}

static const char CACHE[] = "public, max-age=3600";

/* Whether the client names JSON and not HTML. */
static bool wants_json(const struct op *op)
{
	struct text accept = http_field(op->request, "Accept");
	if (text_absent(accept))
		return false;
	return memmem(accept.p, accept.n, "application/json", 16) && !memmem(accept.p, accept.n, "text/html", 9);
}

static struct text section(struct op *op, const char *code, const char *name)
{
	const struct asset *asset = assets_find(arena_printf(op->arena, "errors/%s/%s", code, name));
	return asset ? asset->bytes : TEXT("");
}

static void emit_head(struct op *op, struct emit *json, const struct err_info *info)
{
	emit_string(json, "error", info->name);
	emit_int(json, "status", info->status);
	emit_string(json, "message", info->message);
	emit_string(json, "what_to_do", info->what_to_do);
	emit_text(json, "doc_url", arena_printf(op->arena, "%s/reference/errors/%s", public_url, info->name));
}

static void fill(struct document *document, bool json, struct text body)
{
	document->content_type = json ? "application/json" : "text/html; charset=utf-8";
	document->cache_control = CACHE;
	document->vary_accept = true;
	document->body = body;
}

/* ---- index ---- */

static struct text index_json(struct op *op)
{
	struct buf out;
	buf_init(&out, op->arena, 16384);
	struct emit json = emit_to(&out);
	emit_object(&json, NULL);
	emit_bool(&json, "success", true);
	emit_array(&json, "errors");
	for (enum err err = ERR_NONE + 1; err < ERR_COUNT; err++) {
		emit_object(&json, NULL);
		emit_head(op, &json, err_info(err));
		emit_end_object(&json);
	}
	emit_end_array(&json);
	emit_end_object(&json);
	return buf_text(&out);
}

static struct text index_html(struct op *op)
{
	struct buf out;
	buf_init(&out, op->arena, 16384);
	buf_add(&out, TEXT("<h1>Errors</h1>\n<p class=\"lead\">Every code an answer can carry, its status, and what it "
			   "says.</p>\n"
			   "<table>\n<thead><tr><th>Code</th><th>Status</th><th>Meaning</th></tr></thead>\n<tbody>\n"));
	for (enum err err = ERR_NONE + 1; err < ERR_COUNT; err++) {
		const struct err_info *info = err_info(err);
		buf_printf(&out, "<tr><td><a href=\"/reference/errors/%s\"><code>%s</code></a></td><td>%d</td><td>",
			info->name, info->name, info->status);
		enc_html_add(&out, text_of(info->message));
		buf_add(&out, TEXT("</td></tr>\n"));
	}
	buf_add(&out, TEXT("</tbody>\n</table>"));
	return frame_page(op, TEXT("Errors · Keywright"), buf_text(&out), 0);
}

enum err reference_index_document(struct op *op, struct document *document)
{
	bool json = wants_json(op);
	fill(document, json, json ? index_json(op) : index_html(op));
	return ERR_NONE;
}

/* ---- one code ---- */

static struct text page_json(struct op *op, const struct err_info *info)
{
	struct buf out;
	buf_init(&out, op->arena, 8192);
	struct emit json = emit_to(&out);
	emit_object(&json, NULL);
	emit_bool(&json, "success", true);
	emit_head(op, &json, info);
	emit_object(&json, "sections");
	for (size_t i = 0; i < COUNT(SECTIONS); i++)
		emit_text(&json, SECTIONS[i].name, section(op, info->name, SECTIONS[i].name));
	emit_end_object(&json);
	emit_end_object(&json);
	return buf_text(&out);
}

static struct text page_html(struct op *op, const struct err_info *info)
{
	struct buf out;
	buf_init(&out, op->arena, 8192);
	buf_printf(&out,
		"<p class=\"soft\"><a href=\"/reference/errors\">All errors</a></p>\n<h1><code>%s</code></h1>\n"
		"<p class=\"lead\">",
		info->name);
	enc_html_add(&out, text_of(info->message));
	buf_printf(&out, "</p>\n<p><span class=\"status\">HTTP %d</span></p>\n<p>", info->status);
	enc_html_add(&out, text_of(info->what_to_do));
	buf_add(&out, TEXT("</p>\n"));
	for (size_t i = 0; i < COUNT(SECTIONS); i++) {
		buf_printf(&out, "<h2>%s</h2>\n", SECTIONS[i].title);
		buf_add(&out, section(op, info->name, SECTIONS[i].name));
	}
	return frame_page(op, arena_printf(op->arena, "%s · Keywright", info->name), buf_text(&out), 0);
}

enum err reference_page_document(struct op *op, struct document *document)
{
	struct text path = op->request->path;
	const char *slash = memrchr(path.p, '/', path.n);
	enum err err = err_named(text_bytes(slash + 1, (size_t)(path.p + path.n - slash - 1)));
	if (err == ERR_NONE)
		return ERR_NOT_FOUND;
	bool json = wants_json(op);
	fill(document, json, json ? page_json(op, err_info(err)) : page_html(op, err_info(err)));
	return ERR_NONE;
}
