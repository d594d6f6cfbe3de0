#include "license/license_fields.h"
#include "license/license_sql.h"

/* ---- what the calls of devices have in common ---- */

/* A license key and a device, as every such call begins. */
struct device_body {
	struct uuid app_id;
	struct text license_key, device_id, device_name;
	struct license_replaced replace;
	struct uuid activation_id;
	/* filled by judge_device */
	struct lease_asker asker;
	struct slot known;
	bool is_known;
};

enum { DEVICE_ID_MAX = 256, DEVICE_NAME_MAX = 100 };
#define APP_FIELD FIELD(struct device_body, app_id, uuid, .required = true, .help = "the app whose license it is")
#define KEY_FIELD                                                                                                      \
	FIELD(struct device_body, license_key, secret, .required = true,                                               \
		.help = "as its owner has it: case, spaces and dashes do not matter")
#define DEVICE_HELP "what your program tells this device from all others by, the same after it is installed anew"

/* Whether it can be a key needs no store; nor does what this thread remembers of the device. */
static enum err judge_device(struct op *op, void *body)
{
	struct device_body *in = body;
	TRY(license_name_read(op->app, in->license_key, &in->asker.name));
	if (text_absent(in->device_id))
		return ERR_NONE;
	mac_sha256(in->device_id, in->asker.device_hash);
	in->is_known = license_lease_recall(&in->asker, &in->known);
	return ERR_NONE;
}

static struct activation_ask ask_of(const struct op *op, const struct device_body *in)
{
	return (struct activation_ask){.app = op->app,
		.asker = &in->asker,
		.known = in->is_known ? &in->known : NULL,
		.device_id = in->device_id,
		.device_name = in->device_name,
		.replaces_oldest = in->replace.oldest,
		.replaces = in->replace.activation_id};
}

/* A slot that the device holds. */
static void emit_held(struct op *op, struct emit *json)
{
	const struct device_body *in = op->body;
	const struct activation_held *held = op->result;
	license_emit(json, "license", &held->license, op->now, false);
	license_emit_activation(json, "activation", &held->activation);
	emit_text(json, "lease", license_lease(op, &in->asker, &held->license, &held->activation));
}

#define HELD_ANSWER                                                                                                    \
	{"license", "object", LICENSE_MEMBERS}, {"activation", "object", LICENSE_ACTIVATION_MEMBERS},                  \
	{                                                                                                              \
		"lease", "string", "lets the device run without asking for a while: a JWT of typ license+jwt"          \
	}

/* ---- verify ---- */

static const struct field VERIFY_FIELDS[] = {
	APP_FIELD,
	KEY_FIELD,
	FIELD(struct device_body, device_id, text, .required = true, .min = 1, .max = DEVICE_ID_MAX,
		.help = DEVICE_HELP),
};

static enum err run_verify(struct op *op, void *body)
{
	const struct activation_ask ask = ask_of(op, body);
	op->result = ARENA_NEW(op->arena, struct activation_held);
	return activation_verify(op, &ask, op->result);
}

static void reply_verify(struct op *op, struct emit *json)
{
	emit_bool(json, "valid", true);
	emit_held(op, json);
}

static const struct answer_field VERIFY_ANSWER[] = {{"valid", "boolean", "true"}, HELD_ANSWER};
static const enum err VERIFY_ERRORS[] = {ERR_LICENSE_INVALID, ERR_LICENSE_NOT_FOUND, ERR_LICENSE_REVOKED,
	ERR_LICENSE_EXPIRED, ERR_LICENSE_NOT_ACTIVATED, ERR_NONE};

const struct action license_verify_action = {
	.summary = "Ask whether a device may use a license, and get a lease",
	ACTION_FIELDS(struct device_body, VERIFY_FIELDS),
	.judge = judge_device,
	.run = run_verify,
	.reply = reply_verify,
	ACTION_ANSWER(VERIFY_ANSWER),
	.errors = VERIFY_ERRORS,
};

/* ---- activate ---- */

static const struct field ACTIVATE_FIELDS[] = {
	APP_FIELD,
	KEY_FIELD,
	FIELD(struct device_body, device_id, text, .required = true, .min = 1, .max = DEVICE_ID_MAX,
		.help = DEVICE_HELP),
	FIELD(struct device_body, device_name, text, .min = 1, .max = DEVICE_NAME_MAX,
		.help = "by which people know it again in a list"),
	FIELD_OF(struct device_body, replace, license_field_replaced, struct license_replaced,
		.help = "whose slot is freed if no other is: an activation_id, or oldest, the least recently seen"),
};

static enum err run_activate(struct op *op, void *body)
{
	const struct activation_ask ask = ask_of(op, body);
	op->result = ARENA_NEW(op->arena, struct activation_held);
	return activation_take(op, &ask, op->result);
}

