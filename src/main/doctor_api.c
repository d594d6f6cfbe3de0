#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "main/doctor.h"
#include "main/doctor_sql.h"
#include "token/key.h"

static enum err facts(struct op *op, void *body)
{
	int64_t *newest = ARENA_NEW(op->arena, int64_t);
	op->result = newest;
	OP_STORE(op, doctor_sql_newest(op->tx, newest));
	return ERR_NONE;
}

static void emit_setting(void *context, const struct settings_row *row)
{
	emit_string(context, row->name, row->value);
}

static void emit_keys(struct emit *json)
{
	const struct key_set *keys = key_current();
	emit_array(json, "kids");
	for (size_t i = 0; i < keys->count; i++)
		emit_string(json, NULL, keys->keys[i].kid);
	emit_end_array(json);
}

static void reply_facts(struct op *op, struct emit *json)
{
	const struct settings *settings = settings_now();
	struct rlimit limit = {0};
	(void)getrlimit(RLIMIT_NOFILE, &limit);
	emit_string(json, "version", KW_VERSION);
	emit_int(json, "pid", getpid());
	emit_bool(json, "dev", settings->dev);
	emit_int(json, "now_ms", clock_now());
	emit_int(json, "newest_ms", *(const int64_t *)op->result);
	emit_int(json, "descriptors", (int64_t)limit.rlim_cur);
	emit_keys(json);
	emit_object(json, "settings");
	settings_each(settings, emit_setting, json);
	emit_end_object(json);
}

static const struct answer_field ANSWER[] = {
	{"version", "string", "of the server"},
	{"pid", "integer", "its process"},
	{"dev", "boolean", "whether it runs in dev mode"},
	{"now_ms", "integer", "its clock, ms since 1970"},
	{"newest_ms", "integer", "when the latest audit event was; 0: there is none"},
	{"descriptors", "integer", "how many files it may have open"},
	{"kids", "array", "names of its signing keys: what nobody else has"},
	{"settings", "object", "every setting and its value; of a secret only whether it is set"},
};

const struct action doctor_facts_action = {
	.summary = "Tell what the server knows of itself",
	.run = facts,
	.reply = reply_facts,
	ACTION_ANSWER(ANSWER),
};
