/*
 * Many rows in one statement, and one round trip to PostgreSQL: texts of a fixed size each are packed one behind the other into
 * one argument. $2 is how many there are, at least 1; i counts them from 0.
 *
 *	PACK_ROWS " DELETE FROM t WHERE id IN (SELECT substr($1, i * 16 + 1, 16) FROM " PACK_EACH ")"
 *
 * PostgreSQL takes them for one row, whatever its statistics say, and so looks each up by a key. Without the bounds around i it
 * guesses 31, and prefers to walk through a table that is young.
 */
#ifndef KW_DB_PACK_H
#define KW_DB_PACK_H

/* Begins the statement. */
#define PACK_ROWS "WITH RECURSIVE pack(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM pack WHERE i + 1 < $2)"
#define PACK_EACH "pack WHERE i >= 0 AND i < $2"

#endif
