#include "core/id.h"

#include <stdatomic.h>

#include "base/enc.h"
#include "crypto/rand.h"

void id_time(int64_t now, uint8_t out[static ID_TIME_SIZE])
{
	for (int i = 0; i < ID_TIME_SIZE; i++)
		out[i] = (uint8_t)(now >> (40 - 8 * i));
}

struct uuid uuid_of_chance(int64_t now, const uint8_t chance[static UUID_CHANCE_SIZE])
{
	struct uuid id;
	memcpy(id.b + ID_TIME_SIZE, chance, UUID_CHANCE_SIZE);
	id_time(now, id.b);
	id.b[6] = (uint8_t)(0x70 | (id.b[6] & 0x0f));
	id.b[8] = (uint8_t)(0x80 | (id.b[8] & 0x3f));
	return id;
}

int64_t uuid_time(struct uuid id)
{
	int64_t ms = 0;
	for (int i = 0; i < ID_TIME_SIZE; i++)
		ms = ms << 8 | id.b[i];
	return ms;
}

/* The 12 bits behind the ms: one more than those before in the same ms, which began at a random place in the lower half
 * (RFC 9562 section 6.2, method 1). An operation that lags behind another's ms has random ones. */
static unsigned place_within(int64_t now, unsigned chance)
{
	static _Atomic uint64_t latest; /* ms, and behind it the 12 bits */
	uint64_t before = atomic_load(&latest), place;
	do {
		const uint64_t ms = before >> 12;
		if (ms > (uint64_t)now)
			return chance;
		place = ms == (uint64_t)now ? before + 1 : (uint64_t)now << 12 | (chance >> 1);
	} while (!atomic_compare_exchange_weak(&latest, &before, place));
	return (unsigned)place & 0xfff;
}

struct uuid uuid_new(int64_t now)
{
	uint8_t chance[UUID_CHANCE_SIZE];
	rand_bytes(chance, sizeof chance);
	const unsigned place = place_within(now, (unsigned)(chance[0] & 0x0f) << 8 | chance[1]);
	chance[0] = (uint8_t)(place >> 8);
	chance[1] = (uint8_t)place;
	return uuid_of_chance(now, chance);
}

bool uuid_equal(struct uuid a, struct uuid b)
{
	return memcmp(a.b, b.b, sizeof a.b) == 0;
}

bool uuid_is_nil(struct uuid id)
{
	return uuid_equal(id, (struct uuid){{0}});
}

int uuid_read(struct text t, struct uuid *id_r)
{
	static const struct {
		uint8_t at, bytes;
	} GROUPS[] = {{0, 4}, {9, 2}, {14, 2}, {19, 2}, {24, 6}};
	if (t.n != UUID_TEXT_SIZE - 1 || t.p[8] != '-' || t.p[13] != '-' || t.p[18] != '-' || t.p[23] != '-')
		return -1;
	struct uuid id;
	uint8_t *out = id.b;
	for (size_t i = 0; i < COUNT(GROUPS); out += GROUPS[i].bytes, i++)
		TRY(enc_hex_read(text_bytes(t.p + GROUPS[i].at, 2u * GROUPS[i].bytes), out, GROUPS[i].bytes));
	*id_r = id;
	return 0;
}

void uuid_write(struct uuid id, char out[static UUID_TEXT_SIZE])
{
	char hex[33];
	enc_hex(id.b, sizeof id.b, hex);
	char *to = out;
	for (int i = 0; i < 32; i++) {
		if (i == 8 || i == 12 || i == 16 || i == 20)
			*to++ = '-';
		*to++ = hex[i];
	}
	*to = '\0';
}

void uuid_emit(struct emit *json, const char *key, struct uuid id)
{
	char t[UUID_TEXT_SIZE];
	uuid_write(id, t);
	if (uuid_is_nil(id))
		emit_null(json, key);
	else
		emit_text(json, key, text_bytes(t, UUID_TEXT_SIZE - 1));
}

void id_request(int64_t now, char out[static REQUEST_ID_SIZE])
{
	uint8_t ulid[16];
	id_time(now, ulid);
	rand_bytes(ulid + 6, 10);
	memcpy(out, "req_", 4);
	enc_crockford(ulid, sizeof ulid, out + 4);
	out[REQUEST_ID_SIZE - 1] = '\0';
}
