/* Messages in the store: sealed, claimed by one at a time, erased when they have no use. */
#include "../user/house.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <unistd.h>
#include <utlist.h>

#include "../check.h"
#include "base/clock.h"
#include "deliver/outbox.h"

/* ---- what the outbox does to the rest of the house ---- */

static struct letter *taken;
static unsigned expired;
static sem_t something_came;

static void take(struct letter *letters)
{
	DL_CONCAT(taken, letters);
	sem_post(&something_came);
}

static void count_expired(unsigned count)
{
	expired += count;
}

static void wake(void) {}

static unsigned count_taken(void)
{
	struct letter *letter;
	unsigned count;
	DL_COUNT(taken, letter, count);
	return count;
}

static void drop_taken(void)
{
	struct letter *letter, *next;
	DL_FOREACH_SAFE(taken, letter, next)
	{
		DL_DELETE(taken, letter);
		letter_free(letter);
	}
}

/* ---- fixtures ---- */

static const struct outbox_doings DOINGS = {take, count_expired, wake};

static struct test_house *start(void **state)
{
	struct test_house *house = house_of(state);
	house->now = clock_now();
	taken = NULL;
	expired = 0;
	sem_init(&something_came, 0, 0);
	outbox_start(&house->house, &DOINGS);
	return house;
}

static void stop(struct test_house *house)
{
	while (!outbox_work())
		usleep(1000);
	outbox_stop();
	drop_taken();
	store_close(house->store);
}

struct adding {
	struct uuid app_id, id;
	struct message message;
};

static enum err run_add(struct op *op, void *context)
{
	struct adding *adding = context;
	return outbox_add(op, adding->app_id, &adding->message, &adding->id);
}

static struct uuid add(struct test_house *house, int64_t lives_ms)
{
	struct adding adding = {.app_id = house->app_id,
		.message = {.to = {CONTACT_EMAIL, TEXT("ada.lovelace@example.com"), TEXT("Ada.Lovelace@example.com")},
			.app_name = TEXT("Shop"),
			.code = TEXT("4829136057"),
			.expires_at = house->now + lives_ms}};
	assert_int_equal(house_run(house, house_op(house), run_add, &adding), ERR_NONE);
	return adding.id;
}

static int64_t rows(struct test_house *house)
{
	return house_int(house, "SELECT COUNT(*) FROM outbox");
}

enum { LONG = 300000 };

/* ---- tests ---- */

static void check_file_holds_neither(const char *path, struct text one, struct text other)
{
	static char bytes[4 << 20];
	FILE *file = fopen(path, "rb");
	if (!file)
		return;
	const size_t n = fread(bytes, 1, sizeof bytes, file);
	fclose(file);
	assert_true(n > 0 && n < sizeof bytes);
	assert_null(memmem(bytes, n, one.p, one.n));
	assert_null(memmem(bytes, n, other.p, other.n));
}

static void neither_code_nor_contact_lies_in_the_database(void **state)
{
	struct test_house *house = start(state);
	char path[128];
	(void)add(house, LONG);
	assert_int_equal(rows(house), 1);
	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof path, "%s/test.db%s", house->store->folder, i ? "-wal" : "");
		check_file_holds_neither(path, TEXT("4829136057"), TEXT("ovelace"));
	}
	stop(house);
}

static void a_message_in_hand_is_claimed_by_nobody_else(void **state)
{
	struct test_house *house = start(state);
	(void)add(house, LONG);
	outbox_claim(10);
	outbox_stop();
	assert_int_equal(count_taken(), 0);
	outbox_start(&house->house, &DOINGS);
	stop(house);
}

static void a_claim_that_has_passed_goes_to_the_first_who_asks(void **state)
{
	struct test_house *house = start(state);
	const struct uuid id = add(house, LONG);
	house_exec(house, "UPDATE outbox SET claimed_until = 1");
	outbox_claim(10);
	sem_wait(&something_came);
	outbox_claim(10);
	outbox_stop();
	assert_int_equal(count_taken(), 1);
	assert_true(uuid_equal(taken->message_id, id) && uuid_equal(taken->app_id, house->app_id));
	CHECK_STRING(taken->message.code, "4829136057");
	CHECK_STRING(taken->message.to.spelling, "Ada.Lovelace@example.com");
	assert_true(taken->claimed_until >= house->now + OUTBOX_CLAIM_MS);
	outbox_start(&house->house, &DOINGS);
	stop(house);
}

