/*
 * Answers for people and for machines.
 */
#ifndef KW_MAIN_CLI_PRINT_H
#define KW_MAIN_CLI_PRINT_H

#include "base/text.h"

/* A success goes to stdout: JSON as it is (machine), or a table. A refusal goes to stderr with its code. Returns the exit
 * code. */
int cli_print(int status, struct text answer, bool machine);

#endif
