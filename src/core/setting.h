/*
 * One row of settings.def: found by its name, read, compared and shown.
 */
#ifndef KW_CORE_SETTING_H
#define KW_CORE_SETTING_H

#include "core/settings.h"

enum setting_type { SETTING_IS_STRING, SETTING_IS_SECRET, SETTING_IS_COUNT, SETTING_IS_DURATION, SETTING_IS_BUDGET };
enum setting_when { SETTING_IS_START, SETTING_IS_LIVE };

struct setting {
	const char *section, *key;
	enum setting_type type;
	enum setting_when when;
	size_t offset;
	const char *standard, *min, *max, *help;
};

enum {
#define SETTING(section, key, type, when, standard, min, max, help) SETTING_##section##_##key,
#include "tables/settings.def"
#undef SETTING
	SETTINGS_COUNT
};
extern const struct setting SETTINGS[SETTINGS_COUNT];

#define SETTING_TEXT_SIZE 64
/* "otp.ttl", in out */
const char *setting_name(const struct setting *row, char out[static SETTING_TEXT_SIZE]);
/* NULL when no row has that name. */
const struct setting *setting_find(const char *name);
/* The name of the row that comes nearest. */
const char *setting_nearest(const char *name, char out[static SETTING_TEXT_SIZE]);

/* The most that a duration may be set to, in ms. */
int64_t setting_longest(const struct setting *row);
/* Takes a value as it is written into settings, its arena included. On failure *why_r, in the arena, names key and bounds. */
MUST_USE int setting_read(const struct setting *row, struct settings *settings, const char *value, const char **why_r);
bool setting_equal(const struct setting *row, const struct settings *one, const struct settings *other);
/* What is copied lies in the arena of to. */
void setting_copy(const struct setting *row, struct settings *to, const struct settings *from);
/* As it would be written; secrets are "(set)" or "". In out, or where it lies. */
const char *setting_shown(
	const struct setting *row, const struct settings *settings, char out[static SETTING_TEXT_SIZE]);
/* "text", "number", … */
const char *setting_type_name(const struct setting *row);

#endif
