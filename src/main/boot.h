/*
 * The house without its doors open: settings, master key, store, and the rooms that need no network. What `serve` and the
 * commands that work on the store directly have in common.
 *
 * Rule of failure: -1 after a line on stderr that says what is wrong and what to do.
 */
#ifndef KW_MAIN_BOOT_H
#define KW_MAIN_BOOT_H

#include "core/house.h"

/* Such a line; returns -1. */
int boot_fail(const char *format, ...) PRINTF_LIKE(1, 2);

struct boot_options {
	bool dev;
	const char *data;   /* folder; NULL: "data" */
	const char *config; /* INI file or NULL */
	struct settings_flag flags[8];
	size_t flag_count;
};

struct boot {
	struct arena *arena;
	struct house house;
	bool fresh; /* this start made the master key */
};

/* Reads the settings as every start does, into the arena. NULL when they are wrong; *why_r, there too, says why. */
struct settings *boot_read_settings(struct arena *arena, const struct boot_options *options, const char **why_r);
/* Reads the settings alone and puts them to work. */
MUST_USE int boot_settings(struct boot *boot, const struct boot_options *options);
/* After the settings: what people read, of templates, languages and places. */
MUST_USE int boot_words(struct boot *boot);
/* Settings, words, data folder, master key, store, rooms. */
MUST_USE int boot_start(struct boot *boot, const struct boot_options *options);
/* After the settings: the master key, which must be there. */
MUST_USE int boot_key(struct boot *boot);
/* Settings, and the store as it is: to be read alone. */
MUST_USE int boot_look(struct boot *boot, const struct boot_options *options);
/* The reverse; half-started is fine. */
void boot_stop(struct boot *boot);

#endif
