/*
 * What a service of Type=notify tells systemd (sd_notify(3)): lines of VARIABLE=value in a datagram to $NOTIFY_SOCKET.
 * Without one, and when it cannot be reached, nothing happens.
 */
#ifndef KW_MAIN_NOTIFY_H
#define KW_MAIN_NOTIFY_H

#include "base/def.h"

void notify(const char *format, ...) PRINTF_LIKE(1, 2);
/* RELOADING=1, with the time of it; READY=1 ends it. */
void notify_reloading(void);

#endif
