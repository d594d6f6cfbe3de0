#include "main/dev.h"

#include "base/clock.h"
#include "core/settings.h"

struct clock_body {
	int64_t shift_ms;
};
static const struct field CLOCK_FIELDS[] = {
	FIELD(struct clock_body, shift_ms, int, .required = true, .min = INT64_MIN / 4, .max = INT64_MAX / 4,
		.help = "how far the clock moves; negative: the wall clock alone, backwards"),
};

static enum err shift(struct op *op, void *body)
{
	if (!settings_now()->dev)
		return ERR_NOT_FOUND;
	clock_shift(((const struct clock_body *)body)->shift_ms);
	return ERR_NONE;
}

static void reply_clock(struct op *op, struct emit *json)
{
	emit_time(json, "now", clock_now());
}

const struct action dev_clock_action = {
	.summary = "Move the server's clock (dev mode)",
	ACTION_FIELDS(struct clock_body, CLOCK_FIELDS),
	.run = shift,
	.reply = reply_clock,
};
