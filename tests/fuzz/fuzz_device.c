/*
 * User agents of any bytes: what is told of them is a name of ours, and what stands far behind changes nothing.
 */
#include "base/arena.h"
#include "core/device.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_name(struct text name, struct text user_agent)
{
	MUST(text_absent(name) ||
		(name.n > 0 && name.n < 20 && text_is_printable(name) && !memchr(name.p, '<', name.n)));
	/* it is not a piece of what was sent */
	MUST(text_absent(name) || name.p < user_agent.p || name.p >= user_agent.p + user_agent.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char BEHIND[] = " Edg/1 Windows curl/";
	struct arena *arena = arena_new();
	const struct text user_agent = arena_copy(arena, text_bytes(data, size));
	const struct device device = device_of(user_agent);
	check_name(device.browser, user_agent);
	check_name(device.system, user_agent);
	if (size >= 512) {
		const struct text longer = arena_printf(arena, "%.*s%s", TEXT_ARG(user_agent), BEHIND);
		const struct device same = device_of(memchr(data, '\0', size) ? user_agent : longer);
		MUST(text_equal(same.browser, device.browser) && text_equal(same.system, device.system));
	}
	arena_free(arena);
	return 0;
}
