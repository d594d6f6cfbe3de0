/*
 * Writes small MaxMind databases (MaxMind DB file format 2.0) for tests: an IPv6 tree, IPv4 in ::/96.
 */
#ifndef KW_TESTS_CORE_MMDB_H
#define KW_TESTS_CORE_MMDB_H

#include "base/buf.h"
#include "base/ip.h"

enum { MMDB_NODES_MAX = 4096, MMDB_NONE = -1 };

struct mmdb {
	struct buf data;
	long nodes[MMDB_NODES_MAX][2]; /* a node's number, -2 - the place in data, or MMDB_NONE */
	long count;
};

static inline void mmdb_text(struct buf *out, const char *text)
{
	const size_t n = strlen(text);
	MUST(n < 29 + 256);
	buf_add_char(out, (char)(2 << 5 | (n < 29 ? n : 29)));
	if (n >= 29)
		buf_add_char(out, (char)(n - 29));
	buf_add(out, text_of(text));
}

static inline void mmdb_map(struct buf *out, unsigned count)
{
	buf_add_char(out, (char)(7 << 5 | count));
}

/* A key and an unsigned integer of type 5 (16 bits) or 6 (32 bits). */
static inline void mmdb_number(struct buf *out, const char *key, unsigned type, unsigned long value)
{
	mmdb_text(out, key);
	buf_add_char(out, (char)(type << 5 | 4 / (7 - type)));
	for (int shift = type == 5 ? 8 : 24; shift >= 0; shift -= 8)
		buf_add_char(out, (char)(value >> shift));
}

static inline void mmdb_new(struct mmdb *db, struct arena *arena)
{
	*db = (struct mmdb){.nodes = {{MMDB_NONE, MMDB_NONE}}, .count = 1};
	buf_init(&db->data, arena, 1024);
}

/* Lets addresses that begin with so many bits of address ("203.0.113.0" or IPv6) lead to what is written to data next. */
static inline void mmdb_add(struct mmdb *db, const char *address, unsigned bits)
{
	struct ip ip;
	long node = 0;
	MUST(ip_read(text_of(address), &ip) == 0);
	if (ip_is_v4(ip)) {
		memset(ip.b, 0, 12);
		bits += 96;
	}
	for (unsigned i = 0; i < bits; i++) {
		long *record = &db->nodes[node][ip.b[i / 8] >> (7 - i % 8) & 1];
		if (i + 1 == bits) {
			*record = -2 - (long)db->data.n;
			return;
		}
		if (*record == MMDB_NONE) {
			MUST(db->count < MMDB_NODES_MAX);
			db->nodes[db->count][0] = db->nodes[db->count][1] = MMDB_NONE;
			*record = db->count++;
		}
		node = *record;
	}
}

static inline struct text mmdb_bytes(struct mmdb *db, struct arena *arena)
{
	static const char EMPTY[16];
	struct buf out;
	buf_init(&out, arena, 65536);
	for (long i = 0; i < 2 * db->count; i++) {
		const long record = db->nodes[i / 2][i % 2];
		const long value = record == MMDB_NONE ? db->count : record < 0 ? db->count + 16 - 2 - record : record;
		for (int shift = 16; shift >= 0; shift -= 8)
			buf_add_char(&out, (char)(value >> shift));
	}
	buf_add(&out, text_bytes(EMPTY, sizeof EMPTY));
	buf_add(&out, buf_text(&db->data));
	buf_add(&out, TEXT("\xab\xcd\xefMaxMind.com"));
	mmdb_map(&out, 9);
	mmdb_number(&out, "binary_format_major_version", 5, 2);
	mmdb_number(&out, "binary_format_minor_version", 5, 0);
	mmdb_number(&out, "ip_version", 5, 6);
	mmdb_number(&out, "node_count", 6, (unsigned long)db->count);
	mmdb_number(&out, "record_size", 5, 24);
	mmdb_text(&out, "database_type");
	mmdb_text(&out, "Keywright-Test-City");
	mmdb_text(&out, "description");
	mmdb_map(&out, 0);
	mmdb_text(&out, "languages");
	buf_add(&out, text_bytes("\0\4", 2)); /* an array (type 11) of none */
	mmdb_text(&out, "build_epoch");
	buf_add(&out, text_bytes("\1\2\1", 3)); /* a 64 bit integer (type 9) of one byte */
	return buf_text(&out);
}

#endif
