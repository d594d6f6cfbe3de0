/*
 * Identifiers: UUID version 7 (RFC 9562) for what is stored, ULID for requests.
 */
#ifndef KW_CORE_ID_H
#define KW_CORE_ID_H

#include "base/emit.h"

struct uuid {
	uint8_t b[16];
};

/* 48 bits of ms, 12 that let those of one process and ms sort as they were made, 62 random bits. */
struct uuid uuid_new(int64_t now);
enum { UUID_CHANCE_SIZE = 10 };
/* The same with bits that the caller drew: who has drawn the same makes the same. */
struct uuid uuid_of_chance(int64_t now, const uint8_t chance[static UUID_CHANCE_SIZE]);
/* The ms that one of version 7 leads with. */
int64_t uuid_time(struct uuid id);
bool uuid_equal(struct uuid a, struct uuid b);
bool uuid_is_nil(struct uuid id);
/* The 8-4-4-4-12 form, either case, any version. */
MUST_USE int uuid_read(struct text t, struct uuid *id_r);
#define UUID_TEXT_SIZE 37
void uuid_write(struct uuid id, char out[static UUID_TEXT_SIZE]);
/* As a JSON string; the nil UUID is null. */
void uuid_emit(struct emit *json, const char *key, struct uuid id);

#define ID_TIME_SIZE 6
/* The ms that an id leads with, big-endian, so that ids sort by time. */
void id_time(int64_t now, uint8_t out[static ID_TIME_SIZE]);

#define REQUEST_ID_SIZE 31
/* "req_" and 26 Crockford characters: 48 bits of ms, 80 random bits; and a NUL. */
void id_request(int64_t now, char out[static REQUEST_ID_SIZE]);

#endif
