/*
 * commands.def as people see it: what each command takes, from its endpoint's field table or from flags.def.
 */
#ifndef KW_MAIN_COMMAND_H
#define KW_MAIN_COMMAND_H

#include "main/cli.h"
#include "tables/tables.h"

struct command {
	const char *words;
	int (*local)(const struct cli *cli); /* or NULL: remote */
	enum endpoint_id endpoint;
	const char *arguments, *help;
};
extern const struct command COMMANDS[];
extern const size_t COMMAND_COUNT;

/* How many of the given words (an array of count) are the command's; 0 when they are others. */
size_t command_matches(const struct command *command, const char *const *words, size_t count);
/* Whether the command begins with all of the given words. */
bool command_begins(const struct command *command, const char *const *words, size_t count);
/* Whether some command does. */
bool command_begins_any(const char *const *words, size_t count);

enum command_offers { OFFERS_NOTHING, OFFERS_FILES, OFFERS_FOLDERS, OFFERS_CODES, OFFERS_COMMANDS, OFFERS_SHELLS };

/* One thing that a command takes. */
struct command_part {
	enum { PART_ARGUMENT, PART_KEY, PART_FLAG, PART_COMMON } kind; /* KEY: of KEY VALUE… */
	const char *name;  /* "APP_ID", "redirect_uris", "--grace-seconds" */
	const char *value; /* what comes behind its name: "NUMBER"; "" when nothing does */
	const char *help;
	const char *bounds; /* "0 to 30; 5 when not said", or "" */
	bool required;
	enum command_offers offers;
	const char *const *choices; /* NULL-terminated, or NULL */
};
struct command_parts {
	const struct command_part *list;
	size_t count;
};
/* In the order in which people would want to read them; in the arena. endpoints_bind must have been called. */
struct command_parts command_parts(struct arena *arena, const struct command *command);
/* "keywright app rotate-secret APP_ID [--grace-seconds NUMBER]"; common flags are left out. */
struct text command_usage(struct arena *arena, const struct command *command);

/* Cuts the next name off a row's arguments: "user_id" of "[user_id] role". Absent when there is none left. */
struct text command_argument(struct text *arguments);
/* "user_id" as "USER_ID", in the arena. */
const char *command_argument_name(struct arena *arena, struct text name);

struct command_example {
	const char *of, *line, *help;
};
extern const struct command_example COMMAND_EXAMPLES[];
extern const size_t COMMAND_EXAMPLE_COUNT;

#endif
