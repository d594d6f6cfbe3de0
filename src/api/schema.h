/*
 * Field tables: what an endpoint takes, as rows right above its action. They fill a struct, name every bad field, and
 * describe themselves in /openapi.json.
 *
 *	struct send_body { struct uuid app_id; struct contact email; struct text purpose; };
 *	static const struct field SEND_FIELDS[] = {
 *		FIELD(struct send_body, app_id, uuid, .required = true, .help = "the app"),
 *		FIELD(struct send_body, email, email, .help = "where the code goes"),
 *		FIELD(struct send_body, purpose, name, .standard = "login", .help = "…"),
 *	};
 *
 * The compiler refuses a row whose type does not fit the member. Members of absent fields keep what .standard says, else
 * zero. Absent and null are the same, except that op->fields_null tells them apart for PATCH.
 */
#ifndef KW_API_SCHEMA_H
#define KW_API_SCHEMA_H

#include <jansson.h>

#include "core/contact.h"
#include "core/op.h"

struct text_list {
	const struct text *items;
	size_t count;
};

struct field;

/* How a JSON value (or the text of a path or query parameter, as a JSON string) becomes a member. */
struct field_type {
	const char *json_type, *format, *pattern; /* for OpenAPI; format and pattern may be NULL */
	/* NULL when value was taken into member, else a sentence about what it should have been. */
	const char *(*read)(struct op *op, const struct field *field, const json_t *value, void *member);
};

enum { SCHEMA_OBJECT_MAX = 4096 };

enum field_place { IN_BODY, IN_PATH, IN_QUERY };

struct field {
	const char *name;
	const struct field_type *type;
	size_t offset;
	enum field_place place;
	bool required;
	const char *standard;       /* for text and name: the value of an absent field */
	int64_t standard_int;       /* for int and flag */
	int64_t min, max;           /* int: the value; text: bytes; list: items. max 0: no bound of its own */
	const char *const *choices; /* text and list items: one of these, NULL-terminated; or NULL */
	const char *help;
};

/* The types, and the member each one fills. Rooms may add their own with FIELD_OF. */
extern const struct field_type field_uuid;               /* struct uuid, never nil */
extern const struct field_type field_email, field_phone; /* struct contact */
extern const struct field_type field_text; /* struct text, min-max bytes of UTF-8 without control characters */
extern const struct field_type
	field_secret; /* struct text, 1-256 characters of any text: tokens and codes are never "malformed" */
extern const struct field_type
	field_token; /* struct text, any text but an empty one: a signed token; what is too long for one is not ours */
extern const struct field_type field_challenge; /* struct text, an S256 challenge (core/pkce.h) */
extern const struct field_type field_state;     /* struct text, 0-512 bytes of printable ASCII: comes back as it went */
extern const struct field_type field_name;      /* struct text, [a-z][a-z0-9_]{0,31} */
extern const struct field_type field_object;    /* struct text: a JSON object, compact, at most max bytes (4,096) */
extern const struct field_type field_time;      /* int64_t, ms of an RFC 3339 time in UTC with Z */
extern const struct field_type field_cursor;    /* struct uuid: see api/listing.h */
extern const struct field_type field_int;       /* int64_t */
extern const struct field_type field_flag;      /* bool */
extern const struct field_type field_list;      /* struct text_list of strings */
typedef struct uuid field_uuid_member, field_cursor_member;
typedef struct contact field_email_member, field_phone_member;
typedef struct text field_text_member, field_secret_member, field_token_member, field_name_member,
	field_challenge_member, field_state_member, field_object_member;
typedef int64_t field_int_member, field_time_member;
typedef bool field_flag_member;
typedef struct text_list field_list_member;

/* offsetof, if the member is of that type; else a negative array size. */
#define FIELD_OFFSET(body, member, wanted)                                                                             \
	(offsetof(body, member) +                                                                                      \
		0 * sizeof(char[__builtin_types_compatible_p(__typeof__(((body *)0)->member), wanted) ? 1 : -1]))
#define FIELD_OF(body, member, type_object, member_type, ...)                                                          \
	{                                                                                                              \
		.name = #member, .type = &(type_object), .offset = FIELD_OFFSET(body, member, member_type),            \
		__VA_ARGS__                                                                                            \
	}
#define FIELD(body, member, kind, ...) FIELD_OF(body, member, field_##kind, field_##kind##_member, __VA_ARGS__)

/* Reads every field of the table into body: from the JSON object (may be NULL), the path parameters in order, the query.
 * Bad ones are noted in op, all of them. */
void schema_read(struct op *op, const struct field *fields, size_t count, const json_t *json,
	const struct text *path_params, void *body);
/* Whether a field of the operation's table was sent at all (null included), or was sent as null. */
bool schema_sent(const struct op *op, const char *field);
bool schema_sent_null(const struct op *op, const char *field);
/* Sent, and not as null. */
bool schema_given(const struct op *op, const char *field);
/* Notes a bad field by name with its rank in the table of op's endpoint; for an action's check. */
void schema_bad(struct op *op, const char *field, const char *message);

/* [a-z][a-z0-9_]{0,31}: what field_name takes. */
bool schema_is_name(struct text t);

#endif
