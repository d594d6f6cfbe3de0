#include "deliver/letter.h"

#include <stdlib.h>

#include "api/body.h"
#include "crypto/mac.h"

/* Every text of a message: its name in JSON, and where it is. */
static const struct part {
	const char *name;
	size_t offset;
} PARTS[] = {
	{"canonical", offsetof(struct message, to.canonical)},
	{"spelling", offsetof(struct message, to.spelling)},
	{"app_name", offsetof(struct message, app_name)},
	{"code", offsetof(struct message, code)},
	{"link", offsetof(struct message, link)},
	{"browser", offsetof(struct message, browser)},
	{"system", offsetof(struct message, system)},
	{"place", offsetof(struct message, place)},
	{"purpose", offsetof(struct message, purpose)},
	{"contact", offsetof(struct message, contact)},
	{"locale", offsetof(struct message, locale)},
};

static struct text *part_of(struct message *message, const struct part *part)
{
	return (struct text *)((char *)message + part->offset);
}

static struct text part_in(const struct message *message, const struct part *part)
{
	return *(const struct text *)((const char *)message + part->offset);
}

/* ---- copies ---- */

static size_t size_for(const struct message *message)
{
	size_t size = sizeof(struct letter);
	for (size_t i = 0; i < COUNT(PARTS); i++)
		size += part_in(message, &PARTS[i]).n + 1;
	return size;
}

/* Moves the texts of letter->message, which are somebody else's, behind the struct. */
static void take_texts(struct letter *letter)
{
	char *to = letter->bytes;
	for (size_t i = 0; i < COUNT(PARTS); i++) {
		struct text *part = part_of(&letter->message, &PARTS[i]);
		if (text_absent(*part))
			continue;
		memcpy(to, part->p, part->n);
		to[part->n] = '\0';
		part->p = to;
		to += part->n + 1;
	}
}

struct letter *letter_new(struct uuid app_id, struct uuid message_id, const struct message *message)
{
	const size_t size = size_for(message);
	struct letter *letter = calloc(1, size);
	MUST(letter);
	letter->size = size;
	letter->app_id = app_id;
	letter->message_id = message_id;
	letter->message = *message;
	take_texts(letter);
	return letter;
}

struct letter *letter_copy(struct arena *arena, const struct letter *letter)
{
	struct letter *copy = arena_alloc(arena, letter->size);
	*copy = *letter;
	take_texts(copy);
	return copy;
}

void letter_free(struct letter *letter)
{
	if (!letter)
		return;
	secret_wipe(letter, letter->size);
	free(letter);
}

int64_t letter_queued_at(const struct letter *letter)
{
	int64_t ms = 0;
	for (int i = 0; i < 6; i++)
		ms = ms << 8 | letter->message_id.b[i];
	return ms;
}

/* ---- JSON ---- */

struct text letter_write(struct arena *arena, const struct message *message)
{
	struct buf out;
	buf_init(&out, arena, 512);
	struct emit json = emit_to(&out);
	emit_object(&json, NULL);
	emit_int(&json, "kind", message->kind);
	emit_int(&json, "contact_kind", message->to.kind);
	emit_int(&json, "expires_at", message->expires_at);
	for (size_t i = 0; i < COUNT(PARTS); i++)
		emit_text(&json, PARTS[i].name, part_in(message, &PARTS[i]));
	emit_end_object(&json);
	return buf_text(&out);
}

static struct text read_text(struct arena *arena, const json_t *root, const char *name)
{
	const json_t *value = json_object_get(root, name);
	if (!json_is_string(value))
		return TEXT_NONE;
	return arena_copy(arena, text_bytes(json_string_value(value), json_string_length(value)));
}

static int read_message(struct arena *arena, const json_t *root, struct message *message_r)
{
	const json_int_t kind = json_integer_value(json_object_get(root, "kind"));
	const json_int_t contact = json_integer_value(json_object_get(root, "contact_kind"));
	struct message message = {.expires_at = json_integer_value(json_object_get(root, "expires_at"))};
	if (kind < MESSAGE_OTP || kind >= MESSAGE_KIND_COUNT || (contact != CONTACT_EMAIL && contact != CONTACT_PHONE))
		return -1;
	message.kind = (enum message_kind)kind;
	message.to.kind = (enum contact_kind)contact;
	for (size_t i = 0; i < COUNT(PARTS); i++)
		*part_of(&message, &PARTS[i]) = read_text(arena, root, PARTS[i].name);
	*message_r = message;
	return 0;
}

int letter_read(struct arena *arena, struct text json, struct message *message_r)
{
	json_t *root = NULL;
	const char *why;
	body_enter(arena);
	const int result = body_parse(json, &root, &why) == 0 ? read_message(arena, root, message_r) : -1;
	json_decref(root);
	body_leave();
	return result;
}
