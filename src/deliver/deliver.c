#include "deliver/deliver.h"

#include "deliver/carrier.h"
#include "deliver/dispatch.h"
#include "deliver/inbox.h"
#include "deliver/outbox.h"
#include "deliver/outbox_sql.h"

int deliver_check(const struct settings *settings, const char **why_r)
{
	return carrier_check(settings, why_r);
}

int deliver_start(const struct house *house)
{
	carrier_start(house);
	if (dispatch_start(house) == 0)
		return 0;
	carrier_stop();
	return -1;
}

void deliver_stop(void)
{
	dispatch_stop();
	carrier_stop();
	inbox_clear();
}

/* ---- queueing ---- */

struct queued {
	struct uuid app_id, message_id;
	struct message message;
	int64_t claimed_until;
};

static void hand_on(void *context)
{
	const struct queued *queued = context;
	struct letter *letter = letter_new(queued->app_id, queued->message_id, &queued->message);
	letter->claimed_until = queued->claimed_until;
	dispatch_take(letter);
}

enum err deliver_queue(struct op *op, struct uuid app_id, const struct message *message)
{
	struct queued *queued = ARENA_NEW(op->arena, struct queued);
	queued->app_id = app_id;
	queued->message = *message;
	queued->claimed_until = op->now + OUTBOX_CLAIM_MS;
	const enum err err = outbox_add(op, app_id, message, &queued->message_id);
	if (err == ERR_NONE)
		op_after_commit(op, hand_on, queued);
	return err;
}

enum err deliver_void(struct op *op)
{
	OP_STORE(op, outbox_sql_void(op->tx));
	return ERR_NONE;
}

void deliver_scan(void)
{
	outbox_claim(dispatch_room());
}

struct deliver_stats deliver_stats(void)
{
	return dispatch_stats();
}

/* ---- countries ---- */

bool deliver_sms_can_reach(const struct contact *contact)
{
	const struct settings *settings = settings_now();
	if (carrier_of(settings, CONTACT_PHONE) == CARRIER_NONE)
		return false;
	struct text countries = text_of(settings->sms_countries);
	if (countries.n == 0)
		return settings->dev;
	const struct text number = text_bytes(contact->canonical.p + 1, contact->canonical.n - 1);
	while (!text_absent(countries)) {
		const struct text country = text_trim(text_cut(&countries, ','));
		if (country.n > 0 && text_starts(number, country))
			return true;
	}
	return false;
}
