/*
 * One process owns an SQLite file (THREATS G13): a lock on `<path>.lock`, held until owner_release or the process's end.
 */
#ifndef KW_DB_OWNER_H
#define KW_DB_OWNER_H

#include "base/def.h"

/* A descriptor for owner_release, or -1; *why_r then names the other owner, for people (static). */
MUST_USE int owner_take(const char *path, const char **why_r);
void owner_release(int lock);

#endif
