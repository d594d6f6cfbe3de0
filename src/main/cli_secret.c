#include "main/cli_secret.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "crypto/prompt.h"

enum { LINE_SIZE = 1024 }; /* more than any secret has, so that a longer one is refused as it is */

static int read_line(struct arena *arena, const char *name, char *line)
{
	if (isatty(STDIN_FILENO))
		return prompt_hidden(arena_printf(arena, "%s: ", name).p, line, LINE_SIZE);
	return fgets(line, LINE_SIZE, stdin) ? 0 : -1;
}

const char *cli_secret(struct arena *arena, const char *name)
{
	char *line = arena_alloc(arena, LINE_SIZE);
	if (read_line(arena, name, line) != 0)
		return NULL;
	line[strcspn(line, "\r\n")] = '\0';
	return *line ? line : NULL;
}
