/* What is computed over events: each field counts, and nothing fits anything else. */
#include "../check.h"

#include "core/event_mac.h"

static const struct event_row ROW = {.app_id = {"app-app-app-app-", 16},
	.event_id = {"event-event-even", 16},
	.at = 1800000000000,
	.type = {"session.started", 15},
	.user_id = {"user-user-user-u", 16},
	.session_id = {"session-session-", 16},
	.request_id = {"req_1", 5},
	.detail = {"{}", 2},
	.contact = {"ada@example.com", 15},
	.ip = {"192.0.2.7", 9},
	.user_agent = {"test", 4},
	.salt = {"salt-salt-salt-s", 16},
	.digest = {"digest", 6}};

/* The row's texts: first what the record's MAC covers, then what the digest does. */
static struct text *field_of(struct event_row *row, size_t i)
{
	struct text *const fields[] = {&row->app_id, &row->event_id, &row->type, &row->user_id, &row->session_id,
		&row->request_id, &row->detail, &row->digest, &row->contact, &row->ip, &row->user_agent, &row->salt};
	return i < COUNT(fields) ? fields[i] : NULL;
}
enum { OF_RECORD = 8 };

static bool changes(const struct event_row *row, void (*mac)(const struct event_row *row, uint8_t out[static MAC_SIZE]))
{
	uint8_t before[MAC_SIZE], after[MAC_SIZE];
	mac(&ROW, before);
	mac(row, after);
	return memcmp(before, after, MAC_SIZE) != 0;
}

static void the_records_mac_covers_all_but_what_is_personal(void **state)
{
	struct event_row row = ROW;
	assert_false(changes(&row, event_mac_record));
	row.at++;
	assert_true(changes(&row, event_mac_record));
	for (size_t i = 0; row = ROW, field_of(&row, i); i++) {
		*field_of(&row, i) = TEXT("");
		assert_int_equal(changes(&row, event_mac_record), i < OF_RECORD);
		*field_of(&row, i) = TEXT_NONE;
		assert_int_equal(changes(&row, event_mac_record), i < OF_RECORD);
	}
}

static void the_digest_covers_what_is_personal(void **state)
{
	struct event_row row;
	for (size_t i = 0; row = ROW, field_of(&row, i); i++) {
		*field_of(&row, i) = TEXT_NONE;
		assert_int_equal(changes(&row, event_mac_digest), i >= OF_RECORD);
	}
}

static void a_field_cannot_flow_into_the_next(void **state)
{
	struct event_row row = ROW;
	row.type = TEXT("session.starte");
	row.user_id = TEXT("duser-user-user-u");
	assert_true(changes(&row, event_mac_record));
	row = ROW;
	row.detail = TEXT_NONE;
	row.digest = TEXT("{}");
	assert_true(changes(&row, event_mac_record));
}

static void the_subject_is_the_user_or_else_the_contact_in_its_app(void **state)
{
	uint8_t user[EVENT_SUBJECT_SIZE], contact[EVENT_SUBJECT_SIZE], other[EVENT_SUBJECT_SIZE];
	struct event_row row = ROW;
	assert_true(event_mac_subject(&row, user));
	row.contact = TEXT_NONE;
	assert_true(event_mac_subject(&row, other));
	assert_memory_equal(user, other, sizeof user);
	row = ROW;
	row.user_id = TEXT_NONE;
	assert_true(event_mac_subject(&row, contact));
	assert_memory_not_equal(user, contact, sizeof user);
	row.app_id = TEXT("another-app-anot");
	assert_true(event_mac_subject(&row, other));
	assert_memory_not_equal(contact, other, sizeof contact);
	row.contact = TEXT_NONE;
	assert_false(event_mac_subject(&row, other));
}

static void another_master_key_makes_other_macs(void **state)
{
	uint8_t one[MAC_SIZE], other[MAC_SIZE];
	event_mac_link(TEXT(""), 1, TEXT("event"), TEXT("mac"), one);
	event_mac_stop();
	event_mac_start(&(const struct house){.master = {2}});
	event_mac_link(TEXT(""), 1, TEXT("event"), TEXT("mac"), other);
	assert_memory_not_equal(one, other, MAC_SIZE);
}

static int start(void **state)
{
	event_mac_start(&(const struct house){.master = {1}});
	return 0;
}

static int stop(void **state)
{
	event_mac_stop();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_records_mac_covers_all_but_what_is_personal, start, stop),
		cmocka_unit_test_setup_teardown(the_digest_covers_what_is_personal, start, stop),
		cmocka_unit_test_setup_teardown(a_field_cannot_flow_into_the_next, start, stop),
		cmocka_unit_test_setup_teardown(the_subject_is_the_user_or_else_the_contact_in_its_app, start, stop),
		cmocka_unit_test_setup_teardown(another_master_key_makes_other_macs, start, stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
