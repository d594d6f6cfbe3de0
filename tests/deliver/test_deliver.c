/* The whole way of a message: queued in a transaction, delivered after its commit, erased; and taken up after a crash. */
#include "../user/house.h"

#include <stdlib.h>
#include <unistd.h>

#include "../check.h"
#include "base/clock.h"
#include "deliver/deliver.h"
#include "deliver/inbox.h"

static struct test_house *in_dev_mode(void **state)
{
	struct test_house *house = house_of(state);
	struct settings *settings = &house->settings;
	house->now = clock_now();
	settings->dev = true;
	settings->mail_smtp_url = settings->mail_from = settings->mail_ca_file = "";
	settings->sms_provider = settings->sms_url = settings->sms_token = settings->sms_from = "";
	settings->sms_countries = "";
	return house;
}

static void stop(struct test_house *house)
{
	deliver_stop();
	store_close(house->store);
}

static const struct contact ADA = {CONTACT_EMAIL, {"ada@example.com", 15}, {"Ada@example.com", 15}};
static const struct contact PHONE = {CONTACT_PHONE, {"+4915112345678", 14}, {"+4915112345678", 14}};

struct queueing {
	struct uuid app_id;
	struct message message;
	enum err end; /* of the action */
};

static enum err run_queue(struct op *op, void *context)
{
	const struct queueing *queueing = context;
	const enum err err = deliver_queue(op, queueing->app_id, &queueing->message);
	return err != ERR_NONE ? err : queueing->end;
}

static void queue(struct test_house *house, const struct contact *to, int64_t lives_ms, enum err end)
{
	struct queueing queueing = {.app_id = house->app_id,
		.message = {.to = *to,
			.app_name = TEXT("Shop"),
			.code = TEXT("482913"),
			.expires_at = house->now + lives_ms},
		.end = end};
	assert_int_equal(house_run(house, house_op(house), run_queue, &queueing), end);
}

enum { LONG = 300000 };

static void wait_for_rows(struct test_house *house, int64_t wanted)
{
	while (house_int(house, "SELECT COUNT(*) FROM outbox") != wanted)
		usleep(2000);
}

static size_t inbox_count(struct test_house *house, const struct contact *contact)
{
	const struct letter *letters[10];
	return inbox_read(house->arena, contact->canonical, COUNT(letters), letters);
}

static void a_message_arrives_after_its_commit_and_its_row_is_erased(void **state)
{
	struct test_house *house = in_dev_mode(state);
	assert_int_equal(deliver_start(&house->house), 0);
	queue(house, &ADA, LONG, ERR_NONE);
	queue(house, &PHONE, LONG, ERR_NONE);
	wait_for_rows(house, 0);
	assert_int_equal(inbox_count(house, &ADA), 1);
	assert_int_equal(inbox_count(house, &PHONE), 1);
	assert_int_equal(deliver_stats().mails_sent, 1);
	assert_int_equal(deliver_stats().texts_sent, 1);
	assert_int_equal(deliver_stats().waiting, 0);
	stop(house);
}

static void a_message_of_an_action_that_was_undone_never_was(void **state)
{
	struct test_house *house = in_dev_mode(state);
	assert_int_equal(deliver_start(&house->house), 0);
	queue(house, &ADA, LONG, ERR_INTERNAL_ERROR);
	queue(house, &PHONE, LONG, ERR_NONE);
	wait_for_rows(house, 0);
	assert_int_equal(inbox_count(house, &PHONE), 1);
	assert_int_equal(inbox_count(house, &ADA), 0);
	stop(house);
}

/* A process without providers in production holds nothing: what it leaves is what a crash leaves. */
static void messages_left_behind_are_delivered_by_the_next_process(void **state)
{
	struct test_house *house = in_dev_mode(state);
	house->settings.dev = false;
	assert_int_equal(deliver_start(&house->house), 0);
	queue(house, &ADA, LONG, ERR_NONE);
	deliver_stop();
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM outbox"), 1);

	house->settings.dev = true;
	house_exec(house, "UPDATE outbox SET claimed_until = 1");
	assert_int_equal(deliver_start(&house->house), 0);
	wait_for_rows(house, 0);
	assert_int_equal(inbox_count(house, &ADA), 1);
	stop(house);
}

static void a_scan_takes_up_what_a_crashed_node_had_claimed(void **state)
{
	struct test_house *house = in_dev_mode(state);
	house->settings.dev = false;
	assert_int_equal(deliver_start(&house->house), 0);
	queue(house, &ADA, LONG, ERR_NONE);
	deliver_stop();
	house_exec(house, "CREATE TABLE crashed AS SELECT * FROM outbox");
	house_exec(house, "DELETE FROM outbox");

	house->settings.dev = true;
	assert_int_equal(deliver_start(&house->house), 0);
	house_exec(house, "INSERT INTO outbox SELECT * FROM crashed");
	house_exec(house, "UPDATE outbox SET claimed_until = 1");
	deliver_scan();
	wait_for_rows(house, 0);
	assert_int_equal(inbox_count(house, &ADA), 1);
	stop(house);
}

static void what_is_past_its_time_is_erased_undelivered(void **state)
{
	struct test_house *house = in_dev_mode(state);
	assert_int_equal(deliver_start(&house->house), 0);
	queue(house, &ADA, 0, ERR_NONE);
	wait_for_rows(house, 0);
	assert_int_equal(inbox_count(house, &ADA), 0);
	assert_int_equal(deliver_stats().expired, 1);
	stop(house);
}

static bool reaches(const char *number)
{
	const struct contact contact = {CONTACT_PHONE, text_of(number), text_of(number)};
	return deliver_sms_can_reach(&contact);
}

static void text_messages_go_to_the_countries_that_are_served(void **state)
{
	struct test_house *house = in_dev_mode(state);
	struct settings *settings = &house->settings;
	assert_int_equal(deliver_start(&house->house), 0);
	assert_true(reaches("+4915112345678"));
	settings->sms_countries = "49, 1";
	assert_true(reaches("+4915112345678"));
	assert_true(reaches("+14155550123"));
	assert_false(reaches("+919876543210"));
	settings->dev = false;
	assert_false(reaches("+4915112345678"));
	settings->sms_provider = "webhook";
	assert_true(reaches("+4915112345678"));
	settings->sms_countries = "";
	assert_false(reaches("+4915112345678"));
	stop(house);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HOUSE_ON_BOTH(a_message_arrives_after_its_commit_and_its_row_is_erased),
		HOUSE_ON_BOTH(a_message_of_an_action_that_was_undone_never_was),
		HOUSE_ON_BOTH(messages_left_behind_are_delivered_by_the_next_process),
		HOUSE_ON_BOTH(a_scan_takes_up_what_a_crashed_node_had_claimed),
		HOUSE_ON_BOTH(what_is_past_its_time_is_erased_undelivered),
		{"text_messages_go_to_the_countries_that_are_served", text_messages_go_to_the_countries_that_are_served,
			house_on_sqlite, house_remove, NULL},
	};
	return cmocka_run_group_tests_name("deliver/deliver", tests, NULL, NULL);
}
