/*
 * The C client: tokens, headers, claims, entitlements, key sets and license keys of any bytes; the first byte of the input
 * says which. Headers and claims are rightly signed, so that only the reader stands between them and a device that runs.
 * What it takes, jansson takes too and reads the same; a license key it reads as the server does.
 */
#include <jansson.h>
#include <math.h>

#include "base/enc.h"
#include "crypto/jwt.h"
#include "keywright_license.h"
#include "license/license_key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HEADER TEXT("{\"alg\":\"ES256\",\"typ\":\"license+jwt\",\"kid\":\"lic_1\"}")
#define CLAIMS                                                                                                         \
	"{\"sub\":\"l\",\"aud\":\"app-1\",\"device\":"                                                                 \
	"\"03204de92e11fc8c528139be419065920eb83dbff1a4663bbea455aa6e9702bd\","                                        \
	"\"aid\":\"a\",\"iat\":1000000,\"nbf\":1000000,\"exp\":1604800,\"refresh_after\":1100000,\"ent\":%.*s}"

static struct sign_key *signer;
static struct keywright_pins pins;

static void start(struct arena *arena)
{
	struct buf jwks;
	signer = sign_key_generate();
	buf_init(&jwks, arena, 512);
	buf_add(&jwks, TEXT("{\"keys\":["));
	jwt_jwk(&jwks, signer, "lic_1");
	buf_add(&jwks, TEXT("]}"));
	MUST(keywright_pins_read(jwks.p, jwks.n, &pins));
}

static struct text signed_token(struct arena *arena, struct text header, struct text claims)
{
	struct buf token;
	uint8_t signature[SIGN_SIZE];
	buf_init(&token, arena, 0);
	enc_base64url_add(&token, header.p, header.n);
	buf_add_char(&token, '.');
	enc_base64url_add(&token, claims.p, claims.n);
	sign_make(signer, buf_text(&token), signature);
	buf_add_char(&token, '.');
	enc_base64url_add(&token, signature, sizeof signature);
	return buf_text(&token);
}

static struct keywright_lease lease;
/* Into lease, which is empty when it is none of ours. */
static enum keywright_result judge(struct text token)
{
	static const struct keywright_lease EMPTY;
	const struct keywright_expected expected = {&pins, "app-1", "device-1", 1050000};
	struct keywright_clock clock = {0, 0};
	const enum keywright_result result = keywright_lease_check(token.p, token.n, &expected, &clock, &lease);
	if (result >= KEYWRIGHT_WRONG_DEVICE && result <= KEYWRIGHT_MALFORMED)
		MUST(memcmp(&lease, &EMPTY, sizeof lease) == 0 && clock.issued == 0 && clock.seen == 0);
	else
		MUST(clock.issued == lease.issued_at && clock.seen >= clock.issued && clock.seen >= 1050000);
	if (!keywright_may_run(result))
		MUST(keywright_lease_name(&lease, 0) == NULL);
	return result;
}

static json_t *parsed(struct text json)
{
	return json_loadb(json.p, json.n, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, NULL);
}

static void check_entitlement(const char *name, const json_t *value)
{
	double number = 0;
	const double expected = json_number_value(value);
	const char *text = keywright_lease_text(&lease, name);
	MUST(keywright_lease_flag(&lease, name) == json_is_true(value));
	MUST(keywright_lease_number(&lease, name, &number) == json_is_number(value));
	MUST(fabs(number - expected) <= fabs(expected) * 1e-15);
	MUST((text != NULL) == json_is_string(value) && (!text || strcmp(text, json_string_value(value)) == 0));
	MUST(json_is_true(value) || json_is_number(value) || json_is_string(value));
}

static void check_claims(struct text claims, enum keywright_result result)
{
	if (result == KEYWRIGHT_MALFORMED)
		return;
	json_t *json = parsed(claims);
	MUST(json_is_object(json));
	const json_t *ent = json_object_get(json, "ent");
	if (result != KEYWRIGHT_WRONG_APP && result != KEYWRIGHT_WRONG_DEVICE) {
		MUST(strcmp(lease.license_id, json_string_value(json_object_get(json, "sub"))) == 0);
		MUST((double)lease.expires_at == json_number_value(json_object_get(json, "exp")));
	}
	if (keywright_may_run(result)) {
		MUST(lease.expires_at > 1050000 && lease.entitlements == json_object_size(ent));
		for (size_t i = 0; i < lease.entitlements; i++) {
			const char *name = keywright_lease_name(&lease, i);
			check_entitlement(name, json_object_get(ent, name));
		}
	}
	json_decref(json);
}

static void check_header(struct text header, enum keywright_result result)
{
	if (result == KEYWRIGHT_MALFORMED || result == KEYWRIGHT_UNKNOWN_KEY)
		return;
	json_t *ours = parsed(HEADER), *json = parsed(header);
	MUST(result == KEYWRIGHT_OK && json_equal(ours, json));
	json_decref(ours);
	json_decref(json);
}

static void check_jwks(struct text jwks)
{
	struct keywright_pins read;
	if (!keywright_pins_read(jwks.p, jwks.n, &read))
		return;
	json_t *json = parsed(jwks);
	MUST(read.count > 0 && read.count <= json_array_size(json_object_get(json, "keys")));
	for (size_t i = 0; i < read.count; i++) {
		struct sign_key *key = sign_key_from_public(read.pin[i].x, read.pin[i].y);
		MUST(key != NULL && strncmp(read.pin[i].kid, "lic_", 4) == 0);
		sign_key_free(key);
	}
	json_decref(json);
}

static void check_key(struct arena *arena, struct text typed)
{
	struct keywright_key key;
	struct license_key ours;
	const bool read = keywright_key_read(typed.p, typed.n, &key);
	MUST(read == (license_key_read(typed, &ours) == ERR_NONE));
	if (!read)
		return;
	MUST(text_equal(text_of(key.canonical), license_key_canonical(&ours)));
	MUST(text_equal(text_of(key.prefix), license_key_prefix(&ours)));
	MUST(text_equal(text_of(key.shown), license_key_show(arena, &ours)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	struct arena *arena = arena_new();
	if (signer == NULL)
		start(arena);
	const struct text input = text_bytes(data + 1, size - 1);
	const struct text claims = data[0] == 'c' ? input : arena_printf(arena, CLAIMS, TEXT_ARG(TEXT("{}")));
	const struct text entitled = arena_printf(arena, CLAIMS, TEXT_ARG(input));
	switch (data[0]) {
	case 't': MUST(judge(input) >= KEYWRIGHT_BAD_SIGNATURE); break;
	case 'h': check_header(input, judge(signed_token(arena, input, claims))); break;
	case 'c': check_claims(claims, judge(signed_token(arena, HEADER, claims))); break;
	case 'e': check_claims(entitled, judge(signed_token(arena, HEADER, entitled))); break;
	case 'j': check_jwks(input); break;
	case 'k': check_key(arena, input); break;
	default: break;
	}
	arena_free(arena);
	return 0;
}
