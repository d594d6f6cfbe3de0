#include "token/refresh.h"

#include <zlib.h>

#include "base/enc.h"

static const struct text PREFIX = {"kwr_", 4};

/* The bytes behind the prefix; the order on the wire is the order here. */
enum { VERSION = 1, PROOF_SIZE = 16 };
struct wire {
	uint8_t version;
	struct uuid app_id, session_id;
	uint8_t generation[4];
	uint8_t proof[PROOF_SIZE]; /* MAC over all before it */
	uint8_t crc[4];            /* CRC-32 over all before it */
};
enum { WIRE_TEXT_SIZE = ENC_BASE64URL_SIZE(sizeof(struct wire)) };
_Static_assert(sizeof(struct wire) == 57, "no padding");

static struct mac_key *proof_key, *repeat_key;

void refresh_start(const struct house *house)
{
	proof_key = mac_key_new(house->master, "refresh token");
	repeat_key = mac_key_new(house->master, "refresh idempotency key");
}

void refresh_stop(void)
{
	mac_key_free(proof_key);
	mac_key_free(repeat_key);
	proof_key = repeat_key = NULL;
}

static void put_32(uint8_t out[static 4], uint32_t value)
{
	for (int i = 0; i < 4; i++)
		out[i] = (uint8_t)(value >> (24 - 8 * i));
}

static uint32_t get_32(const uint8_t in[static 4])
{
	return (uint32_t)in[0] << 24 | (uint32_t)in[1] << 16 | (uint32_t)in[2] << 8 | in[3];
}

static void prove(const struct wire *wire, uint8_t out[static PROOF_SIZE])
{
	uint8_t sum[MAC_SIZE];
	MAC_SUM(proof_key, sum, text_bytes(wire, offsetof(struct wire, proof)));
	memcpy(out, sum, PROOF_SIZE);
}

static uint32_t checksum(const struct wire *wire)
{
	return (uint32_t)crc32(0, (const Bytef *)wire, offsetof(struct wire, crc));
}

struct text refresh_write(struct arena *arena, const struct refresh *refresh)
{
	struct wire wire = {.version = VERSION, .app_id = refresh->app_id, .session_id = refresh->session_id};
	put_32(wire.generation, refresh->generation);
	prove(&wire, wire.proof);
	put_32(wire.crc, checksum(&wire));

	char *p = arena_alloc(arena, PREFIX.n + WIRE_TEXT_SIZE + 1);
	memcpy(p, PREFIX.p, PREFIX.n);
	enc_base64url(&wire, sizeof wire, p + PREFIX.n);
	return text_bytes(p, PREFIX.n + WIRE_TEXT_SIZE);
}

int refresh_read(struct text t, struct refresh *refresh_r)
{
	if (t.n != PREFIX.n + WIRE_TEXT_SIZE || !text_starts(t, PREFIX))
		return -1;
	struct wire wire;
	size_t n = 0;
	TRY(enc_base64url_read(text_bytes(t.p + PREFIX.n, WIRE_TEXT_SIZE), &wire, sizeof wire, &n));
	if (n != sizeof wire || wire.version != VERSION || get_32(wire.crc) != checksum(&wire))
		return -1;
	uint8_t proof[PROOF_SIZE];
	prove(&wire, proof);
	if (!secret_equal(proof, wire.proof, PROOF_SIZE))
		return -1;
	*refresh_r = (struct refresh){wire.app_id, wire.session_id, get_32(wire.generation)};
	return 0;
}

struct refresh_repeat refresh_repeat_of(const struct refresh *refresh, struct text idempotency_key, struct text body)
{
	const struct text token = text_bytes(refresh, sizeof *refresh);
	struct refresh_repeat repeat;
	uint8_t sum[MAC_SIZE];
	MAC_SUM(repeat_key, sum, token, idempotency_key);
	memcpy(repeat.key, sum, sizeof repeat.key);
	MAC_SUM(repeat_key, sum, token, idempotency_key, body);
	memcpy(repeat.request, sum, sizeof repeat.request);
	return repeat;
}

/* An immediate parent, and its session lives: is this its own client, who did not hear us? */
static enum refresh_verdict judge_parent(const struct session_row *row, const struct refresh_ask *ask)
{
	/* requests that race are not judged in the order of their times: one may be older than the rotation it lost to */
	const int64_t since = ask->now > row->last_used_at ? ask->now - row->last_used_at : 0;
	const struct refresh_repeat *asked = ask->repeat, *known = row->has_repeat ? &row->repeat : NULL;
	if (asked && known && since <= REFRESH_REPEAT_MS && secret_equal(asked->key, known->key, sizeof known->key))
		return secret_equal(asked->request, known->request, sizeof known->request) ? REFRESH_AGAIN
											   : REFRESH_OTHER_REQUEST;
	if (ask->never_answered || since < ask->grace_ms)
		return REFRESH_AGAIN;
	return REFRESH_REPLAYED;
}

enum refresh_verdict refresh_judge(const struct session_row *row, const struct refresh_ask *ask)
{
	const bool live = session_row_is_live(row, ask->now);
	if (row->user.deleted_at)
		return REFRESH_USER_DELETED;
	if (live && session_row_awaits(row, ask->generation))
		return REFRESH_CURRENT;
	if (ask->generation >= row->session.generation)
		return REFRESH_ENDED;
	if (live && ask->generation + 1 == row->session.generation)
		return judge_parent(row, ask);
	return REFRESH_REPLAYED;
}
