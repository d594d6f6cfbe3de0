/*
 * Backups of a store in use: made by a thread of their own, one at a time. POST begins one, GET tells how far it is.
 */
#ifndef KW_MAIN_BACKUP_H
#define KW_MAIN_BACKUP_H

#include "api/action.h"
#include "core/house.h"

void backup_start(const struct house *house);
/* Gives up the one that runs, and waits for that. Before the store is closed. */
void backup_stop(void);

extern const struct action backup_begin_action, backup_show_action;

#endif
