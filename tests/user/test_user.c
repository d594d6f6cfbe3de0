/* A contact becomes a user, once; the deleted and the closed door are told apart only behind the proof. */
#include "house.h"

#include <pthread.h>

#include "../check.h"
#include "api/body.h"
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

/* ---- what servers do ---- */

static const struct contact OTHER = {CONTACT_EMAIL, {"eve@example.com", 15}, {"eve@example.com", 15}};

struct create {
	struct uuid app_id;
	struct user_contacts contacts;
	struct user user;
};

static enum err run_create(struct op *op, void *context)
{
	struct create *call = context;
	return user_create(op, call->app_id, &call->contacts, TEXT("{\"a\":1}"), &call->user);
}

static struct user create(struct test_house *house, const struct contact *email, const struct contact *phone)
{
	struct create call = {.app_id = house->app_id};
	if (email)
		call.contacts.email = *email;
	if (phone)
		call.contacts.phone = *phone;
	assert_int_equal(house_run(house, house_op(house), run_create, &call), ERR_NONE);
	return call.user;
}

static void a_contact_that_a_server_gave_is_proven_at_the_first_sign_in(void **state)
{
	struct test_house *house = house_of(state);
	struct contact shouted = ADA;
	shouted.spelling = TEXT("ADA@example.com");
	const struct user made = create(house, &shouted, &PHONE);
	struct user user;
	assert_int_equal(made.last_sign_in_at, 0);
	assert_int_equal(sign_in(house, &ADA, false, &user), ERR_NONE);
	assert_true(uuid_equal(user.id, made.id));
	assert_true(user.is_first_proof);
	assert_false(user.is_new);
	assert_int_equal(user.sign_outs, 1);
	assert_true(text_equal(user.email, ADA.spelling));
	assert_int_equal(sign_in(house, &shouted, true, &user), ERR_NONE);
	assert_false(user.is_first_proof);
	assert_true(text_equal(user.email, ADA.spelling));
	assert_int_equal(user.phone_proven, 0);
	assert_int_equal(sign_in(house, &PHONE, true, &user), ERR_NONE);
	assert_true(user.is_first_proof);
	assert_int_equal(user.sign_outs, 2);
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM users"), 1);
}

struct change {
	struct uuid app_id, user_id;
	struct user_change change;
	struct user user;
	struct user_changed changed;
};

static enum err run_change(struct op *op, void *context)
{
	struct change *call = context;
	return user_change(op, call->app_id, call->user_id, &call->change, &call->user, &call->changed);
}

static void a_change_is_whole_or_not_at_all(void **state)
{
	struct test_house *house = house_of(state);
	const struct user ada = create(house, &ADA, NULL);
	create(house, &OTHER, NULL);
	struct change call = {house->app_id, ada.id,
		{.sets_email = true,
			.contacts = {.email = OTHER},
			.sets_metadata = true,
			.metadata = TEXT("{\"b\":2}")}};
	assert_int_equal(house_run(house, house_op(house), run_change, &call), ERR_ALREADY_EXISTS);
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM users WHERE metadata = '{\"a\":1}'"), 2);
	call.change.sets_email = false;
	assert_int_equal(house_run(house, house_op(house), run_change, &call), ERR_NONE);
	assert_true(call.changed.metadata && !call.changed.email && !call.changed.phone);
	CHECK_STRING(call.user.metadata, "{\"a\":1,\"b\":2}");
	assert_int_equal(house_run(house, house_op(house), run_change, &call), ERR_NONE);
	assert_false(call.changed.metadata);
	call.change = (struct user_change){.sets_email = true};
	assert_int_equal(house_run(house, house_op(house), run_change, &call), ERR_VALIDATION_ERROR);
	call.app_id = uuid_new(1);
	assert_int_equal(house_run(house, house_op(house), run_change, &call), ERR_USER_NOT_FOUND);
}

