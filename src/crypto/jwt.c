#include "crypto/jwt.h"

#include <jansson.h>

#include "base/emit.h"
#include "base/enc.h"

#define ALGORITHM "ES256"
#define HEADER_MAX 256 /* bytes of its JSON: three short members */
#define SIGNATURE_CHARACTERS ENC_BASE64URL_SIZE(SIGN_SIZE)

void jwt_mint(struct buf *out, const struct sign_key *key, const char *kid, const char *typ, struct text claims)
{
	struct buf header;
	buf_init(&header, out->arena, HEADER_MAX);
	struct emit emit = emit_to(&header);
	emit_object(&emit, NULL);
	emit_string(&emit, "alg", ALGORITHM);
	emit_string(&emit, "typ", typ);
	emit_string(&emit, "kid", kid);
	emit_end_object(&emit);

	const size_t begin = out->n;
	enc_base64url_add(out, header.p, header.n);
	buf_add_char(out, '.');
	enc_base64url_add(out, claims.p, claims.n);
	uint8_t signature[SIGN_SIZE];
	sign_make(key, text_bytes(out->p + begin, out->n - begin), signature);
	buf_add_char(out, '.');
	enc_base64url_add(out, signature, sizeof signature);
}

/* The three segments, still encoded, and what the signature covers. */
struct parts {
	struct text header, claims, signature, signed_part;
};

static int split(struct text token, struct parts *parts_r)
{
	if (token.n > JWT_SIZE_MAX)
		return -1;
	struct text rest = token;
	struct parts parts = {.header = text_cut(&rest, '.'), .claims = text_cut(&rest, '.'), .signature = rest};
	if (parts.header.n == 0 || parts.header.n > ENC_BASE64URL_SIZE(HEADER_MAX) || parts.claims.n == 0 ||
		parts.signature.n != SIGNATURE_CHARACTERS)
		return -1;
	parts.signed_part = text_bytes(token.p, parts.header.n + 1 + parts.claims.n);
	*parts_r = parts;
	return 0;
}

/* Absent unless the object has a string of that name. */
static struct text member(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);
	return text_bytes(json_string_value(value), json_string_length(value));
}

static void free_json(json_t **json)
{
	json_decref(*json);
}

static int read_header(struct arena *arena, struct text encoded, const char *typ, struct text *kid_r)
{
	char decoded[HEADER_MAX];
	size_t n;
	TRY(enc_base64url_read(encoded, decoded, sizeof decoded, &n));
	CLEANUP(free_json) json_t *header = json_loadb(decoded, n, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(header) || json_object_size(header) != 3)
		return -1;
	const struct text kid = member(header, "kid");
	if (!text_equal(member(header, "alg"), TEXT(ALGORITHM)) || !text_equal(member(header, "typ"), text_of(typ)))
		return -1;
	if (kid.n == 0 || kid.n > JWT_KID_MAX)
		return -1;
	*kid_r = arena_copy(arena, kid);
	return 0;
}

int jwt_open(struct arena *arena, struct text token, const char *typ, jwt_find_key *find, void *context,
	struct text *claims_r)
{
	struct parts parts;
	TRY(split(token, &parts));
	struct text kid;
	TRY(read_header(arena, parts.header, typ, &kid));
	uint8_t signature[SIGN_SIZE];
	size_t n;
	TRY(enc_base64url_read(parts.signature, signature, sizeof signature, &n));
	const struct sign_key *key = find(context, kid);
	if (key == NULL)
		return -1;
	TRY(sign_check(key, parts.signed_part, signature));

	char *claims = arena_alloc(arena, parts.claims.n);
	TRY(enc_base64url_read(parts.claims, claims, parts.claims.n, &n));
	*claims_r = text_bytes(claims, n);
	return 0;
}

void jwt_jwk(struct buf *out, const struct sign_key *key, const char *kid)
{
	uint8_t x[32], y[32];
	sign_key_public(key, x, y);
	char x_text[ENC_BASE64URL_SIZE(sizeof x)], y_text[ENC_BASE64URL_SIZE(sizeof y)];
	enc_base64url(x, sizeof x, x_text);
	enc_base64url(y, sizeof y, y_text);

	struct emit emit = emit_to(out);
	emit_object(&emit, NULL);
	emit_string(&emit, "kty", "EC");
	emit_string(&emit, "crv", "P-256");
	emit_text(&emit, "x", text_bytes(x_text, sizeof x_text));
	emit_text(&emit, "y", text_bytes(y_text, sizeof y_text));
	emit_string(&emit, "use", "sig");
	emit_string(&emit, "alg", ALGORITHM);
	emit_string(&emit, "kid", kid);
	emit_end_object(&emit);
}
