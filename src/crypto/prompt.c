#include "crypto/prompt.h"

#include <openssl/ui.h>

int prompt_hidden(const char *question, char *line, size_t size)
{
	MUST(size <= INT32_MAX);
	return UI_UTIL_read_pw_string(line, (int)size, question, 0) == 0 ? 0 : -1;
}
