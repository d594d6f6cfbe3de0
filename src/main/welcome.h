/*
 * What `serve` says on stdout: where it listens, and to a newcomer in dev mode how to sign in.
 */
#ifndef KW_MAIN_WELCOME_H
#define KW_MAIN_WELCOME_H

#include "main/boot.h"

/* In dev mode the first start makes a demo app and shows its secret, this once. */
MUST_USE int welcome(const struct boot *boot);

#endif
