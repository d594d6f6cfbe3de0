#include "api/credentials.h"

#include "base/enc.h"

/* The credentials behind a scheme name; absent when the header is of another scheme. */
static struct text behind_scheme(struct text header, const char *scheme)
{
	struct text rest = header, name = text_cut(&rest, ' ');
	if (!text_equal_nocase(name, text_of(scheme)))
		return TEXT_NONE;
	return text_absent(rest) ? TEXT("") : text_trim(rest);
}

static void read_basic(struct op *op, struct text encoded, struct credentials *credentials)
{
	size_t n = 0;
	char *decoded = arena_alloc(op->arena, encoded.n + 1);
	credentials->has_secret = true;
	credentials->broken = enc_base64_read(encoded, decoded, encoded.n, &n) != 0 || !memchr(decoded, ':', n);
	if (credentials->broken)
		return;
	credentials->secret = text_bytes(decoded, n);
	credentials->app_id = text_cut(&credentials->secret, ':');
}

static struct text member(const json_t *json, const char *key)
{
	const json_t *value = json_object_get(json, key);
	return json_is_string(value) ? text_bytes(json_string_value(value), json_string_length(value)) : TEXT_NONE;
}

static bool contradicts(struct text a, struct text b)
{
	return !text_absent(a) && !text_absent(b) && !text_equal(a, b);
}

void credentials_read(struct op *op, const json_t *json, struct credentials *credentials)
{
	struct text header = http_field(op->request, "Authorization");
	struct text basic = behind_scheme(header, "Basic");
	credentials->bearer = behind_scheme(header, "Bearer");
	if (!text_absent(basic))
		read_basic(op, basic, credentials);

	struct text id = member(json, "app_id"), secret = member(json, "app_secret");
	const json_t *sent = json_object_get(json, "app_secret");
	bool sent_one = sent && !json_is_null(sent);
	credentials->has_secret |= sent_one;
	credentials->broken |= (sent_one && !json_is_string(sent)) || contradicts(credentials->app_id, id) ||
			       contradicts(credentials->secret, secret);
	if (text_absent(credentials->app_id))
		credentials->app_id = id;
	if (text_absent(credentials->secret))
		credentials->secret = secret;
}

void credentials_fill(const struct credentials *credentials, json_t *json)
{
	struct text id = credentials->app_id;
	if (json && !text_absent(id) && !json_object_get(json, "app_id") && text_is_utf8(id))
		json_object_set_new_nocheck(json, "app_id", json_stringn_nocheck(id.p, id.n));
}

const struct app *credentials_app(const struct credentials *credentials, const struct gate_callers *callers)
{
	struct uuid id;
	return uuid_read(credentials->app_id, &id) == 0 ? callers->app_find(id) : NULL;
}