static void emit_full(struct op *op, struct emit *json)
{
	const struct activation_held *held = op->result;
	emit_int(json, "activations_used", held->license.activations_used);
	emit_int(json, "activations_max", held->license.max_activations);
	emit_array(json, "activations");
	for (size_t i = 0; i < held->devices.count; i++) {
		const struct activation *activation = &held->devices.items[i];
		emit_object(json, NULL);
		uuid_emit(json, "activation_id", activation->activation_id);
		emit_text(json, "device_name", activation->device_name);
		emit_time(json, "last_seen_at", activation->last_seen_at);
		emit_end_object(json);
	}
	emit_end_array(json);
	if (op->app->lease_debt)
		emit_time(json, "free_at", held->free_at);
}

static void refuse_activate(struct op *op, struct emit *json)
{
	if (op->err == ERR_LICENSE_ALREADY_ACTIVE)
		emit_held(op, json);
	if (op->err == ERR_LICENSE_MAX_ACTIVATIONS)
		emit_full(op, json);
}

static const struct answer_field ACTIVATE_ANSWER[] = {HELD_ANSWER};
static const enum err ACTIVATE_ERRORS[] = {ERR_LICENSE_INVALID, ERR_LICENSE_NOT_FOUND, ERR_LICENSE_REVOKED,
	ERR_LICENSE_EXPIRED, ERR_LICENSE_ALREADY_ACTIVE, ERR_LICENSE_MAX_ACTIVATIONS, ERR_NONE};

const struct action license_activate_action = {
	.summary = "Give a device a slot of a license, and a lease",
	ACTION_FIELDS(struct device_body, ACTIVATE_FIELDS),
	.judge = judge_device,
	.run = run_activate,
	.reply = emit_held,
	.refusal = refuse_activate,
	.status = 201,
	ACTION_ANSWER(ACTIVATE_ANSWER),
	.errors = ACTIVATE_ERRORS,
};

/* ---- deactivate ---- */

static const struct field DEACTIVATE_FIELDS[] = {
	APP_FIELD,
	KEY_FIELD,
	FIELD(struct device_body, device_id, text, .min = 1, .max = DEVICE_ID_MAX,
		.help = "the device that gives its slot up; or activation_id"),
	FIELD(struct device_body, activation_id, uuid, .help = "whose slot is freed; or device_id"),
};

static void check_deactivate(struct op *op, void *body)
{
	if (schema_given(op, "device_id") == schema_given(op, "activation_id"))
		schema_bad(op, "device_id", "One of device_id and activation_id is required, and not both.");
}

static enum err run_deactivate(struct op *op, void *body)
{
	const struct device_body *in = body;
	struct activation_freeing freeing = {.app = op->app,
		.by = text_absent(in->device_id) ? FREED_BY_ANOTHER : FREED_BY_DEVICE,
		.activation_id = in->activation_id,
		.device_id = in->device_id};
	TRY(license_find(op, op->app, &in->asker.name, &freeing.license_id));
	const enum err err = activation_free(op, &freeing);
	return err == ERR_ACTIVATION_NOT_FOUND ? ERR_LICENSE_NOT_ACTIVATED : err;
}

static void reply_deactivate(struct op *op, struct emit *json)
{
	emit_bool(json, "deactivated", true);
}

static const struct answer_field DEACTIVATE_ANSWER[] = {{"deactivated", "boolean", "true"}};
static const enum err DEACTIVATE_ERRORS[] = {
	ERR_LICENSE_INVALID, ERR_LICENSE_NOT_FOUND, ERR_LICENSE_NOT_ACTIVATED, ERR_NONE};

const struct action license_deactivate_action = {
	.summary = "Free a device's slot, also of a license that was revoked or has ended",
	ACTION_FIELDS(struct device_body, DEACTIVATE_FIELDS),
	.check = check_deactivate,
	.judge = judge_device,
	.run = run_deactivate,
	.reply = reply_deactivate,
	ACTION_ANSWER(DEACTIVATE_ANSWER),
	.errors = DEACTIVATE_ERRORS,
};

/* ---- what the app's server does ---- */

struct devices_query {
	struct uuid license_id, cursor;
	int64_t limit;
};
static const struct field DEVICES_FIELDS[] = {
	FIELD(struct devices_query, license_id, uuid, .place = IN_PATH, .required = true, .help = "the license"),
	LISTING_FIELDS(struct devices_query),
};

static enum err run_devices(struct op *op, void *body)
{
	const struct devices_query *in = body;
	struct license license;
	struct listing *listing = NULL;
	TRY(license_get(op, op->app->id, in->license_id, &license));
	TRY(activation_page(op, op->app->id, in->license_id, in->cursor, in->limit, &listing));
	op->result = listing;
	return ERR_NONE;
}

static void emit_device(struct emit *json, const void *row)
{
	license_emit_activation(json, NULL, row);
}

static void reply_devices(struct op *op, struct emit *json)
{
	listing_emit(json, "activations", op->result, emit_device, offsetof(struct activation, activation_id));
}

static const struct answer_field DEVICES_ANSWER[] = {
	{"activations", "array", LICENSE_ACTIVATION_MEMBERS "; newest first"},
	LISTING_ANSWER,
};
static const enum err DEVICES_ERRORS[] = {ERR_LICENSE_NOT_FOUND, ERR_NONE};

