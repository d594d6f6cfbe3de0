#include "app/app_settings.h"
#include "app/app_sql.h"
#include "app/color.h"
#include "app/logo.h"
#include "app/redirect.h"
#include "base/clock.h"
#include "base/enc.h"

enum { NAME_MAX_BYTES = 100, ORIGINS_MAX = 50, PURPOSES_MAX = 20, DAY_SECONDS = 86400 };

/* What every reply of this room is made of. */
struct app_answer {
	struct app_row row;
	struct app_settings settings;
	struct text secret; /* absent unless it was made just now */
};

static void emit_app(struct emit *json, const struct app_answer *answer)
{
	uuid_emit(json, "app_id", answer->row.id);
	emit_text(json, "name", answer->row.name);
	emit_time(json, "created_at", answer->row.created_at);
	app_settings_emit(json, &answer->settings);
}

static void reply_app(struct op *op, struct emit *json)
{
	emit_object(json, "app");
	emit_app(json, op->result);
	emit_end_object(json);
}

/* The app of the path, with its settings, into answer and op->result. */
static enum err fetch(struct op *op, struct uuid id, struct app_answer *answer)
{
	op->result = answer;
	enum db_found found = app_sql_get(op->tx, id, &answer->row);
	OP_STORE(op, found);
	if (found == DB_NONE)
		return ERR_APP_NOT_FOUND;
	if (app_settings_read(op->arena, answer->row.settings, &answer->settings) != 0)
		return ERR_INTERNAL_ERROR;
	return ERR_NONE;
}

/* ---- create ---- */

struct create_body {
	struct text name;
};
static const struct field CREATE_FIELDS[] = {
	FIELD(struct create_body, name, text, .required = true, .min = 1, .max = NAME_MAX_BYTES,
		.help = "shown to people in messages"),
};

static enum err create(struct op *op, void *body)
{
	const struct create_body *in = body;
	struct app_answer *answer = ARENA_NEW(op->arena, struct app_answer);
	answer->row.name = in->name;
	answer->row.created_at = op->now;
	answer->settings = APP_SETTINGS_STANDARD;
	op->result = answer;
	return app_make(op, in->name, &answer->row.id, &answer->secret);
}

static void reply_create(struct op *op, struct emit *json)
{
	const struct app_answer *answer = op->result;
	uuid_emit(json, "app_id", answer->row.id);
	emit_text(json, "app_secret", answer->secret);
	emit_text(json, "name", answer->row.name);
	emit_time(json, "created_at", answer->row.created_at);
	app_settings_emit(json, &answer->settings);
}

const struct action app_create_action = {
	.summary = "Register an app; its secret is shown this once",
	ACTION_FIELDS(struct create_body, CREATE_FIELDS),
	.run = create,
	.reply = reply_create,
	.status = 201,
};

/* ---- list ---- */

struct listing {
	struct op *op;
	struct app_row row;
	struct app_answer *answers;
	size_t count, room;
	bool broken; /* a row cannot be read */
};

static int add_to_list(void *context)
{
	struct listing *list = context;
	if (list->count == list->room) {
		size_t room = list->room ? 2 * list->room : 16;
		struct app_answer *more = arena_alloc(list->op->arena, room * sizeof *more);
		if (list->count)
			memcpy(more, list->answers, list->count * sizeof *more);
		list->answers = more;
		list->room = room;
	}
	struct app_answer *answer = &list->answers[list->count];
	answer->row = list->row;
	list->broken = app_settings_read(list->op->arena, list->row.settings, &answer->settings) != 0;
	list->count += !list->broken;
	return list->broken;
}

static enum err list(struct op *op, void *body)
{
	struct listing *listing = ARENA_NEW(op->arena, struct listing);
	listing->op = op;
	op->result = listing;
	OP_STORE(op, app_sql_each(op->tx, &listing->row, add_to_list, listing));
	return listing->broken ? ERR_INTERNAL_ERROR : ERR_NONE;
}

static void reply_list(struct op *op, struct emit *json)
{
	const struct listing *listing = op->result;
	emit_array(json, "apps");
	for (size_t i = 0; i < listing->count; i++) {
		emit_object(json, NULL);
		emit_app(json, &listing->answers[i]);
		emit_end_object(json);
	}
	emit_end_array(json);
	emit_null(json, "next_cursor");
}

const struct action app_list_action = {.summary = "List all apps", .run = list, .reply = reply_list};

/* ---- show ---- */

struct app_path {
	struct uuid app_id;
};
static const struct field PATH_FIELDS[] = {
	FIELD(struct app_path, app_id, uuid, .place = IN_PATH, .required = true, .help = "the app"),
};

static enum err show(struct op *op, void *body)
{
	return fetch(op, ((const struct app_path *)body)->app_id, ARENA_NEW(op->arena, struct app_answer));
}

const struct action app_show_action = {
	.summary = "Show an app's settings",
	ACTION_FIELDS(struct app_path, PATH_FIELDS),
	.run = show,
	.reply = reply_app,
};

/* ---- set ---- */

