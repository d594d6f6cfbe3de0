#include "net/why.h"

#include <stdarg.h>
#include <stdio.h>

const char *why(const char *format, ...)
{
	static _Thread_local char text[400];
	va_list args;
	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	return text;
}
