#include "api/listing.h"

#include "base/enc.h"

struct listing *listing_new(struct op *op, struct uuid cursor, int64_t limit, const void *row, size_t row_size)
{
	struct listing *listing = ARENA_NEW(op->arena, struct listing);
	*listing = (struct listing){
		.arena = op->arena, .row = row, .row_size = row_size, .limit = (size_t)limit, .before = cursor};
	if (uuid_is_nil(cursor))
		memset(&listing->before, 0xff, sizeof listing->before);
	listing->rows = arena_alloc(op->arena, listing->limit * row_size);
	return listing;
}

int listing_add(void *context)
{
	struct listing *listing = context;
	listing->more = listing->count == listing->limit;
	if (listing->more)
		return 1;
	memcpy(listing->rows + listing->count++ * listing->row_size, listing->row, listing->row_size);
	return 0;
}

static void emit_cursor(struct emit *json, const struct listing *listing, size_t id_offset)
{
	char cursor[ENC_BASE64URL_SIZE(sizeof(struct uuid))];
	if (!listing->more && uuid_is_nil(listing->down_to)) {
		emit_null(json, "next_cursor");
		return;
	}
	const void *last = &listing->down_to;
	if (listing->more)
		last = listing->rows + (listing->count - 1) * listing->row_size + id_offset;
	enc_base64url(last, sizeof(struct uuid), cursor);
	emit_text(json, "next_cursor", text_bytes(cursor, sizeof cursor));
}

void listing_emit(struct emit *json, const char *noun, const struct listing *listing,
	void (*emit)(struct emit *json, const void *row), size_t id_offset)
{
	emit_array(json, noun);
	for (size_t i = 0; i < listing->count; i++)
		emit(json, listing->rows + i * listing->row_size);
	emit_end_array(json);
	emit_cursor(json, listing, id_offset);
}
