#include "main/cli_meant.h"

/* A third of the word may be mistyped. */
struct cli_meant cli_meant_by(struct text typed)
{
	return (struct cli_meant){.typed = typed, .distance = typed.n < 3 ? 2 : typed.n / 3 + 1};
}

void cli_meant_try(struct cli_meant *meant, const char *name)
{
	const size_t distance = text_distance(meant->typed, text_of(name));
	if (distance >= meant->distance)
		return;
	meant->distance = distance;
	meant->name = name;
}

const char *cli_meant_hint(struct arena *arena, const struct cli_meant *meant)
{
	return meant->name ? arena_printf(arena, " (did you mean %s?)", meant->name).p : "";
}
