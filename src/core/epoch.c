#include "core/epoch.h"

#include "core/epoch_sql.h"

enum err epoch_started_at(struct op *op, int64_t *at_r)
{
	int64_t at = 0;
	OP_STORE(op, epoch_sql_latest(op->tx, &at));
	*at_r = at;
	return ERR_NONE;
}

const char *epoch_mark(bool keep_sessions)
{
	return keep_sessions ? epoch_sql_mark_keeping : epoch_sql_mark_ending;
}

enum err epoch_take_due(struct op *op, bool *due_r, bool *keep_sessions_r)
{
	int64_t how = EPOCH_ENDING_SESSIONS;
	const enum db_found found = epoch_sql_take_due(op->tx, &how);
	OP_STORE(op, found);
	*due_r = found == DB_ROW;
	*keep_sessions_r = how == EPOCH_KEEPING_SESSIONS;
	return ERR_NONE;
}

enum err epoch_begin(struct op *op, bool kept_sessions)
{
	int64_t last = 0;
	TRY(epoch_started_at(op, &last));
	OP_STORE(op, epoch_sql_insert(op->tx, op->now > last ? op->now : last + 1, kept_sessions));
	return ERR_NONE;
}
