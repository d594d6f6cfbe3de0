/* Statements and rows of the app room. */
#ifndef KW_APP_APP_SQL_H
#define KW_APP_APP_SQL_H

#include "app/app.h"

struct app_row {
	struct uuid id;
	struct text name, settings; /* settings: a JSON object */
	int64_t created_at, old_secret_until;
	struct text secret_mac, old_secret_mac;
};

MUST_USE int app_sql_insert(struct op *op, const struct app_row *row);
/* Name and settings; 0 when there is no such app. */
MUST_USE int app_sql_update(struct op *op, const struct app_row *row);
/* The present secret becomes the old one, which holds until row->old_secret_until. */
MUST_USE int app_sql_rotate(struct op *op, const struct app_row *row);
MUST_USE enum db_found app_sql_get(struct db_tx *tx, struct uuid id, struct app_row *row_r);
/* Newest first; calls each with row filled. */
MUST_USE int app_sql_each(struct db_tx *tx, struct app_row *row, int (*each)(void *context), void *context);
/* Of what app_start mirrors in memory. */
MUST_USE enum db_found app_sql_version(struct db_tx *tx, int64_t *version_r);
MUST_USE int app_sql_raise_version(struct db_tx *tx);

#endif
