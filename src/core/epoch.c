#include "core/epoch.h"

#include "core/epoch_sql.h"

enum err epoch_started_at(struct op *op, int64_t *at_r)
{
	int64_t at = 0;
	OP_STORE(op, epoch_sql_latest(op->tx, &at));
	*at_r = at;
	return ERR_NONE;
}

enum err epoch_begin(struct op *op, bool kept_sessions)
{
	int64_t last;
	TRY(epoch_started_at(op, &last));
	OP_STORE(op, epoch_sql_insert(op->tx, op->now > last ? op->now : last + 1, kept_sessions));
	return ERR_NONE;
}
