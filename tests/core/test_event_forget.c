/* Forgetting somebody: what is dropped, what is kept, and whose. */
#include "../check.h"
#include "../user/house.h"

#include "core/event.h"

struct said {
	struct uuid user_id;
	const char *contact;
};

static enum err record(struct op *op, void *context)
{
	const struct said *said = context;
	const struct event event = {.type = EVENT_OTP_SENT,
		.app_id = ((const struct test_house *)op->result)->app_id,
		.user_id = said->user_id,
		.contact = text_of(said->contact)};
	return event_record(op, &event);
}

static void say(struct test_house *house, struct uuid user_id, const char *contact)
{
	struct said said = {user_id, contact};
	struct op *op = house_op(house);
	op->result = house;
	assert_int_equal(house_run(house, op, record, &said), ERR_NONE);
}

static enum err forget(struct op *op, void *context)
{
	const struct said *said = context;
	const struct text contacts[] = {TEXT_NONE, text_of(said->contact)};
	return event_forget(
		op, ((const struct test_house *)op->result)->app_id, said->user_id, contacts, COUNT(contacts));
}

static void forget_user(struct test_house *house, struct uuid user_id, const char *contact)
{
	struct said said = {user_id, contact};
	struct op *op = house_op(house);
	op->result = house;
	assert_int_equal(house_run(house, op, forget, &said), ERR_NONE);
}

static int64_t forgotten(struct test_house *house)
{
	return house_int(house,
		"SELECT COUNT(*) FROM events WHERE forgotten IS NOT NULL AND contact IS NULL AND ip IS NULL"
		" AND user_agent IS NULL AND salt IS NULL AND digest IS NOT NULL AND mac IS NOT NULL");
}

static int64_t kept(struct test_house *house)
{
	return house_int(house,
		"SELECT COUNT(*) FROM events WHERE forgotten IS NULL AND ip IS NOT NULL AND user_agent IS"
		" NOT NULL AND salt IS NOT NULL");
}

static const struct uuid NOBODY = {{0}};

static void a_users_events_lose_what_is_personal_and_nobody_elses(void **state)
{
	struct test_house *house = house_of(state);
	const struct uuid ada = uuid_new(1), bob = uuid_new(2);
	say(house, ada, NULL);
	say(house, ada, "ada@example.com");
	say(house, bob, "bob@example.com");
	say(house, bob, "ada@example.com");
	forget_user(house, ada, NULL);
	assert_int_equal(forgotten(house), 2);
	assert_int_equal(kept(house), 2);
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM events WHERE contact IS NOT NULL"), 2);
}

static void what_knows_no_user_is_found_by_the_contact(void **state)
{
	struct test_house *house = house_of(state);
	const struct uuid ada = uuid_new(1);
	say(house, NOBODY, "ada@example.com");
	say(house, NOBODY, "old@example.com");
	say(house, ada, "old@example.com");
	say(house, NOBODY, "bob@example.com");
	say(house, NOBODY, NULL);
	forget_user(house, ada, "ada@example.com");
	assert_int_equal(forgotten(house), 3);
	assert_int_equal(kept(house), 2);
}

static void many_events_are_forgotten_in_packs(void **state)
{
	struct test_house *house = house_of(state);
	const struct uuid ada = uuid_new(1), bob = uuid_new(2);
	for (int i = 0; i < 1100; i++)
		say(house, ada, NULL);
	say(house, bob, NULL);
	forget_user(house, ada, NULL);
	assert_int_equal(forgotten(house), 1100);
	assert_int_equal(kept(house), 1);
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM event_orders"), 0);
}

static void events_from_before_there_was_a_chain_are_forgotten_too(void **state)
{
	struct test_house *house = house_of(state);
	const struct uuid ada = uuid_new(1);
	say(house, ada, "ada@example.com");
	say(house, NOBODY, "ada@example.com");
	say(house, NOBODY, "bob@example.com");
	house_exec(house, "DELETE FROM event_queue");
	house_exec(house, "UPDATE events SET salt = NULL, digest = NULL, mac = NULL");
	forget_user(house, ada, NULL);
	assert_int_equal(
		house_int(house, "SELECT COUNT(*) FROM events WHERE forgotten IS NOT NULL AND contact IS NULL"), 2);
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM events WHERE contact = 'bob@example.com'"), 1);
}

static void forgetting_twice_changes_nothing_more(void **state)
{
	struct test_house *house = house_of(state);
	const struct uuid ada = uuid_new(1);
	say(house, ada, "ada@example.com");
	forget_user(house, ada, "ada@example.com");
	forget_user(house, ada, "ada@example.com");
	assert_int_equal(forgotten(house), 1);
	assert_int_equal(house_int(house, "SELECT forgets FROM event_chains"), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HOUSE_ON_BOTH(a_users_events_lose_what_is_personal_and_nobody_elses),
		HOUSE_ON_BOTH(what_knows_no_user_is_found_by_the_contact),
		HOUSE_ON_BOTH(many_events_are_forgotten_in_packs),
		HOUSE_ON_BOTH(events_from_before_there_was_a_chain_are_forgotten_too),
		HOUSE_ON_BOTH(forgetting_twice_changes_nothing_more),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
