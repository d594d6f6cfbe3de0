/*
 * What a shell may complete words with. The scripts of assets/completion/ ask for it: one logic for all shells.
 */
#ifndef KW_MAIN_CLI_COMPLETE_H
#define KW_MAIN_CLI_COMPLETE_H

#include "base/def.h"

/* words: those behind the program's name, the last of them as far as it was typed, maybe "". Prints a line for each that
 * it could become, with a tab and a help text behind it, or ":files" or ":folders" for names of those. Returns the exit
 * code. */
int cli_complete(const char *const *words, size_t count);

#endif
