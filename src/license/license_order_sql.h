/* Statements of license_order.c. */
#ifndef KW_LICENSE_LICENSE_ORDER_SQL_H
#define KW_LICENSE_LICENSE_ORDER_SQL_H

#include "license/license_order.h"

struct license_order_row {
	struct uuid app_id;
	uint8_t order_mac[MAC_SIZE], request_mac[MAC_SIZE];
	uint8_t seed[ORDER_SEED_SIZE];
	struct text prefix;
	int64_t created_at;
};

/* One that was placed after that time. */
MUST_USE enum db_found license_order_sql_get(struct db_tx *tx, struct license_order_row *row, int64_t after);
/* 1; or 0 when there is one that was placed after that time. */
MUST_USE int license_order_sql_put(struct db_tx *tx, const struct license_order_row *row, int64_t after);
/* Removes PRUNE_ROWS rows, or fewer. */
MUST_USE int license_order_sql_prune(struct db_tx *tx, int64_t before);

#endif
