#include "keywright_license.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- License keys ---- */

enum { PREFIX_MIN = 2, PREFIX_MAX = 8, SYMBOLS = 30, CHECK = 5, GROUP = 5, TYPED_MAX = 256 };

static const char crockford[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* The symbol that a typed character stands for; NUL when none. */
static char symbol_of(char typed)
{
	static const char lower[] = "0123456789abcdefghjkmnpqrstvwxyz";
	if (typed == '\0')
		return '\0';
	if (typed == 'O' || typed == 'o')
		return '0';
	if (typed == 'I' || typed == 'i' || typed == 'L' || typed == 'l')
		return '1';
	const char *found = strchr(lower, typed);
	if (found != NULL)
		return crockford[found - lower];
	return strchr(crockford, typed) != NULL ? typed : '\0';
}

/* zlib's CRC-32. */
static uint32_t crc32_of(const char *bytes, size_t n)
{
	uint32_t crc = 0xffffffff;
	for (size_t i = 0; i < n; i++) {
		crc ^= (unsigned char)bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return crc ^ 0xffffffff;
}

static void show_key(const char *canonical, size_t prefix_n, char *shown)
{
	memcpy(shown, canonical, prefix_n);
	shown += prefix_n;
	for (size_t i = 0; i < SYMBOLS; i += GROUP) {
		*shown++ = '-';
		memcpy(shown, canonical + prefix_n + i, GROUP);
		shown += GROUP;
	}
}

bool keywright_key_read(const char *typed, size_t size, struct keywright_key *key)
{
	struct keywright_key read = {{0}, {0}, {0}};
	size_t n = 0;
	if (size > TYPED_MAX)
		return false;
	for (size_t i = 0; i < size; i++) {
		if (typed[i] == ' ' || typed[i] == '-')
			continue;
		const char symbol = symbol_of(typed[i]);
		if (symbol == '\0' || n == PREFIX_MAX + SYMBOLS)
			return false;
		read.canonical[n++] = symbol;
	}
	if (n < PREFIX_MIN + SYMBOLS)
		return false;

	/* the last five symbols are the low 25 bits of the checksum of all before them */
	const uint32_t crc = crc32_of(read.canonical, n - CHECK);
	for (size_t i = 0; i < CHECK; i++)
		if (read.canonical[n - 1 - i] != crockford[crc >> 5 * i & 31])
			return false;
	memcpy(read.prefix, read.canonical, n - SYMBOLS);
	show_key(read.canonical, n - SYMBOLS, read.shown);
	*key = read;
	return true;
}

/* ---- base64url (RFC 4648 section 5), without padding, each text the only one of its bytes ---- */

static int six_bits(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '-' ? 62 : c == '_' ? 63 : -1;
}

static bool base64url_read(const char *text, size_t size, unsigned char *out, size_t room, size_t *n_r)
{
	uint32_t bits = 0;
	size_t n = 0;
	if (size % 4 == 1 || size / 4 * 3 + size % 4 * 3 / 4 > room)
		return false;
	for (size_t i = 0; i < size; i++) {
		const int six = six_bits(text[i]);
		if (six < 0)
			return false;
		bits = bits << 6 | (uint32_t)six;
		if (i % 4 != 0)
			out[n++] = (unsigned char)(bits >> (6 - 2 * (i % 4)));
	}
	const uint32_t stray = size % 4 == 2 ? bits & 15 : size % 4 == 3 ? bits & 3 : 0;
	*n_r = n;
	return stray == 0;
}

/* ---- JSON (RFC 8259), as much as leases and keys have: flat objects, and one inside another where it is expected ----
 *
 * The text ends with NUL and has none before, so no reader runs over its end. Strings are decoded where they stand, which
 * never makes them longer, and end with NUL. */

enum { TRUE_WORD = 1, OTHER_WORD, NUMBER, INTEGER, TEXT, OBJECT };
/* Powers of ten in numbers, as written and with the digits behind the point: all are finite, and none becomes 0. */
enum { POWER_MAX = 250, SCALE_MAX = 280 };

struct json {
	char *begin, *at;
};

struct object {
	struct keywright_member *members;
	size_t n, room;
	/* The one member that must be an object, if it is there, and where it goes; NULL: none may be. */
	const char *inner_name;
	struct object *inner;
};

static void skip_blank(struct json *json)
{
	json->at += strspn(json->at, " \t\r\n");
}

static bool take(struct json *json, char c)
{
	skip_blank(json);
	if (*json->at != c)
		return false;
	json->at++;
	return true;
}

static bool read_hex4(const char *at, uint32_t *value_r)
{
	uint32_t value = 0;
	for (int i = 0; i < 4; i++) {
		const char c = at[i];
		if (c >= '0' && c <= '9')
			value = value << 4 | (uint32_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			value = value << 4 | (uint32_t)(c - 'a' + 10);
		else if (c >= 'A' && c <= 'F')
			value = value << 4 | (uint32_t)(c - 'A' + 10);
		else
			return false;
	}
	*value_r = value;
	return true;
}

static char *write_utf8(char *out, uint32_t code)
{
	if (code < 0x80) {
		*out++ = (char)code;
	} else if (code < 0x800) {
		*out++ = (char)(0xc0 | code >> 6);
		*out++ = (char)(0x80 | (code & 63));
	} else if (code < 0x10000) {
		*out++ = (char)(0xe0 | code >> 12);
		*out++ = (char)(0x80 | (code >> 6 & 63));
		*out++ = (char)(0x80 | (code & 63));
	} else {
		*out++ = (char)(0xf0 | code >> 18);
		*out++ = (char)(0x80 | (code >> 12 & 63));
		*out++ = (char)(0x80 | (code >> 6 & 63));
		*out++ = (char)(0x80 | (code & 63));
	}
	return out;
}

/* What stands behind a backslash. Lone surrogates and U+0000 are refused. */
static bool read_escape(char **in, char **out)
{
	static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
	uint32_t code, low;
	const char *found = **in != '\0' ? strchr(names, **in) : NULL;
	if (found != NULL) {
		*(*out)++ = values[found - names];
		(*in)++;
		return true;
	}
	if (**in != 'u' || !read_hex4(*in + 1, &code))
		return false;
	*in += 5;
	if (code >= 0xd800 && code < 0xdc00) {
		if ((*in)[0] != '\\' || (*in)[1] != 'u' || !read_hex4(*in + 2, &low) || low < 0xdc00 || low > 0xdfff)
			return false;
		*in += 6;
		code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
	}
	if (code == 0 || (code >= 0xd800 && code < 0xe000))
		return false;
	*out = write_utf8(*out, code);
	return true;
}

/* How many bytes the well-formed UTF-8 character has (RFC 3629: no overlongs, no surrogates); 0 when it is none. */
static size_t utf8_size(const unsigned char *at)
{
	const unsigned char second = at[0] ? at[1] : 0;
	if (at[0] < 0x80)
		return at[0] != 0;
	if (at[0] >= 0xc2 && at[0] <= 0xdf)
		return second >> 6 == 2 ? 2 : 0;
	if (at[0] >= 0xe0 && at[0] <= 0xef) {
		const unsigned from = at[0] == 0xe0 ? 0xa0 : 0x80, to = at[0] == 0xed ? 0x9f : 0xbf;
		return second >= from && second <= to && at[2] >> 6 == 2 ? 3 : 0;
	}
	if (at[0] >= 0xf0 && at[0] <= 0xf4) {
		const unsigned from = at[0] == 0xf0 ? 0x90 : 0x80, to = at[0] == 0xf4 ? 0x8f : 0xbf;
		return second >= from && second <= to && at[2] >> 6 == 2 && at[3] >> 6 == 2 ? 4 : 0;
	}
	return 0;
}

static bool read_text(struct json *json, unsigned *begin_r)
{
	if (!take(json, '"'))
		return false;
	char *in = json->at, *out = json->at;
	*begin_r = (unsigned)(out - json->begin);
	while (*in != '"') {
		if (*in == '\\') {
			in++;
			if (!read_escape(&in, &out))
				return false;
			continue;
		}
		const size_t n = utf8_size((const unsigned char *)in);
		if (n == 0 || (unsigned char)*in < 0x20)
			return false;
		memmove(out, in, n);
		in += n;
		out += n;
	}
	*out = '\0';
	json->at = in + 1;
	return true;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Appends the digits to *value, 18 at most, and returns how many there were. *left_r is how many of them did not fit. */
static int read_digits(struct json *json, uint64_t *value, int *left_r)
{
	int n = 0, left = 0;
	for (; is_digit(*json->at); json->at++, n++) {
		if (*value >= UINT64_C(100000000000000000))
			left++;
		else
			*value = *value * 10 + (uint64_t)(*json->at - '0');
	}
	*left_r = left;
	return n;
}

/* .5e-3, as much of it as there is: changes the power of ten by which value is to be scaled. */
static bool read_fraction(struct json *json, uint64_t *value, int *scale)
{
	int left;
	if (*json->at == '.') {
		json->at++;
		const int digits = read_digits(json, value, &left);
		if (digits == 0)
			return false;
		*scale -= digits - left;
	}
	if (*json->at == 'e' || *json->at == 'E') {
		uint64_t power = 0;
		json->at++;
		const bool small = *json->at == '-';
		json->at += *json->at == '-' || *json->at == '+';
		if (read_digits(json, &power, &left) == 0 || power > POWER_MAX)
			return false;
		*scale += small ? -(int)power : (int)power;
	}
	return *scale <= SCALE_MAX && *scale >= -SCALE_MAX;
}

/* By hand, since strtod takes its decimal point from the locale. Right to 15 digits; integers of 15 are exact. */
static bool read_number(struct json *json, struct keywright_member *member)
{
	uint64_t value = 0;
	int scale = 0;
	const bool negative = *json->at == '-';
	json->at += negative;
	const char *begin = json->at;
	const int digits = read_digits(json, &value, &scale);
	if (digits == 0 || (*begin == '0' && digits > 1))
		return false;
	const char *end = json->at;
	if (!read_fraction(json, &value, &scale))
		return false;
	member->kind = json->at == end ? INTEGER : NUMBER;

	long double scaled = (long double)value, ten_to_the = 1;
	for (int i = scale; i != 0; i += i < 0 ? 1 : -1)
		ten_to_the *= 10;
	scaled = scale < 0 ? scaled / ten_to_the : scaled * ten_to_the;
	member->number = (double)(negative ? -scaled : scaled);
	return true;
}

static bool take_word(struct json *json, const char *word)
{
	const size_t n = strlen(word);
	if (strncmp(json->at, word, n) != 0)
		return false;
	json->at += n;
	return true;
}

/* All but objects and arrays. */
static bool read_plain(struct json *json, struct keywright_member *member)
{
	skip_blank(json);
	if (*json->at == '"') {
		member->kind = TEXT;
		return read_text(json, &member->text);
	}
	if (*json->at == '-' || is_digit(*json->at))
		return read_number(json, member);
	member->kind = take_word(json, "true") ? TRUE_WORD : OTHER_WORD;
	return member->kind == TRUE_WORD || take_word(json, "false") || take_word(json, "null");
}

static const struct keywright_member *find(
	const char *json, const struct keywright_member *members, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(json + members[i].name, name) == 0)
			return &members[i];
	return NULL;
}

/* Objects go no deeper than the caller has provided for. No name comes twice. */
static bool read_object(struct json *json, struct object *object)
{
	if (!take(json, '{'))
		return false;
	if (take(json, '}'))
		return true;
	do {
		if (object->n == object->room)
			return false;
		struct keywright_member *member = &object->members[object->n];
		memset(member, 0, sizeof *member);
		if (!read_text(json, &member->name) || !take(json, ':'))
			return false;
		const char *name = json->begin + member->name;
		if (find(json->begin, object->members, object->n, name) != NULL)
			return false;
		object->n++;
		const bool inner = object->inner != NULL && strcmp(name, object->inner_name) == 0;
		member->kind = OBJECT;
		if (inner ? !read_object(json, object->inner) : !read_plain(json, member))
			return false;
	} while (take(json, ','));
	return take(json, '}');
}

static bool at_end(struct json *json)
{
	skip_blank(json);
	return *json->at == '\0';
}

/* The string of that name, NULL when there is none. */
static const char *text_member(const char *json, const struct object *object, const char *name)
{
	const struct keywright_member *member = find(json, object->members, object->n, name);
	return member != NULL && member->kind == TEXT ? json + member->text : NULL;
}

static bool text_member_is(const char *json, const struct object *object, const char *name, const char *expected)
{
	const char *text = text_member(json, object, name);
	return text != NULL && strcmp(text, expected) == 0;
}

/* Copies the string of that name, which is not empty and fits. */
static bool copy_member(const char *json, const struct object *object, const char *name, char *out, size_t room)
{
	const char *text = text_member(json, object, name);
	if (text == NULL || *text == '\0' || strlen(text) >= room)
		return false;
	memcpy(out, text, strlen(text) + 1);
	return true;
}

/* ---- Public keys ---- */

enum { COORDINATE = 32, JWK_MEMBERS_MAX = 16 };

/* NULL when x and y are no point of P-256. */
static EVP_PKEY *public_key(const unsigned char *x, const unsigned char *y)
{
	char curve[] = "prime256v1";
	unsigned char point[1 + 2 * COORDINATE] = {POINT_CONVERSION_UNCOMPRESSED};
	memcpy(point + 1, x, COORDINATE);
	memcpy(point + 1 + COORDINATE, y, COORDINATE);
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, curve, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point),
		OSSL_PARAM_construct_end(),
	};
	EVP_PKEY *key = NULL;
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	if (context != NULL && EVP_PKEY_fromdata_init(context) == 1 &&
		EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(context);
	return key;
}

static bool is_point(const unsigned char *x, const unsigned char *y)
{
	ERR_set_mark();
	EVP_PKEY *key = public_key(x, y);
	EVP_PKEY_CTX *context = key != NULL ? EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL) : NULL;
	const bool sound = context != NULL && EVP_PKEY_public_check(context) == 1;
	EVP_PKEY_CTX_free(context);
	EVP_PKEY_free(key);
	ERR_pop_to_mark();
	return sound;
}

static bool read_coordinate(const char *json, const struct object *jwk, const char *name, unsigned char *out)
{
	const char *text = text_member(json, jwk, name);
	size_t n;
	return text != NULL && base64url_read(text, strlen(text), out, COORDINATE, &n) && n == COORDINATE;
}

static bool is_pinned(const struct keywright_pins *pins, const char *kid, size_t *index_r)
{
	for (size_t i = 0; i < pins->count; i++)
		if (strcmp(pins->pin[i].kid, kid) == 0) {
			*index_r = i;
			return true;
		}
	return false;
}

/* One JWK (RFC 7517), added to pins if it is a key for leases. */
static bool read_jwk(struct json *json, struct keywright_pins *pins)
{
	struct keywright_member members[JWK_MEMBERS_MAX];
	struct object jwk = {members, 0, COUNT(members), NULL, NULL};
	if (!read_object(json, &jwk))
		return false;
	const char *kid = text_member(json->begin, &jwk, "kid");
	if (kid == NULL || strncmp(kid, "lic_", 4) != 0)
		return true;
	size_t index = pins->count;
	if (index == COUNT(pins->pin) || is_pinned(pins, kid, &index) ||
		!copy_member(json->begin, &jwk, "kid", pins->pin[index].kid, sizeof pins->pin[index].kid))
		return false;
	unsigned char *x = pins->pin[index].x, *y = pins->pin[index].y;
	pins->count++;
	return text_member_is(json->begin, &jwk, "kty", "EC") && text_member_is(json->begin, &jwk, "crv", "P-256") &&
	       text_member_is(json->begin, &jwk, "alg", "ES256") && text_member_is(json->begin, &jwk, "use", "sig") &&
	       read_coordinate(json->begin, &jwk, "x", x) && read_coordinate(json->begin, &jwk, "y", y) &&
	       is_point(x, y);
}

bool keywright_pins_read(const char *jwks, size_t size, struct keywright_pins *pins)
{
	char text[KEYWRIGHT_JWKS_MAX + 1];
	struct keywright_pins read;
	unsigned name;
	if (size == 0 || size > KEYWRIGHT_JWKS_MAX || memchr(jwks, '\0', size) != NULL)
		return false;
	memset(&read, 0, sizeof read);
	memcpy(text, jwks, size);
	text[size] = '\0';
	struct json json = {text, text};
	if (!take(&json, '{') || !read_text(&json, &name) || strcmp(text + name, "keys") != 0 || !take(&json, ':') ||
		!take(&json, '['))
		return false;
	do {
		if (!read_jwk(&json, &read))
			return false;
	} while (take(&json, ','));
	if (!take(&json, ']') || !take(&json, '}') || !at_end(&json) || read.count == 0)
		return false;
	*pins = read;
	return true;
}

/* ---- Leases: compact JWS (RFC 7515) with ES256 ---- */

enum { HEADER_MAX = 256, CLAIMS_MAX = 24, SIGNATURE = 64, SHA256 = 32 };
static const double LAST_SECOND = 253402300799; /* of the year 9999 */

/* Still encoded. */
struct slice {
	const char *p;
	size_t n;
};
struct token {
	struct slice header, claims, signature, signed_part;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool cut_at_dot(struct slice *rest, struct slice *part_r)
{
	const char *dot = rest->n > 0 ? memchr(rest->p, '.', rest->n) : NULL;
	if (dot == NULL)
		return false;
	part_r->p = rest->p;
	part_r->n = (size_t)(dot - rest->p);
	rest->p = dot + 1;
	rest->n -= part_r->n + 1;
	return true;
}

static bool split(struct slice text, struct token *token_r)
{
	while (text.n > 0 && is_blank(text.p[0])) {
		text.p++;
		text.n--;
	}
	while (text.n > 0 && is_blank(text.p[text.n - 1]))
		text.n--;
	token_r->signed_part.p = text.p;
	token_r->signature = text;
	if (text.n > KEYWRIGHT_LEASE_MAX || !cut_at_dot(&token_r->signature, &token_r->header) ||
		!cut_at_dot(&token_r->signature, &token_r->claims))
		return false;
	token_r->signed_part.n = token_r->header.n + 1 + token_r->claims.n;
	return true;
}

/* Decodes into out, which has room for a NUL as well. */
static bool decode_json(struct slice encoded, char *out, size_t room)
{
	size_t n;
	if (!base64url_read(encoded.p, encoded.n, (unsigned char *)out, room - 1, &n) || memchr(out, '\0', n) != NULL)
		return false;
	out[n] = '\0';
	return true;
}

/* The header is exactly what the server writes: whatever else a JWS header may say (crit, jwk, …) is refused. */
static enum keywright_result find_pin(struct slice encoded, const struct keywright_pins *pins, size_t *index_r)
{
	char text[HEADER_MAX + 1];
	struct keywright_member members[3];
	struct object header = {members, 0, COUNT(members), NULL, NULL};
	struct json json = {text, text};
	if (!decode_json(encoded, text, sizeof text) || !read_object(&json, &header) || !at_end(&json))
		return KEYWRIGHT_MALFORMED;
	const char *kid = text_member(text, &header, "kid");
	if (kid == NULL || !text_member_is(text, &header, "alg", "ES256") ||
		!text_member_is(text, &header, "typ", "license+jwt"))
		return KEYWRIGHT_MALFORMED;
	return is_pinned(pins, kid, index_r) ? KEYWRIGHT_OK : KEYWRIGHT_UNKNOWN_KEY;
}

/* OpenSSL wants r and s as DER; the result is freed with OPENSSL_free. 0 when there is no memory. */
static size_t signature_as_der(const unsigned char *pair, unsigned char **der_r)
{
	ECDSA_SIG *signature = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(pair, COORDINATE, NULL), *s = BN_bin2bn(pair + COORDINATE, COORDINATE, NULL);
	if (signature == NULL || r == NULL || s == NULL || ECDSA_SIG_set0(signature, r, s) != 1) {
		BN_free(r);
		BN_free(s);
		ECDSA_SIG_free(signature);
		return 0;
	}
	const int n = i2d_ECDSA_SIG(signature, der_r);
	ECDSA_SIG_free(signature);
	return n > 0 ? (size_t)n : 0;
}

static enum keywright_result check_signature(EVP_PKEY *key, struct slice data, const unsigned char *pair)
{
	unsigned char *der = NULL;
	const size_t der_n = signature_as_der(pair, &der);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	enum keywright_result result = KEYWRIGHT_CRYPTO_FAILED;
	if (key != NULL && der_n > 0 && context != NULL &&
		EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1)
		result = EVP_DigestVerify(context, der, der_n, (const unsigned char *)data.p, data.n) == 1
				 ? KEYWRIGHT_OK
				 : KEYWRIGHT_BAD_SIGNATURE;
	EVP_MD_CTX_free(context);
	OPENSSL_free(der);
	return result;
}

static enum keywright_result verify(const struct token *token, const struct keywright_pins *pins)
{
	unsigned char pair[SIGNATURE];
	size_t n, index;
	if (!base64url_read(token->signature.p, token->signature.n, pair, sizeof pair, &n) || n != sizeof pair)
		return KEYWRIGHT_MALFORMED;
	enum keywright_result result = find_pin(token->header, pins, &index);
	if (result != KEYWRIGHT_OK)
		return result;
	ERR_set_mark();
	EVP_PKEY *key = public_key(pins->pin[index].x, pins->pin[index].y);
	result = check_signature(key, token->signed_part, pair);
	EVP_PKEY_free(key);
	ERR_pop_to_mark();
	return result;
}

static bool read_time(const char *json, const struct object *claims, const char *name, int64_t *time_r)
{
	const struct keywright_member *member = find(json, claims->members, claims->n, name);
	if (member == NULL || member->kind != INTEGER || member->number < 0 || member->number > LAST_SECOND)
		return false;
	*time_r = (int64_t)member->number;
	return true;
}

static bool are_entitlements(const struct object *ent)
{
	for (size_t i = 0; i < ent->n; i++)
		if (ent->members[i].kind == OTHER_WORD)
			return false;
	return true;
}

/* What the claims say, and whether to the app and the device that are expected. */
static enum keywright_result read_claims(struct slice encoded, const struct keywright_expected *expected,
	const char *device, struct keywright_lease *lease)
{
	struct keywright_member members[CLAIMS_MAX];
	struct object ent = {lease->entitlement, 0, COUNT(lease->entitlement), NULL, NULL};
	struct object claims = {members, 0, COUNT(members), "ent", &ent};
	struct json json = {lease->json, lease->json};
	if (!decode_json(encoded, lease->json, sizeof lease->json) || !read_object(&json, &claims) || !at_end(&json) ||
		!are_entitlements(&ent))
		return KEYWRIGHT_MALFORMED;
	const char *app_id = text_member(lease->json, &claims, "aud"),
		   *owner = text_member(lease->json, &claims, "device");
	if (app_id == NULL || owner == NULL || !read_time(lease->json, &claims, "iat", &lease->issued_at) ||
		!read_time(lease->json, &claims, "nbf", &lease->not_before) ||
		!read_time(lease->json, &claims, "exp", &lease->expires_at) ||
		!read_time(lease->json, &claims, "refresh_after", &lease->refresh_after) ||
		!copy_member(lease->json, &claims, "sub", lease->license_id, sizeof lease->license_id) ||
		!copy_member(lease->json, &claims, "aid", lease->activation_id, sizeof lease->activation_id))
		return KEYWRIGHT_MALFORMED;
	lease->entitlements = ent.n;
	if (strcmp(app_id, expected->app_id) != 0)
		return KEYWRIGHT_WRONG_APP;
	return strcmp(owner, device) == 0 ? KEYWRIGHT_OK : KEYWRIGHT_WRONG_DEVICE;
}

void keywright_clock_online(struct keywright_clock *clock)
{
	clock->issued = clock->seen = 0;
}

/* A later time of issue is the server's word, which outranks whatever the clock has shown before. */
static void look_at_clock(struct keywright_clock *clock, int64_t issued_at, int64_t now)
{
	if (issued_at > clock->issued)
		clock->issued = clock->seen = issued_at;
	if (now > clock->seen)
		clock->seen = now;
}

static enum keywright_result judge_time(
	const struct keywright_lease *lease, const struct keywright_clock *clock, int64_t now)
{
	if (now < clock->seen - KEYWRIGHT_CLOCK_TOLERANCE)
		return KEYWRIGHT_CLOCK_MOVED_BACK;
	if (now < lease->not_before - KEYWRIGHT_CLOCK_TOLERANCE)
		return KEYWRIGHT_NOT_YET_VALID;
	if (now >= lease->expires_at)
		return KEYWRIGHT_EXPIRED;
	return now >= lease->refresh_after ? KEYWRIGHT_OK_REFRESH_DUE : KEYWRIGHT_OK;
}

/* Lower-case hex of the SHA-256. */
static bool hash_device(const char *device_id, char hex[2 * SHA256 + 1])
{
	unsigned char hash[SHA256];
	if (EVP_Digest(device_id, strlen(device_id), hash, NULL, EVP_sha256(), NULL) != 1)
		return false;
	for (size_t i = 0; i < sizeof hash; i++) {
		hex[2 * i] = "0123456789abcdef"[hash[i] >> 4];
		hex[2 * i + 1] = "0123456789abcdef"[hash[i] & 15];
	}
	hex[2 * SHA256] = '\0';
	return true;
}

enum keywright_result keywright_lease_check(const char *text, size_t size, const struct keywright_expected *expected,
	struct keywright_clock *clock, struct keywright_lease *lease)
{
	const struct slice all = {text, size};
	struct token token;
	char device[2 * SHA256 + 1];
	memset(lease, 0, sizeof *lease);
	enum keywright_result result = split(all, &token) ? verify(&token, expected->pins) : KEYWRIGHT_MALFORMED;
	if (result == KEYWRIGHT_OK && !hash_device(expected->device_id, device))
		result = KEYWRIGHT_CRYPTO_FAILED;
	if (result == KEYWRIGHT_OK)
		result = read_claims(token.claims, expected, device, lease);
	if (result != KEYWRIGHT_OK) {
		memset(lease, 0, sizeof *lease);
		return result;
	}
	const int64_t now = expected->now > 0 ? expected->now : 0;
	look_at_clock(clock, lease->issued_at, now);
	result = judge_time(lease, clock, now);
	if (!keywright_may_run(result))
		lease->entitlements = 0;
	return result;
}

bool keywright_may_run(enum keywright_result result)
{
	return result == KEYWRIGHT_OK || result == KEYWRIGHT_OK_REFRESH_DUE;
}

const char *keywright_result_text(enum keywright_result result)
{
	switch (result) {
	case KEYWRIGHT_OK: return "The license holds on this device.";
	case KEYWRIGHT_OK_REFRESH_DUE: return "The license holds on this device; go online soon to renew it.";
	case KEYWRIGHT_EXPIRED: return "The offline time of this license has ended; go online to renew it.";
	case KEYWRIGHT_NOT_YET_VALID: return "The license is not valid yet.";
	case KEYWRIGHT_WRONG_DEVICE: return "The license was activated on another device.";
	case KEYWRIGHT_WRONG_APP: return "The license is for another product.";
	case KEYWRIGHT_BAD_SIGNATURE: return "The stored license was changed; go online to get it anew.";
	case KEYWRIGHT_UNKNOWN_KEY: return "This version does not know who signed the license; update the program.";
	case KEYWRIGHT_MALFORMED: return "There is no readable license; activate this device.";
	case KEYWRIGHT_CLOCK_MOVED_BACK: return "The clock of this device is behind; set it right, then go online.";
	case KEYWRIGHT_CRYPTO_FAILED: return "The license could not be checked; try again.";
	}
	return "The license could not be checked.";
}

/* ---- Entitlements ---- */

static const struct keywright_member *entitlement(const struct keywright_lease *lease, const char *name)
{
	return find(lease->json, lease->entitlement, lease->entitlements, name);
}

bool keywright_lease_flag(const struct keywright_lease *lease, const char *name)
{
	const struct keywright_member *member = entitlement(lease, name);
	return member != NULL && member->kind == TRUE_WORD;
}

bool keywright_lease_number(const struct keywright_lease *lease, const char *name, double *number_r)
{
	const struct keywright_member *member = entitlement(lease, name);
	if (member == NULL || (member->kind != NUMBER && member->kind != INTEGER))
		return false;
	*number_r = member->number;
	return true;
}

const char *keywright_lease_text(const struct keywright_lease *lease, const char *name)
{
	const struct keywright_member *member = entitlement(lease, name);
	return member != NULL && member->kind == TEXT ? lease->json + member->text : NULL;
}

const char *keywright_lease_name(const struct keywright_lease *lease, size_t index)
{
	return index < lease->entitlements ? lease->json + lease->entitlement[index].name : NULL;
}