struct set_body {
	struct uuid app_id;
	struct text name;
#define APP_SETTING(name, kind, ...) field_##kind##_member name;
#include "app/app_settings.def"
#undef APP_SETTING
};
static const char *const SIGNUPS[] = {"open", "closed", NULL};
static const char *const LINK_TARGETS[] = {"hosted", "app", NULL};
static const struct field SET_FIELDS[] = {
	FIELD(struct set_body, app_id, uuid, .place = IN_PATH, .required = true, .help = "the app"),
	FIELD(struct set_body, name, text, .min = 1, .max = NAME_MAX_BYTES, .help = "shown to people in messages"),
#define APP_SETTING(name, kind, ...) FIELD(struct set_body, name, kind, __VA_ARGS__),
#include "app/app_settings.def"
#undef APP_SETTING
};

static void check_items(
	struct op *op, const char *field, struct text_list list, bool (*fits)(struct text item), const char *message)
{
	for (size_t i = 0; i < list.count; i++)
		if (!fits(list.items[i]))
			schema_bad(op, field, message);
}

static void check_set(struct op *op, void *body)
{
	const struct set_body *in = body;
	struct color color;
	struct logo logo;
	if (!text_absent(in->color) && color_read(in->color, &color) != 0)
		schema_bad(op, "color", "Must be a color such as #0b57d0.");
	if (!text_absent(in->logo) && logo_read(op->arena, in->logo, &logo) != 0)
		schema_bad(op, "logo",
			"Must be a data: URI of a PNG, JPEG, WebP or SVG image of at most 8 KiB, in base64.");
	if (!text_absent(in->license_prefix) && !enc_is_crockford(in->license_prefix))
		schema_bad(op, "license_prefix", "Must be 2 to 8 of 0-9 and A-Z without I, L, O and U.");
	check_items(op, "redirect_uris", in->redirect_uris, redirect_is_good,
		"Must hold absolute URIs such as https://app.example.com/signed-in, http to a loopback host or a "
		"private-use scheme such as com.example.app:/cb; no user, no fragment.");
	check_items(op, "allowed_origins", in->allowed_origins, app_settings_is_origin,
		"Must hold origins such as https://app.example.com: scheme, host and port in lower case, no path.");
	check_items(op, "session_purposes", in->session_purposes, schema_is_name,
		"Must hold names of a-z, 0-9 and _, beginning with a letter.");
}

/* Absent leaves a setting as it is, null puts it back to its standard (RFC 7396); a name has none and stays. */
static void merge(const struct op *op, const struct set_body *in, struct app_answer *answer)
{
	if (schema_given(op, "name"))
		answer->row.name = in->name;
#define APP_SETTING(name, kind, ...)                                                                                   \
	if (schema_sent(op, #name))                                                                                    \
		answer->settings.name = schema_sent_null(op, #name) ? APP_SETTINGS_STANDARD.name : in->name;
#include "app/app_settings.def"
#undef APP_SETTING
}

static enum err set(struct op *op, void *body)
{
	const struct set_body *in = body;
	struct app_answer *answer = ARENA_NEW(op->arena, struct app_answer);
	enum err err = fetch(op, in->app_id, answer);
	if (err != ERR_NONE)
		return err;
	merge(op, in, answer);
	answer->row.settings = app_settings_write(op->arena, &answer->settings);
	OP_STORE(op, app_sql_update(op, &answer->row));
	return app_changed(op, in->app_id, EVENT_APP_CHANGED);
}

const struct action app_set_action = {
	.summary = "Change an app's settings",
	ACTION_FIELDS(struct set_body, SET_FIELDS),
	.check = check_set,
	.run = set,
	.reply = reply_app,
};

/* ---- rotate-secret ---- */

struct rotate_body {
	struct uuid app_id;
	int64_t grace_seconds;
};
static const struct field ROTATE_FIELDS[] = {
	FIELD(struct rotate_body, app_id, uuid, .place = IN_PATH, .required = true, .help = "the app"),
	FIELD(struct rotate_body, grace_seconds, int, .standard_int = DAY_SECONDS, .max = 30 * DAY_SECONDS,
		.help = "how long the present secret stays valid beside the new one; 0 ends it at once"),
};

static enum err rotate(struct op *op, void *body)
{
	const struct rotate_body *in = body;
	struct app_answer *answer = ARENA_NEW(op->arena, struct app_answer);
	uint8_t mac[MAC_SIZE];
	enum err err = fetch(op, in->app_id, answer);
	if (err != ERR_NONE)
		return err;
	answer->secret = app_new_secret(op, mac);
	answer->row.secret_mac = text_bytes(mac, sizeof mac);
	answer->row.old_secret_until = op->now + 1000 * in->grace_seconds;
	OP_STORE(op, app_sql_rotate(op, &answer->row));
	return app_changed(op, in->app_id, EVENT_APP_SECRET_ROTATED);
}

static void reply_rotate(struct op *op, struct emit *json)
{
	const struct app_answer *answer = op->result;
	uuid_emit(json, "app_id", answer->row.id);
	emit_text(json, "app_secret", answer->secret);
	emit_time(json, "old_secret_until", answer->row.old_secret_until);
}

const struct action app_rotate_secret_action = {
	.summary = "Give an app a new secret; the present one holds for a grace time",
	ACTION_FIELDS(struct rotate_body, ROTATE_FIELDS),
	.run = rotate,
	.reply = reply_rotate,
};
