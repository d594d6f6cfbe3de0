/* Sealing: every event gets one place in its app's chain, whatever else goes on. */
#include "trail.h"

static const struct uuid ADA = {"ada"};

static int64_t waiting(struct test_house *house)
{
	return house_int(house, "SELECT COUNT(*) FROM event_queue");
}

static int64_t sealed(struct test_house *house)
{
	return house_int(house, "SELECT COUNT(*) FROM event_seals");
}

/* Places that no event has, or events that have no place. */
static int64_t misfits(struct test_house *house)
{
	return house_int(house, "SELECT COUNT(*) FROM event_seals AS s FULL JOIN events AS e"
				" ON e.app_id = s.app_id AND e.event_id = s.event_id"
				" WHERE s.seq IS NULL OR e.event_id IS NULL");
}

static void what_waits_gets_the_next_places_in_order(void **state)
{
	struct test_house *house = house_of(state);
	trail_record(house, ADA, NULL, 1234);
	assert_int_equal(waiting(house), 1235);
	audit_seal();
	assert_int_equal(waiting(house), 0);
	assert_int_equal(misfits(house), 0);
	trail_record(house, ADA, NULL, 10);
	audit_seal();
	assert_int_equal(sealed(house), 1245);
	assert_int_equal(house_int(house, "SELECT MAX(seq) FROM event_seals"), 1245);
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM event_seals AS a JOIN event_seals AS b"
					  " ON b.seq = a.seq + 1 AND b.event_id < a.event_id"),
		0);
	assert_int_equal(house_int(house, "SELECT seq FROM event_chains"), 1245);
}

static void an_event_that_shows_late_is_not_skipped(void **state)
{
	struct test_house *house = house_of(state);
	trail_record(house, ADA, NULL, 3);
	audit_seal();
	house->now -= 3600 * 1000;
	trail_record(house, ADA, NULL, 2);
	audit_seal();
	assert_int_equal(waiting(house), 0);
	assert_int_equal(sealed(house), 6);
	assert_int_equal(misfits(house), 0);
}

static void each_app_has_a_chain_of_its_own(void **state)
{
	struct test_house *house = house_of(state);
	for (int i = 0; i < 700; i++)
		trail_record_in(house, uuid_new(house->now), 2);
	trail_record_in(house, TRAIL_NOBODY, 3);
	for (int i = 0; i < 10 && waiting(house); i++)
		audit_seal();
	assert_int_equal(waiting(house), 0);
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM event_chains WHERE seq = 2"), 700);
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM event_chains WHERE seq = 3"), 1);
	assert_int_equal(misfits(house), 0);
}

static void what_is_left_of_a_backlog_waits_for_the_next_time_and_the_others_come_first(void **state)
{
	struct test_house *house = house_of(state);
	const struct uuid first = {{1}}, last = {{0xff, 0xff}};
	for (int i = 0; i < 21; i++)
		trail_record_in(house, first, 1000);
	trail_record_in(house, last, 1);
	audit_seal();
	assert_int_equal(sealed(house), 20000);
	audit_seal();
	/* the other one's only event, and the app's that the house made */
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM event_chains WHERE seq = 1"), 2);
	for (int i = 0; i < 10 && waiting(house); i++)
		audit_seal();
	assert_int_equal(waiting(house), 0);
	assert_int_equal(misfits(house), 0);
}

static void an_end_that_is_not_ours_is_left_alone(void **state)
{
	struct test_house *house = house_of(state);
	trail_record(house, ADA, NULL, 5);
	audit_seal();
	const uint64_t refused = audit_stats().refused;
	house_exec(house, "DELETE FROM event_seals WHERE seq > 3");
	house_exec(house, "UPDATE event_chains SET seq = 3, link = (SELECT link FROM event_seals WHERE seq = 3)");
	trail_record(house, ADA, NULL, 1);
	trail_record_in(house, TRAIL_NOBODY, 1);
	audit_seal();
	assert_int_equal(waiting(house), 1);
	assert_int_equal(house_int(house, "SELECT MAX(seq) FROM event_seals"), 3);
	assert_int_equal(audit_stats().refused, refused + 1);
}

static void a_chain_whose_end_was_removed_is_not_begun_anew(void **state)
{
	struct test_house *house = house_of(state);
	trail_record(house, ADA, NULL, 5);
	audit_seal();
	house_exec(house, "DELETE FROM event_chains");
	trail_record(house, ADA, NULL, 1);
	audit_seal();
	assert_int_equal(waiting(house), 1);
	assert_int_equal(sealed(house), 6);
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM event_chains"), 0);
}

/* Its end is cut off, but the end knows how long it was: what comes next is protected all the same. */
static void a_chain_that_lost_places_goes_on_behind_them(void **state)
{
	struct test_house *house = house_of(state);
	trail_record(house, ADA, NULL, 5);
	audit_seal();
	house_exec(house, "DELETE FROM event_seals WHERE seq > 3");
	trail_record(house, ADA, NULL, 1);
	audit_seal();
	assert_int_equal(waiting(house), 0);
	assert_int_equal(house_int(house, "SELECT MAX(seq) FROM event_seals"), 7);
}

