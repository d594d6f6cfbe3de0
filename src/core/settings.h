/*
 * settings.def read from an INI file, the environment and the command line, in rising order; and those at work, which a
 * reload may replace whole.
 */
#ifndef KW_CORE_SETTINGS_H
#define KW_CORE_SETTINGS_H

#include "base/arena.h"
#include "base/ip.h"

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
#define SETTING(section, key, type, when, standard, min, max, help) SETTING_##type section##_##key;
#include "tables/settings.def"
#undef SETTING
	const struct ip_net *proxies; /* what server.trusted_proxies names */
	size_t proxy_count;
	/* Not settings of the table: said on the command line alone. */
	bool dev;
	const char *data;    /* folder, without a slash at its end */
	struct arena *arena; /* where all of this lies */
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

/* ---- at work ---- */

/* The settings at work; they never change. Others may take their place at any time, and a minute later these are gone: ask
 * anew for each operation, and once where two values must fit each other. From any thread. */
const struct settings *settings_now(void);
/* Puts them to work. Those before are retired with their arena. NULL: there are none any more. */
void settings_publish(const struct settings *settings);
/* What a reload must leave alone: fresh gets the values that START rows have at work. Calls differs with the name of each
 * that would have got another. */
void settings_keep(struct settings *fresh, const struct settings *at_work,
	void (*differs)(void *context, const char *name), void *context);

/* ---- shown ---- */

/* A row of settings.def, for people. Strings are as they would be written. */
struct settings_row {
	const char *section, *key, *name; /* name: "otp.ttl" */
	const char *value;                /* secrets: "(set)" or "" */
	const char *type, *standard, *min, *max, *help;
	bool live;
};
/* Calls show for every row, in the order of the table. settings may be NULL: the value of each is its default. */
void settings_each(
	const struct settings *settings, void (*show)(void *context, const struct settings_row *row), void *context);

#endif
