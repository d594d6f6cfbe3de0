#include "db/row.h"

void row_null(const struct db_col *col)
{
	if (col->type == DB_INT)
		*(int64_t *)col->to = 0;
	else if (col->size > 0)
		memset(col->to, 0, col->size);
	else
		*(struct text *)col->to = TEXT_NONE;
}

int row_int(const struct db_col *col, int64_t value)
{
	if (col->type != DB_INT)
		return -1;
	*(int64_t *)col->to = value;
	return 0;
}

int row_bytes(const struct db_col *col, struct arena *arena, enum db_type type, const void *p, size_t n)
{
	if (col->type != type)
		return -1;
	if (col->size == 0) {
		/* An empty column's pointer may be NULL; the text must not look absent. */
		*(struct text *)col->to = arena_copy(arena, text_bytes(p ? p : "", n));
		return 0;
	}
	if (n != col->size)
		return -1;
	memcpy(col->to, p, n);
	return 0;
}
