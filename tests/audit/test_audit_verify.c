/* What somebody with hands on the store can do, and how it is named. */
#include "trail.h"

#include "audit/audit_verify.h"

static const struct uuid ADA = {"ada"};

struct verifying {
	struct uuid app_id;
	struct audit_position at;
	struct audit_report report;
};

static enum err verify_piece(struct op *op, void *context)
{
	struct verifying *verifying = context;
	return audit_verify(op, verifying->app_id, &verifying->at, &verifying->report);
}

/* All pieces; their sums and the last one's rest. */
static struct audit_report verify(struct test_house *house, struct uuid app_id)
{
	struct verifying verifying = {app_id, {AUDIT_CHAIN, .seq = 1}, {{{0}}}};
	struct audit_report all = {{{0}}};
	do {
		assert_int_equal(house_run(house, house_op(house), verify_piece, &verifying), ERR_NONE);
		const struct audit_report piece = verifying.report, sums = all;
		all = piece;
		all.records += sums.records;
		all.forgotten += sums.forgotten;
		all.unproven += sums.unproven;
		verifying.at = piece.next;
	} while (verifying.at.part != AUDIT_ALL_SEEN);
	return all;
}

static void holds(struct test_house *house, int64_t records, int64_t forgotten)
{
	const struct audit_report report = verify(house, house->app_id);
	assert_string_equal(audit_fault_name(report.fault), "sound");
	assert_int_equal(report.records, records);
	assert_int_equal(report.length, records);
	assert_int_equal(report.forgotten, forgotten);
}

static void is_broken(struct test_house *house, const char *what, int64_t seq)
{
	const struct audit_report report = verify(house, house->app_id);
	assert_string_equal(audit_fault_name(report.fault), what);
	assert_int_equal(report.fault_seq, seq);
}

/* A chain of 1100 records: the app's first, sign-ins of Ada, and codes sent to her. */
static struct test_house *chain_of(void **state)
{
	struct test_house *house = house_of(state);
	trail_record(house, ADA, NULL, 600);
	trail_record(house, TRAIL_NOBODY, "ada@example.com", 499);
	audit_seal();
	return house;
}

/* The event at that place of the chain. */
#define AT(seq) "event_id = (SELECT event_id FROM event_seals WHERE seq = " #seq ")"

static void an_untouched_chain_holds(void **state)
{
	struct test_house *house = chain_of(state);
	holds(house, 1100, 0);
	const struct audit_report own = verify(house, TRAIL_NOBODY);
	assert_int_equal(own.fault, AUDIT_SOUND);
	assert_int_equal(own.length, 0);
}

static void what_waits_is_counted(void **state)
{
	struct test_house *house = chain_of(state);
	const int64_t since = house->now;
	trail_record(house, ADA, NULL, 3);
	const struct audit_report report = verify(house, house->app_id);
	assert_int_equal(report.fault, AUDIT_SOUND);
	assert_int_equal(report.unsealed, 3);
	assert_int_equal(report.oldest_unsealed_at, since);
}

static void an_app_without_events_since_its_making_holds(void **state)
{
	struct test_house *house = house_of(state);
	holds(house, 0, 0);
	audit_seal();
	holds(house, 1, 0);
}

static void who_was_forgotten_leaves_a_chain_that_holds(void **state)
{
	struct test_house *house = chain_of(state);
	trail_record(house, ADA, "ada@example.com", 2);
	trail_forget(house, ADA, NULL);
	audit_seal();
	holds(house, 1102, 1101);
}

