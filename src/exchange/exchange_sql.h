/* Statements and rows of the exchange room. */
#ifndef KW_EXCHANGE_EXCHANGE_SQL_H
#define KW_EXCHANGE_EXCHANGE_SQL_H

#include "exchange/exchange.h"

struct exchange_row {
	uint8_t code_mac[MAC_SIZE];
	struct grant grant;
	bool loose;            /* digits that whoever types them may redeem */
	struct text challenge; /* empty: none */
	struct uuid from_session;
	int64_t created_at, expires_at, used_at;
};

/* 1, or 0 when there is such a code already. */
MUST_USE int exchange_sql_insert(struct db_tx *tx, const struct exchange_row *row);
MUST_USE enum db_found exchange_sql_get(
	struct db_tx *tx, const uint8_t code_mac[static MAC_SIZE], struct exchange_row *row_r);
/* Consumes it, if it is unused and in time: 1 or 0. */
MUST_USE int exchange_sql_use(struct db_tx *tx, const uint8_t code_mac[static MAC_SIZE], int64_t now);
/* How many unbound numeric codes are alive; beyond most it stops counting. */
MUST_USE enum db_found exchange_sql_count_loose(struct db_tx *tx, int64_t now, int64_t most, int64_t *count_r);

/* Ends all that are not used. */
MUST_USE int exchange_sql_void(struct db_tx *tx);
/* Removes PRUNE_ROWS rows, or fewer, that expired before that time: how many, or -1. */
MUST_USE int exchange_sql_prune(struct db_tx *tx, int64_t expired_before);

#endif
