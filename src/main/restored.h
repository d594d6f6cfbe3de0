/*
 * What follows a restore: the new epoch, before anybody is served.
 */
#ifndef KW_MAIN_RESTORED_H
#define KW_MAIN_RESTORED_H

#include "core/house.h"

/* Begins the new epoch of a store that is marked for it (core/epoch.h), in one transaction; else does nothing. Of several
 * nodes that start at once, one does it. */
MUST_USE int restored_begin_epoch(const struct house *house);

#endif
