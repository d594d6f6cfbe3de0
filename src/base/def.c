#include "base/def.h"

#include "base/log.h"

void def_broken(const char *what, const char *file, int line)
{
	log_abort(
		"broken_promise", "%s:%d: %s does not hold; the process ends before it can do harm", file, line, what);
}