static void whom_events_are_about_is_found_in_the_chain(void **state)
{
	struct test_house *house = house_of(state);
	trail_record(house, ADA, NULL, 700);
	trail_record(house, TRAIL_NOBODY, "ada@example.com", 3);
	trail_record(house, TRAIL_NOBODY, "bob@example.com", 2);
	trail_record(house, ADA, "old@example.com", 1);
	trail_record(house, TRAIL_NOBODY, "old@example.com", 1);
	audit_seal();
	trail_record(house, ADA, NULL, 1);
	trail_record(house, TRAIL_NOBODY, "ada@example.com", 1);
	trail_forget(house, ADA, "ada@example.com");
	audit_seal();
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM events WHERE forgotten IS NOT NULL"), 707);
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM events WHERE contact IS NOT NULL"), 2);
	/* of a contact not even the MAC is left */
	assert_int_equal(
		house_int(house, "SELECT COUNT(*) FROM event_seals AS s JOIN events AS e"
				 " ON e.app_id = s.app_id AND e.event_id = s.event_id"
				 " WHERE e.user_id IS NULL AND e.forgotten IS NOT NULL AND s.subject IS NOT NULL"),
		0);
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM event_seals WHERE subject IS NOT NULL"), 704);
}

static int64_t forgotten(struct test_house *house)
{
	return house_int(
		house, "SELECT COUNT(*) FROM events WHERE forgotten IS NOT NULL AND ip IS NULL AND salt IS NULL");
}

static int64_t ordered(struct test_house *house)
{
	return house_int(house, "SELECT COUNT(*) FROM event_orders");
}

static void whose_events_are_too_many_for_one_transaction_is_forgotten_by_the_job(void **state)
{
	struct test_house *house = house_of(state);
	for (int i = 0; i < 9; i++) {
		trail_record(house, ADA, NULL, 500);
		trail_record(house, uuid_new(i), NULL, 500);
		audit_seal();
	}
	/* a contact that only the last of her events know, in another stretch of the chain */
	trail_record(house, ADA, "old@example.com", 10);
	trail_record(house, TRAIL_NOBODY, "old@example.com", 3000);
	audit_seal();
	trail_forget(house, ADA, NULL);
	assert_int_equal(forgotten(house), 2000);
	assert_int_equal(ordered(house), 1);
	audit_forget();
	assert_int_equal(forgotten(house), 7510);
	assert_int_equal(ordered(house), 0);
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM events WHERE ip IS NOT NULL"), 4501);
}

static void what_waits_when_somebody_is_forgotten_is_forgotten_where_it_waits_or_later(void **state)
{
	struct test_house *house = house_of(state);
	trail_record(house, ADA, NULL, 2500);
	trail_forget(house, ADA, NULL);
	assert_int_equal(forgotten(house), 2000);
	audit_forget();
	audit_seal();
	audit_forget();
	assert_int_equal(forgotten(house), 2500);
	assert_int_equal(ordered(house), 0);
	audit_forget();
}

static void an_order_that_is_not_ours_is_not_carried_out(void **state)
{
	struct test_house *house = house_of(state);
	trail_record(house, ADA, NULL, 2100);
	trail_record(house, uuid_new(1), NULL, 10);
	audit_seal();
	trail_forget(house, ADA, NULL);
	assert_int_equal(forgotten(house), 2000);
	/* Ada's, but for somebody else */
	house_exec(house, "UPDATE event_orders SET user_id = (SELECT user_id FROM events"
			  " WHERE ip IS NOT NULL AND user_id NOT IN (SELECT user_id FROM event_orders) LIMIT 1)");
	audit_forget();
	assert_int_equal(forgotten(house), 2000);
	assert_int_equal(ordered(house), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TRAIL_ON_BOTH(what_waits_gets_the_next_places_in_order),
		TRAIL_ON_BOTH(an_event_that_shows_late_is_not_skipped),
		TRAIL_ON_BOTH(each_app_has_a_chain_of_its_own),
		TRAIL_ON_BOTH(what_is_left_of_a_backlog_waits_for_the_next_time_and_the_others_come_first),
		TRAIL_ON_BOTH(an_end_that_is_not_ours_is_left_alone),
		TRAIL_ON_BOTH(a_chain_whose_end_was_removed_is_not_begun_anew),
		TRAIL_ON_BOTH(a_chain_that_lost_places_goes_on_behind_them),
		TRAIL_ON_BOTH(whom_events_are_about_is_found_in_the_chain),
		TRAIL_ON_BOTH(whose_events_are_too_many_for_one_transaction_is_forgotten_by_the_job),
		TRAIL_ON_BOTH(an_order_that_is_not_ours_is_not_carried_out),
		TRAIL_ON_BOTH(what_waits_when_somebody_is_forgotten_is_forgotten_where_it_waits_or_later),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
