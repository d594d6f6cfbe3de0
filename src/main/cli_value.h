/*
 * Words as people write them, on the command line and in files, as the JSON that a field wants.
 */
#ifndef KW_MAIN_CLI_VALUE_H
#define KW_MAIN_CLI_VALUE_H

#include "api/action.h"

/* NULL when the action has no field of that name. */
const struct field *cli_value_field(const struct action *action, struct text name);
/* What does not fit goes as a string, and the server says what is wrong with it. No word at all is null, where text is not
 * wanted. NULL when the word is not UTF-8. */
json_t *cli_value_of(const struct field *field, const char *word);
/* Whether a field is true or false, and whether a word says so. */
bool cli_value_is_flag(const struct field *field);
bool cli_value_says_flag(const char *word);

#endif
