#include "signin/sources.h"

#include "base/buf.h"

static const int64_t KEPT_MS = 30 * 24 * 3600 * 1000LL;
enum { SOURCES_MAX = 16 };

struct source {
	uint8_t mac[10]; /* the beginning */
	uint8_t at[6];   /* ms, big-endian */
};
_Static_assert(sizeof(struct source) == 16, "without padding");

static int64_t time_of(const struct source *source)
{
	int64_t ms = 0;
	for (size_t i = 0; i < sizeof source->at; i++)
		ms = ms << 8 | source->at[i];
	return ms;
}

static struct source new_source(const uint8_t mac[static MAC_SIZE], int64_t now)
{
	struct source source;
	memcpy(source.mac, mac, sizeof source.mac);
	for (size_t i = 0; i < sizeof source.at; i++)
		source.at[i] = (uint8_t)(now >> (8 * (sizeof source.at - 1 - i)));
	return source;
}

/* The next one, oldest first; bytes that are none are skipped. */
static bool next(struct text *sources, struct source *source_r)
{
	if (sources->n < sizeof *source_r)
		return false;
	memcpy(source_r, sources->p, sizeof *source_r);
	*sources = text_bytes(sources->p + sizeof *source_r, sources->n - sizeof *source_r);
	return true;
}

int64_t sources_proven_at(struct text sources, const uint8_t mac[static MAC_SIZE], int64_t now)
{
	struct source source;
	while (next(&sources, &source))
		if (secret_equal(source.mac, mac, sizeof source.mac))
			return time_of(&source) > now - KEPT_MS ? time_of(&source) : 0;
	return 0;
}

struct text sources_add(struct arena *arena, struct text sources, const uint8_t mac[static MAC_SIZE], int64_t now)
{
	const struct source added = new_source(mac, now);
	struct source source;
	struct buf out;
	buf_init(&out, arena, sources.n + sizeof added);
	while (next(&sources, &source))
		if (!secret_equal(source.mac, mac, sizeof source.mac) && time_of(&source) > now - KEPT_MS)
			buf_add(&out, text_bytes(&source, sizeof source));
	buf_add(&out, text_bytes(&added, sizeof added));
	const size_t kept = out.n < SOURCES_MAX * sizeof added ? out.n : SOURCES_MAX * sizeof added;
	return text_bytes(out.p + out.n - kept, kept);
}