static void every_edited_column_names_its_record(void **state)
{
	static const struct {
		const char *change, *what;
	} CASES[] = {
		{"at = at + 1", "edited"},
		{"type = 'session.ended'", "edited"},
		{"user_id = session_id, session_id = user_id", "edited"},
		{"user_id = NULL", "edited"},
		{"session_id = event_id", "edited"},
		{"request_id = 'req_' || substr(request_id, 6) || 'X'", "edited"},
		{"detail = '{\"amr\":\"otp-sms\"}'", "edited"},
		{"detail = NULL", "edited"},
		{"digest = mac", "edited"},
		{"digest = NULL", "edited"},
		{"mac = digest", "edited"},
		{"mac = NULL", "edited"},
		{"ip = '192.0.2.8'", "digest_wrong"},
		{"ip = NULL", "digest_wrong"},
		{"user_agent = 'Test'", "digest_wrong"},
		{"user_agent = ''", "digest_wrong"},
		{"contact = 'bob@example.com'", "digest_wrong"},
		{"contact = ''", "digest_wrong"},
		{"salt = event_id", "digest_wrong"},
		{"salt = NULL, contact = NULL, ip = NULL, user_agent = NULL", "digest_wrong"},
		{"forgotten = mac, salt = NULL, contact = NULL, ip = NULL, user_agent = NULL", "digest_wrong"},
		{"forgotten = mac", "digest_wrong"},
		{"event_id = digest", "missing"},
	};
	struct test_house *house = chain_of(state);
	house_exec(house, "CREATE TABLE kept AS SELECT * FROM events WHERE " AT(555));
	for (size_t i = 0; i < COUNT(CASES); i++) {
		house_exec(house, arena_printf(house->arena, "UPDATE events SET %s WHERE " AT(555), CASES[i].change).p);
		is_broken(house, CASES[i].what, 555);
		house_exec(house,
			"DELETE FROM events WHERE " AT(555) " OR event_id NOT IN (SELECT event_id FROM event_seals)");
		house_exec(house, "INSERT INTO events SELECT * FROM kept");
		house_exec(house, "DELETE FROM event_queue");
		holds(house, 1100, 0);
	}
}

static void every_edited_column_of_a_place_names_it(void **state)
{
	static const struct {
		const char *change, *what;
	} CASES[] = {
		{"link = (SELECT link FROM event_seals WHERE seq = 4)", "reordered"},
		{"subject = NULL", "edited"},
		{"subject = substr(link, 1, 8)", "edited"},
		{"event_id = substr(link, 1, 16)", "missing"},
		{"seq = 5000", "inserted"},
	};
	struct test_house *house = chain_of(state);
	house_exec(house, "CREATE TABLE kept AS SELECT * FROM event_seals WHERE seq = 501");
	for (size_t i = 0; i < COUNT(CASES); i++) {
		house_exec(house,
			arena_printf(house->arena, "UPDATE event_seals SET %s WHERE seq = 501", CASES[i].change).p);
		is_broken(house, CASES[i].what, strcmp(CASES[i].what, "inserted") == 0 ? 1101 : 501);
		house_exec(house, "DELETE FROM event_seals WHERE seq IN (501, 5000)");
		is_broken(house, "missing", 501);
		house_exec(house, "INSERT INTO event_seals SELECT * FROM kept");
		holds(house, 1100, 0);
	}
}

static void a_removed_record_is_missed(void **state)
{
	struct test_house *house = chain_of(state);
	house_exec(house, "DELETE FROM events WHERE " AT(1099));
	is_broken(house, "missing", 1099);
	house_exec(house, "DELETE FROM events WHERE " AT(1));
	is_broken(house, "missing", 1);
}

static void a_removed_place_is_missed_though_all_behind_it_move_up(void **state)
{
	struct test_house *house = chain_of(state);
	house_exec(house, "DELETE FROM events WHERE " AT(900));
	house_exec(house, "DELETE FROM event_seals WHERE seq = 900");
	is_broken(house, "missing", 900);
	/* one at a time: the key must stay unique */
	house_exec(house, "UPDATE event_seals SET seq = -seq WHERE seq > 900");
	house_exec(house, "UPDATE event_seals SET seq = -seq - 1 WHERE seq < 0");
	is_broken(house, "reordered", 900);
}

static void two_that_changed_places_are_noticed(void **state)
{
	struct test_house *house = chain_of(state);
	house_exec(house, "UPDATE event_seals SET seq = -1 WHERE seq = 1000");
	house_exec(house, "UPDATE event_seals SET seq = 1000 WHERE seq = 1001");
	house_exec(house, "UPDATE event_seals SET seq = 1001 WHERE seq = -1");
	is_broken(house, "reordered", 1000);
}

static void records_cut_off_the_end_are_missed(void **state)
{
	struct test_house *house = chain_of(state);
	house_exec(house, "DELETE FROM events WHERE event_id IN (SELECT event_id FROM event_seals WHERE seq > 1050)");
	house_exec(house, "DELETE FROM event_seals WHERE seq > 1050");
	is_broken(house, "missing", 1051);
	house_exec(house, "UPDATE event_chains SET seq = 1050, link = (SELECT link FROM event_seals WHERE seq = 1050)");
	is_broken(house, "end_edited", 1050);
	house_exec(house, "DELETE FROM event_chains");
	is_broken(house, "end_edited", 0);
	house_exec(house, "DELETE FROM event_seals");
	is_broken(house, "end_edited", 0);
}

