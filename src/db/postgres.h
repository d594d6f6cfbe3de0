/*
 * What PostgreSQL's engine shows to its neighbours in db/.
 */
#ifndef KW_DB_POSTGRES_H
#define KW_DB_POSTGRES_H

#include "db/engine.h"

/* The advisory lock of who changes the schema, and what makes the type that its texts call BLOB. */
#define POSTGRES_LOCK_KEY "1801812343" /* "keyw" */
#define POSTGRES_MAKE_BLOB "DO $$BEGIN IF to_regtype('blob') IS NULL THEN CREATE DOMAIN blob AS bytea; END IF; END$$"

/* Of a connection of postgres_engine; the connection's. */
const char *postgres_url(struct conn *conn);

#endif
