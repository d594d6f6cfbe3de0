#include "signin/sends.h"

#include "base/enc.h"

enum { OWN_SENDS = 2 };

static struct limit_window window_of(
	struct op *op, const struct sends *sends, struct uuid app_id, const struct contact *contact)
{
	return (struct limit_window){
		sends->kind, app_id, contact_counted(op->arena, contact), sends->count, sends->window_ms};
}

static struct limit_window own_window(
	struct op *op, const struct sends *sends, struct uuid app_id, const struct contact *contact)
{
	struct ip source = ip_prefix(op->client, 64);
	char hex[2 * sizeof source + 1];
	enc_hex(&source, sizeof source, hex);
	struct text subject = arena_printf(op->arena, "%s %.*s", hex, TEXT_ARG(contact_counted(op->arena, contact)));
	return (struct limit_window){sends->own_kind, app_id, subject, OWN_SENDS, sends->window_ms};
}

enum err sends_take(struct op *op, const struct sends *sends, struct uuid app_id, const struct contact *contact)
{
	struct limit_window window = window_of(op, sends, app_id, contact),
			    own = own_window(op, sends, app_id, contact);
	int64_t wait, own_wait;
	bool proven = false;
	enum err err = limit_add(op, &window, &wait);
	if (err != ERR_NONE || wait == 0)
		return err;
	err = signin_source_is_proven(op, app_id, contact, &proven);
	if (err == ERR_NONE && proven)
		err = limit_add(op, &own, &own_wait);
	if (err != ERR_NONE || (proven && own_wait == 0))
		return err;
	return op_refuse_later(op, sends->refusal, wait);
}

enum err sends_refuse(
	struct op *op, const struct sends *sends, struct uuid app_id, const struct contact *contact, enum err refusal)
{
	struct limit_window window = window_of(op, sends, app_id, contact);
	int64_t used, wait = 0;
	enum err err = limit_see(op, &window, &used, &wait);
	return err != ERR_NONE ? err : op_refuse_later(op, refusal, wait);
}
