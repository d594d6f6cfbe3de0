/*
 * Load for a store that may lose power: clients count rows up, each work two rows and a line of the journal; a ledger of what
 * was acknowledged to them; and what a database holds of it.
 */
#ifndef KW_TESTS_DB_COUNTING_H
#define KW_TESTS_DB_COUNTING_H

#include "db/db.h"

#define CLIENTS 8
#define WORKS_MAX 8192 /* of a client, in one store's life */

extern const struct db_migration counting_tables;

/* What a client knows of its work. */
enum fate { OPEN, THERE, GONE };
struct ledger {
	uint8_t fates[CLIENTS][WORKS_MAX];
};

/* Zero at a store's beginning. */
struct counting {
	_Atomic uint8_t fates[CLIENTS][WORKS_MAX];
	unsigned submitted[CLIENTS];
	_Atomic bool enough; /* everybody stops */
	bool tides;          /* now and then everybody pauses, and one writes much: the log starts over */
	_Atomic bool ebbs;
	_Atomic int busy;
	uint64_t seed;
	struct db *db;
};

/* Clients work, each on one thing at a time, and a reader reads, until it is enough. */
void counting_load(struct counting *counting);
/* What was acknowledged until now. */
void counting_copy(const struct counting *counting, struct ledger *ledger_r);
/* The store holds these works now, nothing else, and never will hold others of those that were submitted. */
void counting_is(struct counting *counting, const struct ledger *found);

/* Opens a database by plain SQLite and the unix VFS, as after a restart: it is sound, what is known to be there is there,
 * once, what is known to be gone is not, and works are there as a whole. Else says in why what it found first. */
MUST_USE int counting_check(
	const char *database, const struct ledger *known, struct ledger *found_r, char why[static 200]);

#endif
