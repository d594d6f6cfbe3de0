#include "user/user.h"

void user_emit(struct emit *json, const char *key, const struct user *user, bool with_new)
{
	emit_object(json, key);
	uuid_emit(json, "user_id", user->id);
	emit_text(json, "email", user->email);
	emit_text(json, "phone", user->phone);
	emit_time(json, "created_at", user->created_at);
	emit_time(json, "last_sign_in_at", user->last_sign_in_at);
	if (with_new)
		emit_bool(json, "new", user->is_new);
	emit_end_object(json);
}
