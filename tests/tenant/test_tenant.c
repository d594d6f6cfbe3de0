/* Tenants of one app: slugs are unique, other apps see nothing of them, and their roles die with them. */
#include "../user/house.h"

#include "tenant/tenant.h"

struct call {
	struct uuid app_id, tenant_id;
	struct text name, slug;
	struct tenant_change change;
	struct tenant tenant;
	struct listing *listing;
};

static enum err run_create(struct op *op, void *context)
{
	struct call *call = context;
	return tenant_create(op, call->app_id, call->name, call->slug, &call->tenant);
}

static enum err run_get(struct op *op, void *context)
{
	struct call *call = context;
	return tenant_get(op, call->app_id, call->tenant_id, &call->tenant);
}

static enum err run_change(struct op *op, void *context)
{
	struct call *call = context;
	return tenant_change(op, call->app_id, call->tenant_id, &call->change, &call->tenant);
}

static enum err run_delete(struct op *op, void *context)
{
	const struct call *call = context;
	return tenant_delete(op, call->app_id, call->tenant_id);
}

static enum err run_list(struct op *op, void *context)
{
	struct call *call = context;
	call->listing = listing_new(op, (struct uuid){{0}}, 10, &call->tenant, sizeof call->tenant);
	return tenant_list(op, call->app_id, &call->tenant, call->listing);
}

static enum err do_it(struct test_house *house, enum err (*run)(struct op *op, void *context), struct call *call)
{
	return house_run(house, house_op(house), run, call);
}

static enum err create(struct test_house *house, const char *slug, struct uuid *tenant_id_r)
{
	struct call call = {.app_id = house->app_id, .name = TEXT("Corner Bakery"), .slug = text_of(slug)};
	const enum err err = do_it(house, run_create, &call);
	if (err == ERR_NONE && tenant_id_r)
		*tenant_id_r = call.tenant.id;
	return err;
}

static int64_t events(struct test_house *house, const char *type)
{
	return house_int(house, arena_printf(house->arena, "SELECT COUNT(*) FROM events WHERE type = '%s'", type).p);
}

static void a_tenant_is_found_as_it_was_made(void **state)
{
	struct test_house *house = house_of(state);
	struct call call = {.app_id = house->app_id};
	assert_int_equal(create(house, "bakery", &call.tenant_id), ERR_NONE);
	assert_int_equal(do_it(house, run_get, &call), ERR_NONE);
	assert_true(uuid_equal(call.tenant.id, call.tenant_id));
	assert_true(text_equal(call.tenant.name, TEXT("Corner Bakery")));
	assert_true(text_equal(call.tenant.slug, TEXT("bakery")));
	assert_int_equal(call.tenant.created_at, house->now);
	assert_int_equal(events(house, "tenant.created"), 1);
}

static void a_slug_is_one_tenants_alone_and_none_is_anybodys(void **state)
{
	struct test_house *house = house_of(state);
	assert_int_equal(create(house, "bakery", NULL), ERR_NONE);
	assert_int_equal(create(house, "bakery", NULL), ERR_ALREADY_EXISTS);
	assert_int_equal(create(house, NULL, NULL), ERR_NONE);
	assert_int_equal(create(house, NULL, NULL), ERR_NONE);
	assert_int_equal(events(house, "tenant.created"), 3);
	struct call elsewhere = {.app_id = uuid_new(1), .name = TEXT("x"), .slug = TEXT("bakery")};
	assert_int_equal(do_it(house, run_create, &elsewhere), ERR_NONE);
}

static void a_change_leaves_alone_what_it_does_not_name(void **state)
{
	struct test_house *house = house_of(state);
	struct call call = {.app_id = house->app_id, .change = {.name = TEXT("Large Bakery")}};
	assert_int_equal(create(house, "bakery", &call.tenant_id), ERR_NONE);
	assert_int_equal(do_it(house, run_change, &call), ERR_NONE);
	assert_true(text_equal(call.tenant.name, TEXT("Large Bakery")));
	assert_true(text_equal(call.tenant.slug, TEXT("bakery")));
	call.change = (struct tenant_change){.sets_slug = true, .slug = TEXT("bread")};
	assert_int_equal(do_it(house, run_change, &call), ERR_NONE);
	assert_true(text_equal(call.tenant.name, TEXT("Large Bakery")));
	assert_true(text_equal(call.tenant.slug, TEXT("bread")));
	call.change = (struct tenant_change){.sets_slug = true};
	assert_int_equal(do_it(house, run_change, &call), ERR_NONE);
	assert_true(text_absent(call.tenant.slug));
	assert_int_equal(events(house, "tenant.changed"), 3);
}

