/*
 * What only dev mode has besides the inbox: a clock that tests can move.
 */
#ifndef KW_MAIN_DEV_H
#define KW_MAIN_DEV_H

#include "api/action.h"

extern const struct action dev_clock_action;

#endif