static void a_chain_begun_anew_is_noticed(void **state)
{
	struct test_house *house = chain_of(state);
	/* a shorter story, and our own job is to tell it */
	house_exec(house, "INSERT INTO event_queue (app_id, event_id, mac, user_id, contact)"
			  " SELECT app_id, event_id, mac, user_id, contact FROM events");
	house_exec(house, "DELETE FROM events WHERE " AT(2));
	house_exec(house, "DELETE FROM event_queue WHERE " AT(2));
	house_exec(house, "DELETE FROM event_seals");
	house_exec(house, "DELETE FROM event_chains");
	audit_seal();
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM event_seals"), 1099);
	is_broken(house, "begun_anew", 0);
}

static void a_record_of_somebody_elses_is_noticed(void **state)
{
	struct test_house *house = chain_of(state);
	/* beside the chain */
	house_exec(house,
		"INSERT INTO events SELECT app_id, substr(mac, 1, 16), at, type, user_id, session_id, request_id,"
		" ip, user_agent, contact, detail, salt, digest, mac, forgotten FROM events WHERE " AT(3));
	house_exec(house, "DELETE FROM event_queue");
	is_broken(house, "inserted", 0);
	/* where new ones wait */
	house_exec(house, "DELETE FROM events WHERE event_id NOT IN (SELECT event_id FROM event_seals)");
	house_exec(house,
		"INSERT INTO events SELECT app_id, substr(mac, 1, 16), at, type, user_id, session_id, request_id,"
		" ip, user_agent, contact, detail, salt, digest, mac, forgotten FROM events WHERE " AT(3));
	audit_seal();
	is_broken(house, "edited", 1101);
}

static void a_place_behind_the_end_is_noticed(void **state)
{
	struct test_house *house = chain_of(state);
	house_exec(house, "INSERT INTO event_seals SELECT app_id, 1101, digest, link, NULL FROM event_seals"
			  " JOIN (SELECT digest FROM events WHERE " AT(9) ") AS other ON seq = 1100");
	is_broken(house, "inserted", 1101);
}

static void events_from_before_there_was_a_chain_are_told_apart(void **state)
{
	struct test_house *house = chain_of(state);
	house_exec(house,
		"INSERT INTO events SELECT app_id, substr(mac, 1, 16), at - 10, type, user_id, session_id,"
		" request_id, ip, user_agent, contact, detail, NULL, NULL, NULL, NULL FROM events WHERE " AT(1));
	house_exec(house, "DELETE FROM event_queue");
	struct audit_report report = verify(house, house->app_id);
	assert_int_equal(report.fault, AUDIT_SOUND);
	assert_int_equal(report.unproven, 1);
	/* younger than the chain: nobody of ours writes without a MAC */
	house_exec(house, "UPDATE events SET at = at + 11 WHERE mac IS NULL");
	is_broken(house, "inserted", 0);
}

static void an_unknown_app_is_refused(void **state)
{
	struct test_house *house = chain_of(state);
	struct verifying verifying = {uuid_new(1), {AUDIT_CHAIN, .seq = 1}, {{{0}}}};
	assert_int_equal(house_run(house, house_op(house), verify_piece, &verifying), ERR_APP_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TRAIL_ON_BOTH(an_untouched_chain_holds),
		TRAIL_ON_BOTH(what_waits_is_counted),
		TRAIL_ON_BOTH(an_app_without_events_since_its_making_holds),
		TRAIL_ON_BOTH(who_was_forgotten_leaves_a_chain_that_holds),
		TRAIL_ON_BOTH(every_edited_column_names_its_record),
		TRAIL_ON_BOTH(every_edited_column_of_a_place_names_it),
		TRAIL_ON_BOTH(a_removed_record_is_missed),
		TRAIL_ON_BOTH(a_removed_place_is_missed_though_all_behind_it_move_up),
		TRAIL_ON_BOTH(two_that_changed_places_are_noticed),
		TRAIL_ON_BOTH(records_cut_off_the_end_are_missed),
		TRAIL_ON_BOTH(a_chain_begun_anew_is_noticed),
		TRAIL_ON_BOTH(a_record_of_somebody_elses_is_noticed),
		TRAIL_ON_BOTH(a_place_behind_the_end_is_noticed),
		TRAIL_ON_BOTH(events_from_before_there_was_a_chain_are_told_apart),
		TRAIL_ON_BOTH(an_unknown_app_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
