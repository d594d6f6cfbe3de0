/* Calls with an Idempotency-Key: which is the same again, and what chance gives it. */
#include "../check.h"
#include "../user/house.h"

#include "api/router.h"
#include "license/license_order.h"

static int start(void **state, int (*make)(void **state))
{
	if (make(state))
		return -1;
	license_order_start(&((struct test_house *)*state)->house);
	return 0;
}

static int on_sqlite(void **state)
{
	return start(state, house_on_sqlite);
}

static int on_postgres(void **state)
{
	return start(state, house_on_postgres);
}

static int stop(void **state)
{
	license_order_stop();
	return house_remove(state);
}

struct placing {
	struct app app;
	struct license_order order;
};

static enum err place_here(struct op *op, void *context)
{
	struct placing *placing = context;
	return license_order_place(op, &placing->app, &placing->order);
}

static enum err place(struct test_house *house, enum endpoint_id endpoint, const char *key, const char *body,
	struct license_order *order_r)
{
	struct placing placing = {.app = {.id = house->app_id, .license_prefix = {"DEM0", 4}}};
	struct op *op = house_op(house);
	op->endpoint = router_endpoint(endpoint);
	op->request = ARENA_NEW(house->arena, struct http_request);
	op->request->body = text_of(body);
	op->idempotency_key = text_of(key);
	const enum err err = house_run(house, op, place_here, &placing);
	*order_r = placing.order;
	return err;
}

static bool has_same_chance(const struct license_order *a, const struct license_order *b)
{
	uint8_t first[ORDER_CHANCE_SIZE], second[ORDER_CHANCE_SIZE];
	license_order_chance(a, 0, first);
	license_order_chance(b, 0, second);
	return memcmp(first, second, sizeof first) == 0;
}

static void the_same_order_gives_the_same_chance_for_a_day(void **state)
{
	struct test_house *house = house_of(state);
	struct license_order first, again, later;
	assert_int_equal(place(house, ENDPOINT_license_issue, "k", "{}", &first), ERR_NONE);
	assert_false(first.again);
	house->now += 24 * 3600 * 1000 - 1;
	assert_int_equal(place(house, ENDPOINT_license_issue, "k", "{}", &again), ERR_NONE);
	assert_true(again.again && again.at == first.at && has_same_chance(&first, &again));
	CHECK_STRING(again.prefix, "DEM0");
	house->now += 1;
	assert_int_equal(place(house, ENDPOINT_license_issue, "k", "{\"other\":1}", &later), ERR_NONE);
	assert_false(later.again || has_same_chance(&first, &later));
}

static void another_body_is_refused_and_another_endpoint_is_another_order(void **state)
{
	struct test_house *house = house_of(state);
	struct license_order first, other;
	assert_int_equal(place(house, ENDPOINT_license_issue, "k", "{}", &first), ERR_NONE);
	assert_int_equal(place(house, ENDPOINT_license_issue, "k", "{ }", &other), ERR_IDEMPOTENCY_KEY_REUSED);
	assert_int_equal(place(house, ENDPOINT_license_renew, "k", "{}", &other), ERR_NONE);
	assert_false(other.again);
	assert_int_equal(place(house, ENDPOINT_license_issue, "K", "{}", &other), ERR_NONE);
	assert_false(other.again);
}

static void without_a_key_nothing_is_kept(void **state)
{
	struct test_house *house = house_of(state);
	struct license_order first, second;
	assert_int_equal(place(house, ENDPOINT_license_issue, NULL, "{}", &first), ERR_NONE);
	assert_int_equal(place(house, ENDPOINT_license_issue, NULL, "{}", &second), ERR_NONE);
	assert_false(second.again || has_same_chance(&first, &second));
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM license_orders"), 0);
}

static void each_license_of_an_order_has_chances_of_its_own(void **state)
{
	struct license_order order;
	uint8_t first[ORDER_CHANCE_SIZE], second[ORDER_CHANCE_SIZE];
	assert_int_equal(place(house_of(state), ENDPOINT_license_issue, "k", "{}", &order), ERR_NONE);
	license_order_chance(&order, 0, first);
	license_order_chance(&order, 1, second);
	assert_memory_not_equal(first, second, sizeof first);
}

static enum err prune(struct op *op, void *context)
{
	OP_STORE(op, license_order_prune(op->tx, op->now));
	return ERR_NONE;
}

static void a_day_later_the_seed_is_gone(void **state)
{
	struct test_house *house = house_of(state);
	struct license_order order;
	assert_int_equal(place(house, ENDPOINT_license_issue, "k", "{}", &order), ERR_NONE);
	assert_int_equal(house_run(house, house_op(house), prune, NULL), ERR_NONE);
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM license_orders"), 1);
	house->now += 24 * 3600 * 1000 + 1;
	assert_int_equal(house_run(house, house_op(house), prune, NULL), ERR_NONE);
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM license_orders"), 0);
}

#define CASE(test)                                                                                                     \
	{#test " (sqlite)", test, on_sqlite, stop, NULL},                                                              \
	{                                                                                                              \
#test " (postgres)", test, on_postgres, stop, NULL                                                     \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_same_order_gives_the_same_chance_for_a_day),
		CASE(another_body_is_refused_and_another_endpoint_is_another_order),
		CASE(without_a_key_nothing_is_kept),
		CASE(each_license_of_an_order_has_chances_of_its_own),
		CASE(a_day_later_the_seed_is_gone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
