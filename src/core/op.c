#include "core/op.h"

#include "base/clock.h"

struct op *op_new(struct arena *arena)
{
	struct op *op = ARENA_NEW(arena, struct op);
	op->arena = arena;
	op->now = clock_now();
	id_request(op->now, op->request_id);
	return op;
}

void op_bad_field(struct op *op, const char *field, size_t rank, const char *message)
{
	for (size_t i = 0; i < op->bad_count; i++)
		if (strcmp(op->bad[i].field, field) == 0)
			return;
	if (op->bad_count == OP_BAD_FIELDS_MAX)
		return;
	/* kept in the order of the field table */
	size_t at = op->bad_count++;
	for (; at > 0 && op->bad[at - 1].rank > rank; at--)
		op->bad[at] = op->bad[at - 1];
	op->bad[at] = (struct bad_field){field, message, rank};
}

enum err op_refuse_later(struct op *op, enum err err, int64_t retry_ms)
{
	op->retry_ms = retry_ms;
	return err;
}

static void add_extra(struct op *op, const char *key, struct text value)
{
	MUST(op->extra_count < OP_EXTRAS_MAX);
	op->extras[op->extra_count++] = (struct op_extra){key, value};
}

void op_extra_int(struct op *op, const char *key, int64_t value)
{
	add_extra(op, key, arena_printf(op->arena, "%lld", (long long)value));
}

void op_extra_time(struct op *op, const char *key, int64_t ms)
{
	struct buf out;
	buf_init(&out, op->arena, 32);
	struct emit json = emit_to(&out);
	emit_time(&json, NULL, ms);
	add_extra(op, key, buf_text(&out));
}

enum err op_store_fault(struct op *op)
{
	return db_tx_store_is_down(op->tx) ? ERR_SERVICE_UNAVAILABLE : ERR_INTERNAL_ERROR;
}

void op_after_commit(struct op *op, void (*fn)(void *context), void *context)
{
	struct op_hook *hook = ARENA_NEW(op->arena, struct op_hook), **last = &op->hooks;
	*hook = (struct op_hook){fn, context, NULL};
	while (*last)
		last = &(*last)->next;
	*last = hook;
}

void op_committed(const struct op *op)
{
	for (const struct op_hook *hook = op->hooks; hook; hook = hook->next)
		hook->fn(hook->context);
}
