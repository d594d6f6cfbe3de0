/*
 * settings.def read from an INI file, the environment and the command line, in rising order.
 */
#ifndef KW_CORE_SETTINGS_H
#define KW_CORE_SETTINGS_H

#include "base/arena.h"

/* count requests in window_ms */
struct budget {
	int64_t count, window_ms;
};

enum { SETTINGS_PROXIES_MAX = 64 }; /* in server.trusted_proxies */

struct settings {
#define SETTING_STRING const char * /* "" when unset */
#define SETTING_SECRET const char *
#define SETTING_COUNT int64_t
#define SETTING_DURATION int64_t /* milliseconds */
#define SETTING_BUDGET struct budget
#define SETTING(section, key, type, standard, min, max, help) SETTING_##type section##_##key;
#include "tables/settings.def"
#undef SETTING
	/* Not settings of the table: said on the command line alone. */
	bool dev;
	const char *data; /* folder, without a slash at its end */
};

/* What a flag of the command line sets: "section.key" and its value, as the INI file would have them. */
struct settings_flag {
	const char *name, *value;
};

/* Fills settings (strings live in the arena). On failure *why_r is a sentence that names the key, the bound and the nearest
 * known key; nothing is printed. config may be NULL. Rules between settings hold too: public_url outside dev, https unless
 * loopback, loopback alone in dev, cert with key. */
MUST_USE int settings_load(struct settings *settings, struct arena *arena, bool dev, const char *data,
	const char *config, const struct settings_flag *flags, size_t flag_count, const char **why_r);

/* Calls show for every row: name "otp.ttl", the value as it would be written (secrets: "(set)" or ""), and the help. */
void settings_each(const struct settings *settings,
	void (*show)(void *context, const char *name, const char *value, const char *standard, const char *help),
	void *context);

#endif
