/* What a lane does with letters whose provider cannot be reached: here there is no courier at all. */
#include "../user/house.h"

#include <unistd.h>
#include <utlist.h>

#include "../check.h"
#include "base/clock.h"
#include "deliver/lane.h"
#include "deliver/outbox.h"

static struct lane lane;

static struct courier *no_courier(void)
{
	return NULL;
}

static void take(struct letter *letters) {}

static void count_expired(unsigned count) {}

static void wake(void) {}

static struct test_house *start(void **state)
{
	static const struct outbox_doings DOINGS = {take, count_expired, wake};
	struct test_house *house = house_of(state);
	house->now = clock_now();
	house->settings.mail_smtp_url = "smtp://127.0.0.1:25";
	lane = (struct lane){.name = "email"};
	outbox_start(&house->house, &DOINGS);
	return house;
}

static void stop(struct test_house *house)
{
	lane_release(&lane);
	while (!outbox_work())
		usleep(1000);
	outbox_stop();
	store_close(house->store);
}

static const struct message MESSAGE = {.to = {CONTACT_EMAIL, {"ada@example.com", 15}, {"ada@example.com", 15}}};

static void give(struct test_house *house, int64_t lives_ms, int64_t claimed_ms)
{
	struct message message = MESSAGE;
	message.expires_at = house->now + lives_ms;
	struct letter *letter = letter_new(house->app_id, uuid_new(house->now), &message);
	letter->claimed_until = house->now + claimed_ms;
	lane_take(&lane, letter);
}

static int count(const struct letter *list)
{
	const struct letter *letter;
	int n;
	DL_COUNT(list, letter, n);
	return n;
}

enum { LONG = 300000 };

static void what_cannot_be_sent_waits_and_is_tried_again(void **state)
{
	struct test_house *house = start(state);
	give(house, LONG, LONG);
	const int64_t again = lane_work(&lane, no_courier);
	assert_int_equal(count(lane.ready), 0);
	assert_int_equal(count(lane.paused), 1);
	assert_int_equal(lane.paused->tries, 1);
	assert_true(again == INT64_MAX || again == lane.paused->due);
	lane.paused->due = 0;
	(void)lane_work(&lane, no_courier);
	assert_int_equal(lane.paused->tries, 2);
	assert_int_equal(lane.tally.retried, 2);
	stop(house);
}

static void a_provider_that_fails_again_and_again_is_spared(void **state)
{
	struct test_house *house = start(state);
	for (int i = 0; i < CIRCUIT_FAILURES + 3; i++)
		give(house, LONG, LONG);
	(void)lane_work(&lane, no_courier);
	assert_int_equal(count(lane.paused), CIRCUIT_FAILURES);
	assert_int_equal(count(lane.ready), 3);
	lane.circuit.shut_until = 0;
	(void)lane_work(&lane, no_courier);
	assert_int_equal(count(lane.ready), 2);
	stop(house);
}

static void what_is_past_its_time_ends(void **state)
{
	struct test_house *house = start(state);
	give(house, 0, LONG);
	(void)lane_work(&lane, no_courier);
	assert_int_equal(lane.tally.expired, 1);
	assert_int_equal(lane.tally.held, 0);
	assert_false(outbox_work());
	stop(house);
}

static void what_waits_for_a_shut_circuit_expires_all_the_same(void **state)
{
	struct test_house *house = start(state);
	lane.circuit = (struct circuit){.failures = CIRCUIT_FAILURES, .shut_until = INT64_MAX};
	give(house, 0, LONG);
	(void)lane_work(&lane, no_courier);
	assert_int_equal(lane.tally.expired, 1);
	stop(house);
}

static void a_letter_whose_claim_ends_goes_back_to_the_outbox(void **state)
{
	struct test_house *house = start(state);
	give(house, LONG, CARRIER_TRY_MS - 1);
	(void)lane_work(&lane, no_courier);
	assert_int_equal(lane.tally.retried, 0);
	assert_int_equal(lane.tally.held, 0);
	/* this one has time for a try, but none for another after the pause */
	give(house, LONG, CARRIER_TRY_MS + 500);
	(void)lane_work(&lane, no_courier);
	assert_int_equal(lane.tally.retried, 1);
	assert_int_equal(lane.tally.held, 0);
	stop(house);
}

static void without_a_provider_letters_are_left_in_the_outbox(void **state)
{
	struct test_house *house = start(state);
	house->settings.mail_smtp_url = "";
	give(house, LONG, LONG);
	(void)lane_work(&lane, no_courier);
	assert_int_equal(lane.tally.held, 0);
	assert_true(outbox_work());
	stop(house);
}

#define ON_SQLITE_HOUSE(test)                                                                                          \
	{                                                                                                              \
#test, test, house_on_sqlite, house_remove, NULL                                                       \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_SQLITE_HOUSE(what_cannot_be_sent_waits_and_is_tried_again),
		ON_SQLITE_HOUSE(a_provider_that_fails_again_and_again_is_spared),
		ON_SQLITE_HOUSE(what_is_past_its_time_ends),
		ON_SQLITE_HOUSE(what_waits_for_a_shut_circuit_expires_all_the_same),
		ON_SQLITE_HOUSE(a_letter_whose_claim_ends_goes_back_to_the_outbox),
		ON_SQLITE_HOUSE(without_a_provider_letters_are_left_in_the_outbox),
	};
	return cmocka_run_group_tests_name("deliver/lane", tests, NULL, NULL);
}
