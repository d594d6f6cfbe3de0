#include "main/restored.h"

#include "base/log.h"
#include "core/epoch.h"
#include "core/event.h"
#include "deliver/deliver.h"
#include "exchange/exchange.h"
#include "magic/magic.h"
#include "otp/otp.h"
#include "token/token.h"

/* Every room that hands out what works once, or lasts, says here what becomes of it. */
static enum err void_all(struct op *op, bool keep_sessions)
{
	TRY(otp_void(op));
	TRY(magic_void(op));
	TRY(exchange_void(op));
	TRY(deliver_void(op));
	return token_void(op, keep_sessions);
}

static enum err begin(struct op *op)
{
	bool due, keep_sessions;
	TRY(epoch_take_due(op, &due, &keep_sessions));
	if (!due)
		return ERR_NONE;
	TRY(epoch_begin(op, keep_sessions));
	TRY(void_all(op, keep_sessions));
	log_say(LOG_INFO, "store.restored", "a new epoch: what was handed out for one use before it is void");
	return event_record(op,
		&(struct event){.type = EVENT_STORE_RESTORED,
			.detail = keep_sessions ? TEXT("{\"sessions\":\"kept\"}") : TEXT("{\"sessions\":\"ended\"}")});
}

static enum db_verdict run(void *context, struct db_tx *tx)
{
	struct op *op = op_new(db_tx_arena(tx));
	op->tx = tx;
	return begin(op) == ERR_NONE ? DB_KEEP : DB_UNDO;
}

int restored_begin_epoch(const struct house *house)
{
	return db_run_long(house->db, run, NULL) == DB_COMMITTED ? 0 : -1;
}
