/*
 * What every room needs at its start, and nothing else: rooms keep what they make of it in a static of their own between
 * their x_start and x_stop, which main/serve.c calls in order and in reverse.
 */
#ifndef KW_CORE_HOUSE_H
#define KW_CORE_HOUSE_H

#include "core/settings.h"
#include "crypto/mac.h"

struct db;

struct house {
	struct db *db;
	uint8_t master[MASTER_KEY_SIZE];
	const char *public_url;  /* no slash at its end; in dev mode made from the address that is listened on */
	const char *public_host; /* its host name, without port */
};

#endif
