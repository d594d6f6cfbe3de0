#include "main/cli_help.h"

#include <stdio.h>

#include "base/buf.h"
#include "main/cli_man.h"
#include "main/command.h"
#include "main/endpoints.h"

enum { LEFT = 34, WIDTH = 110 };

/* What it is on the left, what it means on the right, broken between words. */
static void print_row(const char *left, struct text right)
{
	const size_t n = strlen(left);
	size_t column = LEFT;
	if (n + 4 > LEFT)
		printf("  %s\n%*s", left, LEFT, "");
	else
		printf("  %-*s", LEFT - 2, left);
	while (!text_absent(right)) {
		const struct text word = text_cut(&right, ' ');
		if (column > LEFT && column + 1 + word.n > WIDTH) {
			printf("\n%*s", LEFT, "");
			column = LEFT;
		}
		printf("%s%.*s", column > LEFT ? " " : "", TEXT_ARG(word));
		column += word.n + (column > LEFT);
	}
	putchar('\n');
}

static void print_part(struct arena *arena, const struct command_part *part)
{
	struct buf right;
	buf_init(&right, arena, 128);
	buf_printf(&right, "%s%s", part->help, part->required && part->kind == PART_FLAG ? "; required" : "");
	if (*part->bounds)
		buf_printf(&right, "%s%s%s", *part->help ? " (" : "", part->bounds, *part->help ? ")" : "");
	print_row(arena_printf(arena, "%s%s%s", part->name, *part->value ? " " : "", part->value).p, buf_text(&right));
}

static void print_parts(struct arena *arena, struct command_parts parts, int kind, const char *title)
{
	bool begun = false;
	for (size_t i = 0; i < parts.count; i++) {
		if ((int)parts.list[i].kind != kind)
			continue;
		printf("%s", begun ? "" : title);
		begun = true;
		print_part(arena, &parts.list[i]);
	}
}

static void print_examples(const struct command *command)
{
	bool begun = false;
	for (size_t i = 0; i < COMMAND_EXAMPLE_COUNT; i++) {
		const struct command_example *example = &COMMAND_EXAMPLES[i];
		if (strcmp(example->of, command->words) != 0)
			continue;
		printf("%s  %s\n      %s\n", begun ? "" : "\nExamples:\n", example->line, example->help);
		begun = true;
	}
}

static void print_command(struct arena *arena, const struct command *command)
{
	const struct command_parts parts = command_parts(arena, command);
	printf("Usage: %s\n\n%s\n", command_usage(arena, command).p, command->help);
	print_parts(arena, parts, PART_ARGUMENT, "\nArguments:\n");
	print_parts(arena, parts, PART_KEY, "\nKeys:\n");
	print_parts(arena, parts, PART_FLAG, "\nFlags:\n");
	print_parts(arena, parts, PART_COMMON, "\nFlags of every command:\n");
	print_examples(command);
}

/* Those that begin with the given words. */
static size_t print_list(struct arena *arena, const char *const *words, size_t count)
{
	size_t listed = 0;
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		const struct command *command = &COMMANDS[i];
		if (!command_begins(command, words, count))
			continue;
		print_row(command->words, text_of(command->help));
		listed++;
	}
	return listed;
}

static int print_overview(struct arena *arena)
{
	puts("Keywright " KW_VERSION ": passwordless sign-in and software licenses, in one program.\n\n"
	     "Usage: keywright COMMAND [ARGUMENTS] [FLAGS]\n");
	(void)print_list(arena, NULL, 0);
	print_parts(arena, command_parts(arena, &COMMANDS[0]), PART_COMMON, "\nFlags of every command:\n");
	puts("\n`keywright help COMMAND` explains one, `keywright help --man` is the manual.\n"
	     "Exit codes: 0 done, 1 refused (the code is on stderr), 2 usage, 3 our fault.");
	return EXIT_DONE;
}

static int explain(struct arena *arena, const char *const *words, size_t count)
{
	if (count == 0)
		return print_overview(arena);
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (command_matches(&COMMANDS[i], words, count) > 0) {
			print_command(arena, &COMMANDS[i]);
			return EXIT_DONE;
		}
	return print_list(arena, words, count) > 0 ? EXIT_DONE : cli_unknown(words, count);
}

int cli_help_on(const char *const *words, size_t count)
{
	struct arena *arena = arena_new();
	endpoints_bind();
	const int result = explain(arena, words, count);
	arena_free(arena);
	return result;
}

int cli_help(const struct cli *cli)
{
	const char *const *words = cli->words + cli->taken;
	const size_t count = cli->count - cli->taken;
	if (count == 1 && strcmp(words[0], "--man") == 0)
		return cli_man();
	return cli_help_on(words, count);
}
