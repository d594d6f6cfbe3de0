/*
 * A POST as a transfer.
 */
#ifndef KW_NET_POST_H
#define KW_NET_POST_H

#include "net/transfer.h"

/* Starts it, or decides it at once when it cannot be sent. */
void post_begin(struct transfer *transfer, const struct courier_http *request);

#endif
