/* Roles: assigned once whoever else tries, taken away once, gone with user or tenant; and what stands in the way is told in
 * one order. */
#include "../user/house.h"

#include <pthread.h>

#include "tenant/role.h"
#include "tenant/tenant.h"
#include "user/user.h"

static const struct contact ADA = {CONTACT_EMAIL, {"ada@example.com", 15}, {"ada@example.com", 15}};
static const struct uuid NOBODY = {{0xb0}};

struct call {
	struct uuid app_id;
	struct role role;
	bool is_new;
	int revoked;
	struct listing *listing;
	struct text_list names;
};

static enum err run_assign(struct op *op, void *context)
{
	struct call *call = context;
	return role_assign(op, call->app_id, &call->role, &call->is_new);
}

static enum err run_revoke(struct op *op, void *context)
{
	struct call *call = context;
	return role_revoke(op, call->app_id, &call->role, &call->revoked);
}

static enum err run_names(struct op *op, void *context)
{
	struct call *call = context;
	return role_names(op, call->app_id, call->role.user_id, call->role.tenant_id, &call->names);
}

static enum err run_list(struct op *op, void *context)
{
	struct call *call = context;
	const struct role_filter filter = {call->role.tenant_id, call->role.user_id};
	struct role row = {0};
	call->listing = listing_new(op, (struct uuid){{0}}, 2, &row, sizeof row);
	return role_list(op, call->app_id, &filter, &row, call->listing);
}

static enum err run_make(struct op *op, void *context)
{
	struct call *call = context;
	struct user user;
	struct tenant tenant;
	TRY(user_sign_in(op, call->app_id, &ADA, true, &user));
	TRY(tenant_create(op, call->app_id, TEXT("Corner Bakery"), TEXT_NONE, &tenant));
	call->role.user_id = user.id;
	call->role.tenant_id = tenant.id;
	return ERR_NONE;
}

static enum err do_it(struct test_house *house, enum err (*run)(struct op *op, void *context), struct call *call)
{
	return house_run(house, house_op(house), run, call);
}

/* Ada, a tenant, and a role that she might have there. */
static struct call start(struct test_house *house, const char *name)
{
	struct call call = {.app_id = house->app_id};
	assert_int_equal(do_it(house, run_make, &call), ERR_NONE);
	call.role.name = text_of(name);
	return call;
}

static enum err assign(struct test_house *house, struct call *call, const char *name)
{
	call->role.name = text_of(name);
	return do_it(house, run_assign, call);
}

static int64_t events(struct test_house *house, const char *type)
{
	return house_int(house, arena_printf(house->arena, "SELECT COUNT(*) FROM events WHERE type = '%s'", type).p);
}

static int64_t rows(struct test_house *house)
{
	return house_int(house, "SELECT COUNT(*) FROM roles");
}

/* ---- assign and revoke ---- */

static void a_role_is_new_once(void **state)
{
	struct test_house *house = house_of(state);
	struct call call = start(house, "admin");
	assert_int_equal(do_it(house, run_assign, &call), ERR_NONE);
	assert_true(call.is_new);
	assert_int_equal(role_assigned_at(&call.role), house->now);
	const struct uuid first = call.role.role_id;
	house->now += 5000;
	assert_int_equal(do_it(house, run_assign, &call), ERR_NONE);
	assert_false(call.is_new);
	assert_true(uuid_equal(call.role.role_id, first));
	assert_int_equal(rows(house), 1);
	assert_int_equal(events(house, "role.assigned"), 1);
}

static void a_role_is_taken_away_once(void **state)
{
	struct test_house *house = house_of(state);
	struct call call = start(house, "admin");
	assert_int_equal(do_it(house, run_assign, &call), ERR_NONE);
	assert_int_equal(do_it(house, run_revoke, &call), ERR_NONE);
	assert_int_equal(call.revoked, 1);
	assert_int_equal(do_it(house, run_revoke, &call), ERR_ROLE_NOT_FOUND);
	assert_int_equal(rows(house), 0);
	assert_int_equal(events(house, "role.revoked"), 1);
}

static void without_a_name_every_role_of_the_pair_goes(void **state)
{
	struct test_house *house = house_of(state);
	struct call call = start(house, "admin"), other = start(house, "admin");
	assert_int_equal(do_it(house, run_assign, &other), ERR_NONE);
	assert_int_equal(assign(house, &call, "admin"), ERR_NONE);
	assert_int_equal(assign(house, &call, "billing:read"), ERR_NONE);
	call.role.name = TEXT_NONE;
	assert_int_equal(do_it(house, run_revoke, &call), ERR_NONE);
	assert_int_equal(call.revoked, 2);
	assert_int_equal(events(house, "role.revoked"), 2);
	assert_int_equal(do_it(house, run_revoke, &call), ERR_ROLE_NOT_FOUND);
	assert_int_equal(rows(house), 1);
}

