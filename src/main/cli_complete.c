#include "main/cli_complete.h"

#include <stdio.h>

#include "api/assets.h"
#include "core/err.h"
#include "main/command.h"
#include "main/endpoints.h"

static const char *const SHELLS[] = {"bash", "zsh", "fish", NULL};

/* ---- offers ---- */

static void offer(const char *typed, struct text word, const char *help)
{
	if (text_starts(word, text_of(typed)))
		printf("%.*s\t%s\n", TEXT_ARG(word), help);
}

static void offer_list(const char *typed, const char *const *list)
{
	for (size_t i = 0; list && list[i]; i++)
		offer(typed, text_of(list[i]), "");
}

static void offer_codes(const char *typed)
{
	for (enum err err = ERR_NONE + 1; err < ERR_COUNT; err++)
		offer(typed, text_of(err_info(err)->name), err_info(err)->message);
}

/* Of the commands that begin with the given words, each word that comes next. */
static void offer_commands(const char *typed, const char *const *words, size_t count)
{
	struct text before = TEXT_NONE;
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		if (!command_begins(&COMMANDS[i], words, count))
			continue;
		struct text rest = text_of(COMMANDS[i].words), word = text_cut(&rest, ' ');
		for (size_t n = 0; n < count && !text_absent(rest); n++)
			word = text_cut(&rest, ' ');
		if (!text_absent(before) && text_equal(word, before))
			continue;
		offer(typed, word, text_absent(rest) ? COMMANDS[i].help : "");
		before = word;
	}
}

/* The value of a flag, a key or an argument. */
static void offer_value(const char *typed, const struct command_part *part)
{
	offer_list(typed, part->choices);
	switch (part->offers) {
	case OFFERS_FILES: puts(":files"); return;
	case OFFERS_FOLDERS: puts(":folders"); return;
	case OFFERS_CODES: offer_codes(typed); return;
	case OFFERS_SHELLS: offer_list(typed, SHELLS); return;
	case OFFERS_COMMANDS:
	case OFFERS_NOTHING: return;
	}
}

static void offer_flags(const char *typed, struct command_parts parts, bool common_alone)
{
	for (size_t i = 0; i < parts.count; i++)
		if (parts.list[i].kind == PART_COMMON || (parts.list[i].kind == PART_FLAG && !common_alone))
			offer(typed, text_of(parts.list[i].name), parts.list[i].help);
}

/* ---- where the words have come to ---- */

struct place {
	const struct command *command; /* NULL: not yet one */
	struct command_parts parts;
	const char *words[CLI_WORDS_MAX]; /* without flags and their values */
	size_t count, taken;              /* taken: words of the command itself */
	const struct command_part *flag;  /* whose value comes next, or NULL */
};

static const struct command_part *find_flag(struct command_parts parts, const char *name)
{
	for (size_t i = 0; i < parts.count; i++)
		if (strcmp(parts.list[i].name, name) == 0)
			return &parts.list[i];
	return NULL;
}

static void find_command(struct arena *arena, struct place *place)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		const size_t taken = command_matches(&COMMANDS[i], place->words, place->count);
		if (taken == 0)
			continue;
		place->command = &COMMANDS[i];
		place->taken = taken;
		place->parts = command_parts(arena, place->command);
	}
}

/* Before there is a command, the flags are those that all commands have: of the first one, then. */
static struct place walk(struct arena *arena, const char *const *words, size_t count)
{
	struct place place = {.parts = command_parts(arena, &COMMANDS[0])};
	for (size_t i = 0; i < count && place.count < CLI_WORDS_MAX; i++) {
		if (place.flag) {
			place.flag = NULL;
		} else if (*words[i] == '-') {
			place.flag = find_flag(place.parts, words[i]);
			if (place.flag && !*place.flag->value)
				place.flag = NULL;
		} else {
			place.words[place.count++] = words[i];
			if (!place.command)
				find_command(arena, &place);
		}
	}
	return place;
}

/* The argument that comes next; behind the last, the keys and their values by turns. */
static void offer_argument(const char *typed, const struct place *place)
{
	size_t nth = place->count - place->taken;
	if (place->parts.list[0].offers == OFFERS_COMMANDS) {
		offer_commands(typed, place->words + place->taken, nth);
		return;
	}
	for (size_t i = 0; i < place->parts.count; i++)
		if (place->parts.list[i].kind == PART_ARGUMENT && nth-- == 0) {
			offer_value(typed, &place->parts.list[i]);
			return;
		}
	for (size_t i = 0; i < place->parts.count; i++) {
		const struct command_part *key = &place->parts.list[i];
		if (key->kind != PART_KEY)
			continue;
		if (nth % 2 == 0)
			offer(typed, text_of(key->name), key->help);
		else if (strcmp(key->name, place->words[place->count - 1]) == 0)
			offer_value(typed, key);
	}
}

int cli_complete(const char *const *words, size_t count)
{
	if (count == 0)
		return EXIT_USAGE;
	struct arena *arena = arena_new();
	endpoints_bind();
	const char *typed = words[count - 1];
	const struct place place = walk(arena, words, count - 1);
	if (place.flag)
		offer_value(typed, place.flag);
	else if (*typed == '-')
		offer_flags(typed, place.parts, !place.command);
	else if (place.command)
		offer_argument(typed, &place);
	else
		offer_commands(typed, place.words, place.count);
	arena_free(arena);
	return EXIT_DONE;
}

int cli_completion(const struct cli *cli)
{
	const char *shell = cli->count == cli->taken + 1 ? cli->words[cli->taken] : "";
	for (size_t i = 0; SHELLS[i]; i++)
		if (strcmp(shell, SHELLS[i]) == 0) {
			struct arena *arena = arena_new();
			const struct asset *script =
				assets_find(arena_printf(arena, "assets/completion/keywright.%s", shell));
			MUST(script);
			printf("%.*s", TEXT_ARG(script->bytes));
			arena_free(arena);
			return EXIT_DONE;
		}
	return cli_usage("completion takes one of bash, zsh and fish");
}
