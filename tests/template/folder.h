/* An operator's folder for these tests: files are written and removed one by one. */
#ifndef KW_TESTS_TEMPLATE_FOLDER_H
#define KW_TESTS_TEMPLATE_FOLDER_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"

static char folder[] = "/tmp/keywright-templates-XXXXXX";
static const char *const FOLDER_PARTS[] = {"language", "mail", "sms", "page"};

static inline const char *folder_path(struct arena *arena, const char *name)
{
	return arena_printf(arena, "%s/%s", folder, name).p;
}

static inline int folder_make(struct arena *arena)
{
	int failed = mkdtemp(folder) == NULL;
	for (size_t i = 0; i < COUNT(FOLDER_PARTS); i++)
		failed |= mkdir(folder_path(arena, FOLDER_PARTS[i]), 0700);
	return failed;
}

static inline int folder_remove(struct arena *arena)
{
	for (size_t i = 0; i < COUNT(FOLDER_PARTS); i++)
		if (rmdir(folder_path(arena, FOLDER_PARTS[i])) != 0)
			return -1;
	return rmdir(folder);
}

static inline void folder_write(struct arena *arena, const char *name, struct text text)
{
	FILE *file = fopen(folder_path(arena, name), "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text.p, 1, text.n, file), text.n);
	assert_int_equal(fclose(file), 0);
}

static inline void folder_drop(struct arena *arena, const char *name)
{
	assert_int_equal(unlink(folder_path(arena, name)), 0);
}

#endif