static void no_more_are_claimed_than_asked_for(void **state)
{
	struct test_house *house = start(state);
	for (int i = 0; i < 5; i++)
		(void)add(house, LONG);
	house_exec(house, "UPDATE outbox SET claimed_until = 1");
	outbox_claim(3);
	sem_wait(&something_came);
	assert_int_equal(count_taken(), 3);
	stop(house);
}

static void at_the_start_an_embedded_store_has_no_other_owner(void **state)
{
	struct test_house *house = start(state);
	(void)add(house, LONG);
	assert_int_equal(outbox_claim_left_behind(10), 0);
	const bool alone = strcmp(house->store->engine, "sqlite") == 0;
	assert_int_equal(count_taken(), alone ? 1 : 0);
	stop(house);
}

static void what_is_past_its_time_is_erased_and_not_taken(void **state)
{
	struct test_house *house = start(state);
	(void)add(house, -1);
	(void)add(house, LONG);
	house_exec(house, "UPDATE outbox SET claimed_until = 1");
	outbox_claim(10);
	sem_wait(&something_came);
	assert_int_equal(count_taken(), 1);
	assert_int_equal(expired, 1);
	assert_int_equal(rows(house), 1);
	stop(house);
}

static void a_row_of_another_master_key_is_left_alone(void **state)
{
	struct test_house *house = start(state);
	(void)add(house, LONG);
	house_exec(house, "UPDATE outbox SET claimed_until = 1");
	outbox_stop();
	house->house.master[0] ^= 1;
	outbox_start(&house->house, &DOINGS);
	outbox_claim(10);
	outbox_stop();
	assert_int_equal(count_taken(), 0);
	assert_int_equal(rows(house), 1);
	outbox_start(&house->house, &DOINGS);
	stop(house);
}

static void what_was_delivered_is_erased_many_at_a_time(void **state)
{
	struct test_house *house = start(state);
	enum { MANY = 250 };
	for (int i = 0; i < MANY; i++)
		(void)add(house, LONG);
	house_exec(house, "UPDATE outbox SET claimed_until = 1");
	outbox_claim(MANY);
	sem_wait(&something_came);
	struct letter *letter;
	unsigned noted = 0;
	DL_FOREACH (taken, letter) {
		if (noted++ < MANY - 1)
			outbox_erase(letter);
	}
	while (!outbox_work())
		usleep(1000);
	assert_int_equal(rows(house), 1);
	stop(house);
}

static void a_released_message_is_free_from_then_on_and_keeps_its_tries(void **state)
{
	struct test_house *house = start(state);
	(void)add(house, LONG);
	house_exec(house, "UPDATE outbox SET claimed_until = 1");
	outbox_claim(1);
	sem_wait(&something_came);
	taken->tries = 4;
	outbox_release(taken, house->now - 1);
	drop_taken();
	while (!outbox_work())
		usleep(1000);
	outbox_claim(1);
	sem_wait(&something_came);
	assert_int_equal(taken->tries, 4);
	stop(house);
}

static void who_has_lost_a_claim_cannot_release_it(void **state)
{
	struct test_house *house = start(state);
	(void)add(house, LONG);
	house_exec(house, "UPDATE outbox SET claimed_until = 1");
	outbox_claim(1);
	sem_wait(&something_came);
	house_exec(house, "UPDATE outbox SET claimed_until = 99999999999999");
	outbox_release(taken, 1);
	while (!outbox_work())
		usleep(1000);
	assert_int_equal(house_int(house, "SELECT claimed_until FROM outbox"), 99999999999999);
	stop(house);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{"neither_code_nor_contact_lies_in_the_database", neither_code_nor_contact_lies_in_the_database,
			house_on_sqlite, house_remove, NULL},
		HOUSE_ON_BOTH(a_message_in_hand_is_claimed_by_nobody_else),
		HOUSE_ON_BOTH(a_claim_that_has_passed_goes_to_the_first_who_asks),
		HOUSE_ON_BOTH(no_more_are_claimed_than_asked_for),
		HOUSE_ON_BOTH(at_the_start_an_embedded_store_has_no_other_owner),
		HOUSE_ON_BOTH(what_is_past_its_time_is_erased_and_not_taken),
		HOUSE_ON_BOTH(a_row_of_another_master_key_is_left_alone),
		HOUSE_ON_BOTH(what_was_delivered_is_erased_many_at_a_time),
		HOUSE_ON_BOTH(a_released_message_is_free_from_then_on_and_keeps_its_tries),
		HOUSE_ON_BOTH(who_has_lost_a_claim_cannot_release_it),
	};
	return cmocka_run_group_tests_name("deliver/outbox", tests, NULL, NULL);
}
