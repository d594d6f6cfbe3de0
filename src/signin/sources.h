/*
 * Where a contact was proven from within the last 30 days: a few short keyed MACs and times, as bytes in its user's row. Pure.
 */
#ifndef KW_SIGNIN_SOURCES_H
#define KW_SIGNIN_SOURCES_H

#include "base/arena.h"
#include "crypto/mac.h"

/* When a proof last came from there, in ms; 0: not lately. mac is of contact and address. */
int64_t sources_proven_at(struct text sources, const uint8_t mac[static MAC_SIZE], int64_t now);
/* The sources after a proof from there. The oldest make place: there are at most 16. */
struct text sources_add(struct arena *arena, struct text sources, const uint8_t mac[static MAC_SIZE], int64_t now);

#endif
