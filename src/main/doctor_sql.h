/* What the doctor asks a store. */
#ifndef KW_MAIN_DOCTOR_SQL_H
#define KW_MAIN_DOCTOR_SQL_H

#include "db/db.h"

/* When the latest audit event of all apps was, ms; 0 when there is none. */
MUST_USE enum db_found doctor_sql_newest(struct db_tx *tx, int64_t *at_r);
/* PostgreSQL's version. */
MUST_USE enum db_found doctor_sql_version(struct db_tx *tx, struct text *version_r);

#endif