static void the_contact_that_is_proven_stays_so_when_it_is_named_again(void **state)
{
	struct test_house *house = house_of(state);
	struct user ada;
	assert_int_equal(sign_in(house, &ADA, true, &ada), ERR_NONE);
	struct contact shouted = ADA;
	shouted.spelling = TEXT("ADA@example.com");
	struct change call = {house->app_id, ada.id, {.sets_email = true, .contacts = {.email = shouted}}};
	assert_int_equal(house_run(house, house_op(house), run_change, &call), ERR_NONE);
	assert_false(call.changed.email);
	assert_int_equal(call.user.email_proven, 1);
	assert_true(text_equal(call.user.email, ADA.spelling));
	call.change.contacts.email = OTHER;
	assert_int_equal(house_run(house, house_op(house), run_change, &call), ERR_NONE);
	assert_true(call.changed.email);
	assert_int_equal(call.user.email_proven, 0);
	assert_int_equal(sign_in(house, &ADA, false, NULL), ERR_USER_NOT_FOUND);
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

/* ---- changes at once ---- */

enum { CHANGERS = 8, ROUNDS = 12 };

struct changer {
	struct test_house house; /* a copy with an arena of its own */
	struct uuid user_id;
	int number;
	bool takes_contact;
	enum err errs[ROUNDS];
	pthread_barrier_t *round;
	pthread_t thread;
};

/* In each round all do the same at once: a member of their own, and a contact that all want. */
static void *change_often(void *context)
{
	struct changer *changer = context;
	struct arena *arena = changer->house.arena;
	struct change call = {
		changer->house.app_id, changer->user_id, {.sets_metadata = true, .sets_email = changer->takes_contact}};
	for (int i = 0; i < ROUNDS; i++) {
		const struct text email = arena_printf(arena, "eve%d@example.com", i);
		call.change.metadata = arena_printf(arena, "{\"k%d_%d\":%d}", changer->number, i, changer->number);
		call.change.contacts.email = (struct contact){CONTACT_EMAIL, email, email};
		pthread_barrier_wait(changer->round);
		changer->errs[i] = house_run(&changer->house, house_op(&changer->house), run_change, &call);
	}
	return NULL;
}

static void run_changers(struct test_house *house, struct changer changers[static CHANGERS])
{
	pthread_barrier_t round;
	assert_int_equal(pthread_barrier_init(&round, NULL, CHANGERS), 0);
	for (int i = 0; i < CHANGERS; i++) {
		changers[i].house = *house;
		changers[i].house.arena = arena_new();
		changers[i].number = i;
		changers[i].round = &round;
		assert_int_equal(pthread_create(&changers[i].thread, NULL, change_often, &changers[i]), 0);
	}
	for (int i = 0; i < CHANGERS; i++) {
		pthread_join(changers[i].thread, NULL);
		arena_free(changers[i].house.arena);
	}
	pthread_barrier_destroy(&round);
}

static void no_change_of_metadata_is_lost(void **state)
{
	struct test_house *house = house_of(state);
	struct changer changers[CHANGERS] = {0};
	const struct user ada = create(house, &ADA, NULL);
	for (int i = 0; i < CHANGERS; i++)
		changers[i].user_id = ada.id;
	run_changers(house, changers);
	struct get get = {house->app_id, ada.id, {{{0}}}};
	assert_int_equal(house_run(house, house_op(house), run_get, &get), ERR_NONE);
	int members = 0;
	for (size_t i = 0; i < get.user.metadata.n; i++)
		members += get.user.metadata.p[i] == ':';
	assert_int_equal(members, 1 + CHANGERS * ROUNDS);
}

static void a_contact_that_all_want_is_one_users(void **state)
{
	struct test_house *house = house_of(state);
	struct changer changers[CHANGERS] = {0};
	for (int i = 0; i < CHANGERS; i++) {
		const struct text phone = arena_printf(house->arena, "+4915100000%d", i);
		changers[i].user_id = create(house, NULL, &(struct contact){CONTACT_PHONE, phone, phone}).id;
		changers[i].takes_contact = true;
	}
	run_changers(house, changers);
	for (int round = 0; round < ROUNDS; round++) {
		int winners = 0;
		for (int i = 0; i < CHANGERS; i++) {
			const enum err err = changers[i].errs[round];
			assert_true(err == ERR_NONE || err == ERR_ALREADY_EXISTS);
			winners += err == ERR_NONE;
		}
		assert_int_equal(winners, 1);
	}
}

int main(void)
{
	body_start();
	const struct CMUnitTest tests[] = {
		HOUSE_ON_BOTH(the_first_proof_makes_the_user_and_later_ones_find_it),
		HOUSE_ON_BOTH(an_email_and_a_phone_are_two_users),
		HOUSE_ON_BOTH(a_closed_door_makes_nobody),
		HOUSE_ON_BOTH(a_deleted_user_holds_the_contact),
		HOUSE_ON_BOTH(a_user_is_found_by_id_in_its_app_only),
		HOUSE_ON_BOTH(a_contact_that_a_server_gave_is_proven_at_the_first_sign_in),
		HOUSE_ON_BOTH(a_change_is_whole_or_not_at_all),
		HOUSE_ON_BOTH(the_contact_that_is_proven_stays_so_when_it_is_named_again),
		HOUSE_ON_BOTH(first_sign_ins_at_once_agree_on_one_user),
		HOUSE_ON_BOTH(no_change_of_metadata_is_lost),
		HOUSE_ON_BOTH(a_contact_that_all_want_is_one_users),
	};
	return cmocka_run_group_tests_name("user", tests, NULL, NULL);
}
