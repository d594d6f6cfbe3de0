#include "db/restore.h"

#include <stdarg.h>
#include <stdio.h>

int restore_fail(const char **why_r, const char *format, ...)
{
	static char why[700];
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof why, format, args);
	va_end(args);
	text_tame(why);
	*why_r = why;
	return -1;
}
