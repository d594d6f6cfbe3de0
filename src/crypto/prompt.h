/*
 * A question to whoever sits at the terminal, whose answer is not shown.
 */
#ifndef KW_CRYPTO_PROMPT_H
#define KW_CRYPTO_PROMPT_H

#include "base/def.h"

/* Asks on the process's terminal, and has the line that is typed in line, without its end. Fails when there is none, it does
 * not fit with its NUL, or the question is broken off (Ctrl-C). */
MUST_USE int prompt_hidden(const char *question, char *line, size_t size);

#endif
