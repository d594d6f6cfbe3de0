/*
 * Messages as the outbox keeps them, opened: any bytes. What reads has each text where its name says, is written as JSON that
 * reads the same, and so are its copies.
 */
#include "deliver/letter.h"

#include "api/body.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const json_t *root, const char *name, struct text read)
{
	const json_t *value = json_object_get(root, name);
	MUST(text_absent(read) == !json_is_string(value));
	MUST(text_absent(read) || text_equal(read, text_bytes(json_string_value(value), json_string_length(value))));
}

static void check_texts(struct arena *arena, struct text json, const struct message *message)
{
	json_t *root = NULL;
	const char *why;
	body_enter(arena);
	MUST(body_parse(json, &root, &why) == 0);
	check_text(root, "canonical", message->to.canonical);
	check_text(root, "spelling", message->to.spelling);
	check_text(root, "app_name", message->app_name);
	check_text(root, "code", message->code);
	check_text(root, "link", message->link);
	check_text(root, "browser", message->browser);
	check_text(root, "system", message->system);
	check_text(root, "place", message->place);
	check_text(root, "purpose", message->purpose);
	check_text(root, "locale", message->locale);
	MUST(message->expires_at == json_integer_value(json_object_get(root, "expires_at")));
	json_decref(root);
	body_leave();
}

static bool same_message(struct arena *arena, const struct message *a, const struct message *b)
{
	return text_equal(letter_write(arena, a), letter_write(arena, b));
}

static void check_copies(struct arena *arena, const struct message *message)
{
	const struct uuid app_id = {{1}}, message_id = {{2}};
	struct letter *letter = letter_new(app_id, message_id, message);
	const struct letter *copy = letter_copy(arena, letter);
	MUST(same_message(arena, &letter->message, message));
	letter_free(letter);
	MUST(same_message(arena, &copy->message, message));
	MUST(copy->size >= sizeof *copy && copy->app_id.b[0] == 1 && copy->message_id.b[0] == 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool started;
	if (!started)
		body_start();
	started = true;
	struct arena *arena = arena_new();
	struct message message, again;
	const struct text json = arena_copy(arena, text_bytes(data, size));
	if (letter_read(arena, json, &message) == 0) {
		MUST(message.kind >= MESSAGE_OTP && message.kind < MESSAGE_KIND_COUNT);
		MUST(message.to.kind == CONTACT_EMAIL || message.to.kind == CONTACT_PHONE);
		check_texts(arena, json, &message);
		MUST(letter_read(arena, letter_write(arena, &message), &again) == 0);
		MUST(same_message(arena, &message, &again));
		check_copies(arena, &message);
	}
	arena_free(arena);
	return 0;
}
