/* Links and codes that name a tenant. */
#include "../tenant/member.h"
#include "desk.h"

static void a_tenant_refuses_link_and_code_and_keeps_them(void **state)
{
	struct test_house *house = house_of(state);
	const struct magic_order order = {.way = MAGIC_HOSTED, .tenant_id = uuid_new(1)};
	struct magic_sent sent;
	uint8_t flow[MAGIC_FLOW_SIZE];
	assert_int_equal(desk_send(house, "192.0.2.7", "ada@example.com", order, &sent, NULL), ERR_NONE);
	assert_int_equal(desk_verify(house, desk_token()), ERR_TENANT_NOT_FOUND);
	const struct magic_link link = desk_found(house, desk_token());
	assert_int_equal(desk_use(house, &link, NULL), ERR_TENANT_NOT_FOUND);
	assert_int_equal(
		desk_use_code(house, sent.link_id, desk_flow(&sent, flow), desk_code, NULL), ERR_TENANT_NOT_FOUND);
	assert_int_equal(house_int(house, "SELECT used_at + code_tries FROM magic_links"), 0);
}

static void a_tenant_lets_in_who_has_a_role_there(void **state)
{
	struct test_house *house = house_of(state);
	const struct member member = member_of_new_tenant(house, "ada@example.com", "admin");
	const struct magic_order order = {.way = MAGIC_HOSTED, .tenant_id = member.tenant_id};
	struct magic_sent sent;
	struct desk_doing done;
	uint8_t flow[MAGIC_FLOW_SIZE];
	assert_int_equal(desk_send(house, "192.0.2.7", "ada@example.com", order, &sent, NULL), ERR_NONE);
	assert_int_equal(desk_verify(house, desk_token()), ERR_NONE);
	assert_int_equal(desk_verify(house, desk_token()), ERR_magic_link_already_used);
	assert_int_equal(desk_send(house, "192.0.2.7", "ada@example.com", order, &sent, NULL), ERR_NONE);
	assert_int_equal(desk_use_code(house, sent.link_id, desk_flow(&sent, flow), desk_code, &done), ERR_NONE);
	assert_true(uuid_equal(done.proof.tenant_id, member.tenant_id));
	assert_int_equal(desk_use_code(house, sent.link_id, flow, desk_code, NULL), ERR_exchange_code_not_found);
	assert_int_equal(house_int(house, "SELECT COUNT(*) FROM magic_links WHERE used_at = 0 OR code_tries > 0"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DESK_ON_BOTH(a_tenant_refuses_link_and_code_and_keeps_them),
		DESK_ON_BOTH(a_tenant_lets_in_who_has_a_role_there),
	};
	return cmocka_run_group_tests_name("magic_tenant", tests, NULL, NULL);
}