static void a_change_to_a_slug_that_is_taken_changes_nothing(void **state)
{
	struct test_house *house = house_of(state);
	struct call call = {.app_id = house->app_id, .change = {TEXT("x"), true, TEXT("bakery")}};
	assert_int_equal(create(house, "bakery", NULL), ERR_NONE);
	assert_int_equal(create(house, "bread", &call.tenant_id), ERR_NONE);
	assert_int_equal(do_it(house, run_change, &call), ERR_ALREADY_EXISTS);
	assert_int_equal(do_it(house, run_get, &call), ERR_NONE);
	assert_true(text_equal(call.tenant.name, TEXT("Corner Bakery")));
	assert_true(text_equal(call.tenant.slug, TEXT("bread")));
	/* its own slug is no other's */
	call.change.slug = TEXT("bread");
	assert_int_equal(do_it(house, run_change, &call), ERR_NONE);
}

static void another_app_has_no_such_tenant(void **state)
{
	struct test_house *house = house_of(state);
	struct call call = {.app_id = uuid_new(1), .change = {.name = TEXT("x")}};
	assert_int_equal(create(house, "bakery", &call.tenant_id), ERR_NONE);
	assert_int_equal(do_it(house, run_get, &call), ERR_TENANT_NOT_FOUND);
	assert_int_equal(do_it(house, run_change, &call), ERR_TENANT_NOT_FOUND);
	assert_int_equal(do_it(house, run_delete, &call), ERR_TENANT_NOT_FOUND);
	assert_int_equal(do_it(house, run_list, &call), ERR_NONE);
	assert_int_equal(call.listing->count, 0);
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM tenants WHERE name = 'Corner Bakery'"), 1);
}

static void a_tenant_is_deleted_once_and_its_slug_is_free_again(void **state)
{
	struct test_house *house = house_of(state);
	struct call call = {.app_id = house->app_id};
	assert_int_equal(create(house, "bakery", &call.tenant_id), ERR_NONE);
	assert_int_equal(do_it(house, run_delete, &call), ERR_NONE);
	assert_int_equal(do_it(house, run_delete, &call), ERR_TENANT_NOT_FOUND);
	assert_int_equal(events(house, "tenant.deleted"), 1);
	assert_int_equal(create(house, "bakery", NULL), ERR_NONE);
}

static void a_list_shows_the_newest_first(void **state)
{
	struct test_house *house = house_of(state);
	struct uuid made[3];
	struct call call = {.app_id = house->app_id};
	for (size_t i = 0; i < COUNT(made); i++, house->now++)
		assert_int_equal(create(house, NULL, &made[i]), ERR_NONE);
	assert_int_equal(do_it(house, run_list, &call), ERR_NONE);
	const struct tenant *rows = (const struct tenant *)(const void *)call.listing->rows;
	assert_int_equal(call.listing->count, 3);
	for (size_t i = 0; i < COUNT(made); i++)
		assert_true(uuid_equal(rows[i].id, made[2 - i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HOUSE_ON_BOTH(a_tenant_is_found_as_it_was_made),
		HOUSE_ON_BOTH(a_slug_is_one_tenants_alone_and_none_is_anybodys),
		HOUSE_ON_BOTH(a_change_leaves_alone_what_it_does_not_name),
		HOUSE_ON_BOTH(a_change_to_a_slug_that_is_taken_changes_nothing),
		HOUSE_ON_BOTH(another_app_has_no_such_tenant),
		HOUSE_ON_BOTH(a_tenant_is_deleted_once_and_its_slug_is_free_again),
		HOUSE_ON_BOTH(a_list_shows_the_newest_first),
	};
	return cmocka_run_group_tests_name("tenant", tests, NULL, NULL);
}