const struct action license_devices_action = {
	.summary = "List the devices that hold a slot of a license",
	ACTION_FIELDS(struct devices_query, DEVICES_FIELDS),
	.run = run_devices,
	.reply = reply_devices,
	ACTION_ANSWER(DEVICES_ANSWER),
	.errors = DEVICES_ERRORS,
};

struct free_path {
	struct uuid license_id, activation_id;
};
static const struct field FREE_PATH[] = {
	FIELD(struct free_path, license_id, uuid, .place = IN_PATH, .required = true, .help = "the license"),
	FIELD(struct free_path, activation_id, uuid, .place = IN_PATH, .required = true, .help = "whose slot is freed"),
};

static enum err run_free(struct op *op, void *body)
{
	const struct free_path *in = body;
	struct license license;
	TRY(license_get(op, op->app->id, in->license_id, &license));
	return activation_free(op, &(struct activation_freeing){.app = op->app,
					   .by = FREED_BY_OWNER,
					   .license_id = in->license_id,
					   .activation_id = in->activation_id});
}

static const enum err FREE_ERRORS[] = {ERR_LICENSE_NOT_FOUND, ERR_ACTIVATION_NOT_FOUND, ERR_NONE};

const struct action license_free_action = {
	.summary = "Free a slot of a license",
	ACTION_FIELDS(struct free_path, FREE_PATH),
	.run = run_free,
	.reply = reply_deactivate,
	ACTION_ANSWER(DEACTIVATE_ANSWER),
	.errors = FREE_ERRORS,
};

/* ---- what a signed-in owner does ---- */

struct mine_query {
	struct uuid cursor;
	int64_t limit;
};
static const struct field MINE_FIELDS[] = {LISTING_FIELDS(struct mine_query)};

struct mine {
	struct license license;
	struct activation_list devices;
	int64_t now;
};

static enum err run_mine(struct op *op, void *body)
{
	const struct mine_query *in = body;
	const struct op_user *user = &op->user;
	struct mine row = {.now = op->now};
	struct listing *listing = listing_new(op, in->cursor, in->limit, &row, sizeof row);
	op->result = listing;
	const struct license_filter filter = {.app_id = user->app_id, .user_id = user->user_id, .now = op->now};
	OP_STORE(op, license_sql_list(op->tx, &filter, listing, &row.license));
	struct mine *rows = (struct mine *)(void *)listing->rows;
	for (size_t i = 0; i < listing->count; i++)
		TRY(activation_list(op, user->app_id, rows[i].license.license_id, ACTIVATION_OWNED, &rows[i].devices));
	return ERR_NONE;
}

static void emit_mine(struct emit *json, const void *row)
{
	const struct mine *mine = row;
	emit_object(json, NULL);
	uuid_emit(json, "license_id", mine->license.license_id);
	license_emit_members(json, &mine->license, mine->now, false);
	emit_array(json, "activations");
	for (size_t i = 0; i < mine->devices.count; i++)
		license_emit_activation(json, NULL, &mine->devices.items[i]);
	emit_end_array(json);
	emit_end_object(json);
}

static void reply_mine(struct op *op, struct emit *json)
{
	listing_emit(json, "licenses", op->result, emit_mine, offsetof(struct mine, license.license_id));
}

static const struct answer_field MINE_ANSWER[] = {
	{"licenses", "array",
		LICENSE_MEMBERS ", activations (at most 100, the least recently seen first: " LICENSE_ACTIVATION_MEMBERS
				"); newest first"},
	LISTING_ANSWER,
};

const struct action license_mine_action = {
	.summary = "List the licenses of the signed-in user, with their devices",
	ACTION_FIELDS(struct mine_query, MINE_FIELDS),
	.run = run_mine,
	.reply = reply_mine,
	ACTION_ANSWER(MINE_ANSWER),
};

struct free_mine_path {
	struct uuid activation_id;
};
static const struct field FREE_MINE_PATH[] = {
	FIELD(struct free_mine_path, activation_id, uuid, .place = IN_PATH, .required = true,
		.help = "whose slot is freed, of one of the user's licenses"),
};

static enum err run_free_mine(struct op *op, void *body)
{
	const struct free_mine_path *in = body;
	const struct app *app = app_find(op->user.app_id);
	if (!app)
		return ERR_ACTIVATION_NOT_FOUND;
	return activation_free(op, &(struct activation_freeing){.app = app,
					   .by = FREED_BY_OWNER,
					   .user_id = op->user.user_id,
					   .activation_id = in->activation_id});
}

static const enum err FREE_MINE_ERRORS[] = {ERR_ACTIVATION_NOT_FOUND, ERR_NONE};

const struct action license_free_mine_action = {
	.summary = "Free a device's slot of one of the signed-in user's licenses",
	ACTION_FIELDS(struct free_mine_path, FREE_MINE_PATH),
	.run = run_free_mine,
	.reply = reply_deactivate,
	ACTION_ANSWER(DEACTIVATE_ANSWER),
	.errors = FREE_MINE_ERRORS,
};
