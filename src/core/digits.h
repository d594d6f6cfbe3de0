/*
 * Codes of digits, as people type and read them.
 */
#ifndef KW_CORE_DIGITS_H
#define KW_CORE_DIGITS_H

#include "base/arena.h"

/* What was typed without spaces and dashes, if only digits remain; else absent. In the arena. */
struct text digits_typed(struct arena *arena, struct text typed);
/* In groups of at most four that differ by one at most, longer ones first: "1234 5678", "1234 567 890". */
struct text digits_grouped(struct arena *arena, struct text digits);

#endif
