/*
 * Why something could not be opened, as a sentence for people.
 */
#ifndef KW_NET_WHY_H
#define KW_NET_WHY_H

#include "base/def.h"

/* In a buffer of this thread, good until the next call. */
const char *why(const char *format, ...) PRINTF_LIKE(1, 2);

#endif
