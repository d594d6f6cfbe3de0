/*
 * Result columns into the places that struct db_col names. Nonzero when the column's type or size does not fit; the
 * caller logs it.
 */
#ifndef KW_DB_ROW_H
#define KW_DB_ROW_H

#include "db/db.h"

void row_null(const struct db_col *col);
MUST_USE int row_int(const struct db_col *col, int64_t value);
/* type is DB_TEXT or DB_BLOB; the bytes are copied. */
MUST_USE int row_bytes(const struct db_col *col, struct arena *arena, enum db_type type, const void *p, size_t n);

#endif
