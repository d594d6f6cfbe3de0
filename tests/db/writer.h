/*
 * The connection that writes an SQLite store, without the threads before it, and a table t(n, filling).
 */
#ifndef KW_TESTS_DB_WRITER_H
#define KW_TESTS_DB_WRITER_H

#include "db/sqlite.h"

#include "store.h"

/* Makes the table unless it is there. */
struct conn *writer_open(struct store *store);
struct sqlite *writer_inside(struct conn *conn);
/* Inserts a row of about so many pages in one transaction, and lets the connection rest as a store thread would. */
enum fault writer_pages(struct conn *writer, int pages);

/* The number of rows a connection sees. */
int64_t writer_rows(struct conn *reader);
/* Bytes of the store's log; -1: there is none. */
int64_t writer_log_size(const struct store *store);

#endif
