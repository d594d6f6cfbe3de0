/*
 * The file of a backup: it comes whole or not at all. Internal to db/.
 */
#ifndef KW_DB_BACKUP_H
#define KW_DB_BACKUP_H

#include "db/engine.h"

/* db_backup, of the store that first is a connection to. The order has all but part and fd. */
MUST_USE int backup_write(struct conn *first, struct backup_order *order, bool replace);

/* Says why it cannot be made; returns -1. */
int backup_fail(struct db_backup *backup, const char *format, ...) PRINTF_LIKE(2, 3);

/* Makes the names in the folder of path durable. */
MUST_USE int backup_sync_folder_of(const char *path);

#endif
