#include "user/user.h"

static void emit_common(struct emit *json, const struct user *user)
{
	uuid_emit(json, "user_id", user->id);
	emit_text(json, "email", user->email);
	emit_text(json, "phone", user->phone);
	emit_time(json, "created_at", user->created_at);
	emit_time(json, "last_sign_in_at", user->last_sign_in_at);
}

void user_emit(struct emit *json, const char *key, const struct user *user, bool with_new)
{
	emit_object(json, key);
	emit_common(json, user);
	if (with_new)
		emit_bool(json, "new", user->is_new);
	emit_end_object(json);
}

void user_emit_members(struct emit *json, const struct user *user)
{
	emit_common(json, user);
	emit_raw(json, "metadata", user->metadata);
	emit_time(json, "deleted_at", user->deleted_at);
}