static void what_is_missing_is_told_in_order(void **state)
{
	struct test_house *house = house_of(state);
	const struct call good = start(house, "admin");
	static const struct {
		bool tenant, user, app;
		enum err err;
	} ROWS[] = {
		{false, false, true, ERR_TENANT_NOT_FOUND},
		{false, true, true, ERR_TENANT_NOT_FOUND},
		{true, false, true, ERR_USER_NOT_FOUND},
		{true, true, false, ERR_TENANT_NOT_FOUND},
		{true, true, true, ERR_ROLE_NOT_FOUND},
	};
	for (size_t i = 0; i < COUNT(ROWS); i++) {
		struct call call = good;
		if (!ROWS[i].tenant)
			call.role.tenant_id = NOBODY;
		if (!ROWS[i].user)
			call.role.user_id = NOBODY;
		if (!ROWS[i].app)
			call.app_id = NOBODY;
		assert_int_equal(do_it(house, run_revoke, &call), ROWS[i].err);
		if (ROWS[i].err != ERR_ROLE_NOT_FOUND)
			assert_int_equal(do_it(house, run_assign, &call), ROWS[i].err);
	}
	assert_int_equal(rows(house), 0);
	assert_int_equal(events(house, "role.assigned"), 0);
}

static void a_deleted_user_gets_no_role_and_loses_what_it_has(void **state)
{
	struct test_house *house = house_of(state);
	struct call call = start(house, "admin");
	assert_int_equal(do_it(house, run_assign, &call), ERR_NONE);
	house_exec(house, "UPDATE users SET deleted_at = 5");
	assert_int_equal(do_it(house, run_assign, &call), ERR_USER_DELETED);
	assert_int_equal(assign(house, &call, "reader"), ERR_USER_DELETED);
	assert_int_equal(rows(house), 1);
	call.role.name = TEXT("admin");
	assert_int_equal(do_it(house, run_revoke, &call), ERR_NONE);
}

static void a_user_has_so_many_roles_in_a_tenant_and_no_more(void **state)
{
	struct test_house *house = house_of(state);
	struct call call = start(house, "r"), other = start(house, "r");
	for (int i = 0; i < ROLE_HELD_MAX; i++)
		assert_int_equal(assign(house, &call, arena_printf(house->arena, "r%d", i).p), ERR_NONE);
	assert_int_equal(assign(house, &call, "one-more"), ERR_VALIDATION_ERROR);
	assert_int_equal(assign(house, &call, "r7"), ERR_NONE);
	assert_false(call.is_new);
	assert_int_equal(do_it(house, run_assign, &other), ERR_NONE);
	assert_int_equal(do_it(house, run_revoke, &call), ERR_NONE);
	assert_int_equal(assign(house, &call, "one-more"), ERR_NONE);
}

/* ---- reading ---- */

static void names_come_sorted_by_bytes(void **state)
{
	struct test_house *house = house_of(state);
	struct call call = start(house, "admin");
	static const char *const SORTED[] = {"a", "a-b", "a0", "a:b", "a_b", "ab", "b"};
	static const size_t ORDER[] = {5, 2, 6, 0, 4, 1, 3};
	for (size_t i = 0; i < COUNT(ORDER); i++)
		assert_int_equal(assign(house, &call, SORTED[ORDER[i]]), ERR_NONE);
	assert_int_equal(do_it(house, run_names, &call), ERR_NONE);
	assert_int_equal(call.names.count, COUNT(SORTED));
	for (size_t i = 0; i < COUNT(SORTED); i++)
		assert_true(text_equal(call.names.items[i], text_of(SORTED[i])));
}

static void nobody_has_no_names(void **state)
{
	struct test_house *house = house_of(state);
	struct call call = start(house, "admin"), foreign;
	assert_int_equal(do_it(house, run_names, &call), ERR_TENANT_NOT_FOUND);
	assert_int_equal(do_it(house, run_assign, &call), ERR_NONE);
	foreign = call;
	foreign.app_id = NOBODY;
	assert_int_equal(do_it(house, run_names, &foreign), ERR_TENANT_NOT_FOUND);
	assert_int_equal(do_it(house, run_names, &call), ERR_NONE);
}

static const struct role *row(const struct call *call, size_t i)
{
	return (const struct role *)(const void *)call->listing->rows + i;
}

