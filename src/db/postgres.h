/*
 * What PostgreSQL's engine shows to its neighbours in db/.
 */
#ifndef KW_DB_POSTGRES_H
#define KW_DB_POSTGRES_H

#include "db/engine.h"

/* Of a connection of postgres_engine; the connection's. */
const char *postgres_url(struct conn *conn);

#endif
