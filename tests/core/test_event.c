#include "../check.h"
#include "../user/house.h"

#include "core/event.h"

static enum err record(struct op *op, void *context)
{
	return event_record(op, context);
}

static void an_event_carries_who_when_and_where_from(void **state)
{
	struct test_house *house = house_of(state);
	struct event event = {.type = EVENT_SESSION_STARTED,
		.app_id = house->app_id,
		.user_id = uuid_new(1),
		.session_id = uuid_new(2),
		.contact = TEXT("ada@example.com"),
		.detail = TEXT("{\"amr\":\"otp-email\"}")};
	assert_int_equal(house_run(house, house_op(house), record, &event), ERR_NONE);
	assert_int_equal(
		house_int(house, "SELECT COUNT(*) FROM events WHERE type = 'session.started' AND at = 1800000000000"
				 " AND ip = '192.0.2.7' AND user_agent = 'test' AND contact = 'ada@example.com'"
				 " AND request_id LIKE 'req_%' AND detail LIKE '%otp-email%'"
				 " AND user_id IS NOT NULL AND session_id IS NOT NULL"),
		1);
}

static void what_is_not_known_is_null(void **state)
{
	struct test_house *house = house_of(state);
	struct event event = {.type = EVENT_APP_CREATED, .app_id = house->app_id};
	struct op *op = house_op(house);
	op->client_known = false;
	op->user_agent = TEXT_NONE;
	assert_int_equal(house_run(house, op, record, &event), ERR_NONE);
	assert_int_equal(
		house_int(house, "SELECT COUNT(*) FROM events WHERE ip IS NULL AND user_agent IS NULL AND"
				 " user_id IS NULL AND session_id IS NULL AND contact IS NULL AND detail IS NULL"),
		1);
}

static void every_type_has_a_name_of_its_own(void **state)
{
	for (enum event_type type = 0; type < EVENT_COUNT; type++) {
		assert_non_null(strchr(event_name(type), '.'));
		for (enum event_type other = 0; other < type; other++)
			assert_string_not_equal(event_name(type), event_name(other));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HOUSE_ON_BOTH(an_event_carries_who_when_and_where_from),
		HOUSE_ON_BOTH(what_is_not_known_is_null),
		cmocka_unit_test(every_type_has_a_name_of_its_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