static void a_list_is_of_a_tenant_of_a_user_or_of_both(void **state)
{
	struct test_house *house = house_of(state);
	struct call here = start(house, "admin"), there = start(house, "admin"), asked = here;
	assert_int_equal(do_it(house, run_assign, &here), ERR_NONE);
	house->now++;
	assert_int_equal(do_it(house, run_assign, &there), ERR_NONE);
	house->now++;
	assert_int_equal(assign(house, &here, "reader"), ERR_NONE);

	asked.role.tenant_id = (struct uuid){{0}};
	assert_int_equal(do_it(house, run_list, &asked), ERR_NONE);
	assert_int_equal(asked.listing->count, 2);
	assert_true(asked.listing->more);
	assert_true(text_equal(row(&asked, 0)->name, TEXT("reader")));
	assert_true(uuid_equal(row(&asked, 1)->tenant_id, there.role.tenant_id));

	asked.role = (struct role){.tenant_id = there.role.tenant_id};
	assert_int_equal(do_it(house, run_list, &asked), ERR_NONE);
	assert_int_equal(asked.listing->count, 1);
	assert_true(uuid_equal(row(&asked, 0)->user_id, there.role.user_id));

	asked.role = here.role;
	assert_int_equal(do_it(house, run_list, &asked), ERR_NONE);
	assert_int_equal(asked.listing->count, 2);
	assert_false(asked.listing->more);
	assert_int_equal(role_assigned_at(row(&asked, 0)), house->now);
	assert_true(text_equal(row(&asked, 1)->name, TEXT("admin")));
}

static void a_list_knows_an_empty_tenant_from_none(void **state)
{
	struct test_house *house = house_of(state);
	struct call call = start(house, "admin");
	assert_int_equal(do_it(house, run_list, &call), ERR_NONE);
	assert_int_equal(call.listing->count, 0);
	call.app_id = NOBODY;
	assert_int_equal(do_it(house, run_list, &call), ERR_TENANT_NOT_FOUND);
	call.role.tenant_id = (struct uuid){{0}};
	assert_int_equal(do_it(house, run_list, &call), ERR_USER_NOT_FOUND);
}

/* ---- what takes roles along ---- */

static enum err run_delete_tenant(struct op *op, void *context)
{
	const struct call *call = context;
	return tenant_delete(op, call->app_id, call->role.tenant_id);
}

static void a_tenant_takes_its_roles_along(void **state)
{
	struct test_house *house = house_of(state);
	struct call here = start(house, "admin"), there = start(house, "admin");
	assert_int_equal(do_it(house, run_assign, &here), ERR_NONE);
	assert_int_equal(do_it(house, run_assign, &there), ERR_NONE);
	assert_int_equal(do_it(house, run_delete_tenant, &here), ERR_NONE);
	assert_int_equal(rows(house), 1);
	assert_int_equal(do_it(house, run_names, &there), ERR_NONE);
	assert_int_equal(do_it(house, run_assign, &here), ERR_TENANT_NOT_FOUND);
}

static void an_erased_user_takes_its_roles_along(void **state)
{
	struct test_house *house = house_of(state);
	struct call call = start(house, "admin");
	assert_int_equal(do_it(house, run_assign, &call), ERR_NONE);
	house_exec(house, "DELETE FROM users");
	assert_int_equal(rows(house), 0);
}

/* ---- races ---- */

struct racer {
	struct test_house house; /* a copy with an arena of its own */
	struct call call;
	enum err err;
	pthread_t thread;
};

static void *race(void *context)
{
	struct racer *racer = context;
	racer->err = do_it(&racer->house, run_assign, &racer->call);
	return NULL;
}

static void of_assignments_at_once_one_is_new(void **state)
{
	struct test_house *house = house_of(state);
	struct racer racers[16];
	size_t made = 0;
	const struct call call = start(house, "admin");
	for (size_t i = 0; i < COUNT(racers); i++) {
		racers[i] = (struct racer){.house = *house, .call = call};
		racers[i].house.arena = arena_new();
		assert_int_equal(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
	}
	for (size_t i = 0; i < COUNT(racers); i++)
		pthread_join(racers[i].thread, NULL);
	for (size_t i = 0; i < COUNT(racers); i++) {
		assert_int_equal(racers[i].err, ERR_NONE);
		assert_true(uuid_equal(racers[i].call.role.role_id, racers[0].call.role.role_id));
		made += racers[i].call.is_new;
		arena_free(racers[i].house.arena);
	}
	assert_int_equal(made, 1);
	assert_int_equal(events(house, "role.assigned"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HOUSE_ON_BOTH(a_role_is_new_once),
		HOUSE_ON_BOTH(a_role_is_taken_away_once),
		HOUSE_ON_BOTH(without_a_name_every_role_of_the_pair_goes),
		HOUSE_ON_BOTH(what_is_missing_is_told_in_order),
		HOUSE_ON_BOTH(a_deleted_user_gets_no_role_and_loses_what_it_has),
		HOUSE_ON_BOTH(a_user_has_so_many_roles_in_a_tenant_and_no_more),
		HOUSE_ON_BOTH(names_come_sorted_by_bytes),
		HOUSE_ON_BOTH(nobody_has_no_names),
		HOUSE_ON_BOTH(a_list_is_of_a_tenant_of_a_user_or_of_both),
		HOUSE_ON_BOTH(a_list_knows_an_empty_tenant_from_none),
		HOUSE_ON_BOTH(a_tenant_takes_its_roles_along),
		HOUSE_ON_BOTH(an_erased_user_takes_its_roles_along),
		HOUSE_ON_BOTH(of_assignments_at_once_one_is_new),
	};
	return cmocka_run_group_tests_name("role", tests, NULL, NULL);
}
