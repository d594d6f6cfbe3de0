/*
 * A trail for tests: a house whose events are recorded here, and the hands of somebody who can write to its store.
 */
#ifndef KW_TESTS_AUDIT_TRAIL_H
#define KW_TESTS_AUDIT_TRAIL_H

#include "../check.h"
#include "../user/house.h"

#include "app/app.h"
#include "audit/audit.h"
#include "core/event.h"

/* cmocka fixtures: *state is a struct test_house with its rooms up to audit started. */
int trail_on_sqlite(void **state);
int trail_on_postgres(void **state);
int trail_remove(void **state);
#define TRAIL_ON_BOTH(test)                                                                                            \
	{#test " (sqlite)", test, trail_on_sqlite, trail_remove, NULL},                                                \
	{                                                                                                              \
#test " (postgres)", test, trail_on_postgres, trail_remove, NULL                                       \
	}

extern const struct uuid TRAIL_NOBODY;

/* Records count events of the app, a ms apart: signs-in of that user, or codes sent when it is nobody; contact may be NULL. */
void trail_record(struct test_house *house, struct uuid user_id, const char *contact, int count);
void trail_record_in(struct test_house *house, struct uuid app_id, int count);
void trail_forget(struct test_house *house, struct uuid user_id, const char *contact);

#endif
