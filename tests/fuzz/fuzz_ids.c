/*
 * Refresh tokens, otp_request_ids and UUIDs: what is read is what would be written, byte for byte (UUIDs but for case).
 */
#include "core/house.h"
#include "otp/otp_rules.h"
#include "token/refresh.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_refresh(struct arena *arena, struct text input)
{
	struct refresh refresh;
	if (refresh_read(input, &refresh) == 0)
		MUST(text_equal(refresh_write(arena, &refresh), input));
}

static void check_otp_id(struct arena *arena, struct text input)
{
	struct uuid app_id;
	struct otp_id id;
	if (otp_rules_read_id(input, &app_id, &id) == 0)
		MUST(text_equal(otp_rules_write_id(arena, app_id, &id), input));
}

static void check_uuid(struct text input)
{
	struct uuid id;
	char written[UUID_TEXT_SIZE];
	if (uuid_read(input, &id) != 0)
		return;
	uuid_write(id, written);
	MUST(text_equal_nocase(text_of(written), input));
}

/* The input as the fields of a token: it is read again as it was meant, and no single other byte passes for it. */
static void check_round_trip(struct arena *arena, struct text input)
{
	struct refresh meant = {.generation = (uint32_t)input.n}, read;
	memcpy(&meant.session_id, input.p, input.n < sizeof meant.session_id ? input.n : sizeof meant.session_id);
	struct text token = refresh_write(arena, &meant);
	MUST(refresh_read(token, &read) == 0 && read.generation == meant.generation);
	MUST(uuid_equal(read.session_id, meant.session_id));
	char *broken = arena_string(arena, token);
	size_t at = input.n % token.n;
	broken[at] = broken[at] == 'A' ? 'B' : 'A';
	MUST(refresh_read(text_of(broken), &read) != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct house house = {.master = {3}};
	static bool started;
	if (!started)
		refresh_start(&house);
	started = true;
	struct arena *arena = arena_new();
	struct text input = arena_copy(arena, text_bytes(data, size));
	check_refresh(arena, input);
	check_otp_id(arena, input);
	check_uuid(input);
	check_round_trip(arena, input);
	arena_free(arena);
	return 0;
}
