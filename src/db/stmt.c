#include "db/stmt.h"

#include <stdatomic.h>
#include <stdlib.h>

unsigned stmt_id(struct db_stmt *stmt)
{
	static _Atomic unsigned last;
	unsigned id = atomic_load_explicit(&stmt->id, memory_order_relaxed);

	/* Stored numbers start at 1: zero is "none yet". A number lost to a race is only an unused slot. */
	if (id == 0) {
		const unsigned fresh = atomic_fetch_add(&last, 1) + 1;
		if (atomic_compare_exchange_strong(&stmt->id, &id, fresh))
			id = fresh;
	}
	return id - 1;
}

void **stmt_slot(struct stmt_table *table, struct db_stmt *stmt)
{
	const size_t id = stmt_id(stmt);

	if (id >= table->count) {
		const size_t count = id + 64;
		void **slots = realloc(table->slots, count * sizeof *slots);
		MUST(slots != NULL);
		memset(slots + table->count, 0, (count - table->count) * sizeof *slots);
		table->slots = slots;
		table->count = count;
	}
	return &table->slots[id];
}

void stmt_table_clear(struct stmt_table *table, void (*drop)(void *prepared))
{
	for (size_t i = 0; i < table->count; i++)
		if (table->slots[i])
			drop(table->slots[i]);
	free(table->slots);
	*table = (struct stmt_table){0};
}
