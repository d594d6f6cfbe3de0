/* A contact becomes a user, once; the deleted and the closed door are told apart only behind the proof. */
#include "house.h"

#include <pthread.h>

#include "user/user.h"

static const struct contact ADA = {CONTACT_EMAIL, {"ada@example.com", 15}, {"Ada@example.com", 15}};
static const struct contact PHONE = {CONTACT_PHONE, {"+919876543210", 13}, {"+919876543210", 13}};

struct sign_in {
	struct uuid app_id;
	const struct contact *contact;
	bool may_create;
	struct user user;
};

static enum err run_sign_in(struct op *op, void *context)
{
	struct sign_in *call = context;
	return user_sign_in(op, call->app_id, call->contact, call->may_create, &call->user);
}

static enum err sign_in(struct test_house *house, const struct contact *contact, bool may_create, struct user *user_r)
{
	struct sign_in call = {house->app_id, contact, may_create, {{{0}}}};
	const enum err err = house_run(house, house_op(house), run_sign_in, &call);
	if (user_r)
		*user_r = call.user;
	return err;
}

static void the_first_proof_makes_the_user_and_later_ones_find_it(void **state)
{
	struct test_house *house = house_of(state);
	struct user first, second;
	assert_int_equal(sign_in(house, &ADA, true, &first), ERR_NONE);
	assert_true(first.is_new);
	assert_true(text_equal(first.email, TEXT("Ada@example.com")));
	assert_true(text_absent(first.phone));
	assert_int_equal(first.created_at, house->now);

	house->now += 5000;
	struct contact other_spelling = ADA;
	other_spelling.spelling = TEXT("ADA@example.com");
	assert_int_equal(sign_in(house, &other_spelling, false, &second), ERR_NONE);
	assert_false(second.is_new);
	assert_true(uuid_equal(first.id, second.id));
	assert_true(text_equal(second.email, TEXT("Ada@example.com")));
	assert_int_equal(second.created_at, house->now - 5000);
	assert_int_equal(second.last_sign_in_at, house->now);
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM users"), 1);
}

static void an_email_and_a_phone_are_two_users(void **state)
{
	struct test_house *house = house_of(state);
	struct user ada, phone;
	assert_int_equal(sign_in(house, &ADA, true, &ada), ERR_NONE);
	assert_int_equal(sign_in(house, &PHONE, true, &phone), ERR_NONE);
	assert_false(uuid_equal(ada.id, phone.id));
	assert_true(text_equal(phone.phone, TEXT("+919876543210")));
	assert_true(text_absent(phone.email));
}

static void a_closed_door_makes_nobody(void **state)
{
	struct test_house *house = house_of(state);
	assert_int_equal(sign_in(house, &ADA, false, NULL), ERR_USER_NOT_FOUND);
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM users"), 0);
}

static void a_deleted_user_holds_the_contact(void **state)
{
	struct test_house *house = house_of(state);
	assert_int_equal(sign_in(house, &ADA, true, NULL), ERR_NONE);
	house_exec(house, "UPDATE users SET deleted_at = 5");
	assert_int_equal(sign_in(house, &ADA, true, NULL), ERR_USER_DELETED);
	assert_int_equal(sign_in(house, &ADA, false, NULL), ERR_USER_DELETED);
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM users"), 1);
}

struct get {
	struct uuid app_id, user_id;
	struct user user;
};

static enum err run_get(struct op *op, void *context)
{
	struct get *get = context;
	return user_get(op, get->app_id, get->user_id, &get->user);
}

static void a_user_is_found_by_id_in_its_app_only(void **state)
{
	struct test_house *house = house_of(state);
	struct user ada;
	assert_int_equal(sign_in(house, &ADA, true, &ada), ERR_NONE);
	struct get here = {house->app_id, ada.id, {{{0}}}}, elsewhere = {uuid_new(house->now), ada.id, {{{0}}}};
	assert_int_equal(house_run(house, house_op(house), run_get, &here), ERR_NONE);
	assert_true(uuid_equal(here.user.id, ada.id));
	assert_int_equal(house_run(house, house_op(house), run_get, &elsewhere), ERR_USER_NOT_FOUND);
}

/* ---- races ---- */

struct racer {
	struct test_house house; /* a copy with an arena of its own */
	struct user user;
	enum err err;
	pthread_t thread;
};

static void *race(void *context)
{
	struct racer *racer = context;
	racer->err = sign_in(&racer->house, &ADA, true, &racer->user);
	return NULL;
}

static void first_sign_ins_at_once_agree_on_one_user(void **state)
{
	struct test_house *house = house_of(state);
	struct racer racers[16];
	size_t made = 0;
	for (size_t i = 0; i < COUNT(racers); i++) {
		racers[i].house = *house;
		racers[i].house.arena = arena_new();
		assert_int_equal(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
	}
	for (size_t i = 0; i < COUNT(racers); i++)
		pthread_join(racers[i].thread, NULL);
	for (size_t i = 0; i < COUNT(racers); i++) {
		assert_int_equal(racers[i].err, ERR_NONE);
		assert_true(uuid_equal(racers[i].user.id, racers[0].user.id));
		made += racers[i].user.is_new;
		arena_free(racers[i].house.arena);
	}
	assert_int_equal(made, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HOUSE_ON_BOTH(the_first_proof_makes_the_user_and_later_ones_find_it),
		HOUSE_ON_BOTH(an_email_and_a_phone_are_two_users),
		HOUSE_ON_BOTH(a_closed_door_makes_nobody),
		HOUSE_ON_BOTH(a_deleted_user_holds_the_contact),
		HOUSE_ON_BOTH(a_user_is_found_by_id_in_its_app_only),
		HOUSE_ON_BOTH(first_sign_ins_at_once_agree_on_one_user),
	};
	return cmocka_run_group_tests_name("user", tests, NULL, NULL);
}
